/** A store in memory, as Redis keeps its records: commands count in the order they were sent, answers come when the test says. */
import type { Opened, Parcel, Place, ReadOutcome, Sighting, Store } from '../../src/world/store.ts';
import type { StoreCounter, StoredRecord, StoreEvents, WriteOutcome } from '../../src/world/store.ts';

export class HeldStore implements Store {
  readonly label = 'held';
  readonly isUp = true;
  readonly counters: Record<StoreCounter, number> = {
    ...{ commands: 0, unsent: 0, timeouts: 0, failures: 0, refused: 0, older: 0, rubbish: 0, ups: 1 },
  };
  readonly records = new Map<string, StoredRecord>();
  /** Keys of each command that writes or removes, in their order. */
  readonly posted: (readonly string[])[] = [];
  readonly dropped: string[] = [];
  #changed: StoreEvents['changed'] = () => undefined;
  #held: (() => void)[] | undefined;

  /** As the stores of a world. */
  open(_url: string, on: StoreEvents): Opened {
    this.#changed = on.changed;
    return { kind: 'store', store: this };
  }

  ready(): Promise<boolean> {
    this.#changed({ kind: 'up' });
    return Promise.resolve(true);
  }

  /** From now on nothing is answered. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) answer();
  }

  get(key: string): Promise<ReadOutcome<StoredRecord>> {
    const value = this.records.get(key);
    return this.#answer(value === undefined ? { kind: 'none' } : { kind: 'value', value });
  }

  look(): Promise<ReadOutcome<Sighting>> {
    return this.#answer({ kind: 'none' });
  }

  fields(): Promise<ReadOutcome<ReadonlyMap<string, StoredRecord>>> {
    return this.#answer({ kind: 'none' });
  }

  async put({ key }: Place, record: StoredRecord): Promise<WriteOutcome> {
    return this.#answer(this.#write(key, record));
  }

  async post(parcels: readonly Parcel[]): Promise<void> {
    this.posted.push(parcels.map(({ key }) => key));
    const outcomes = parcels.map(({ key, record }) => this.#write(key, record));
    await this.#answer(undefined);
    for (const [at, parcel] of parcels.entries()) parcel.settled(outcomes[at] ?? 'down');
  }

  drop({ key }: Place, version: number): Promise<WriteOutcome> {
    this.counters.commands++;
    this.dropped.push(key);
    if ((this.records.get(key)?.version ?? 0) > version) return this.#answer('older');
    this.records.delete(key);
    return this.#answer('ok');
  }

  scan(): Promise<'ok'> {
    return this.#answer('ok');
  }

  hashes(): Promise<{ readonly kind: 'down' }> {
    return this.#answer({ kind: 'down' });
  }

  close(): Promise<void> {
    this.release();
    return Promise.resolve();
  }

  #write(key: string, record: StoredRecord): WriteOutcome {
    this.counters.commands++;
    if ((this.records.get(key)?.version ?? 0) > record.version) return 'older';
    this.records.set(key, record);
    return 'ok';
  }

  #answer<T>(answer: T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#held === undefined) resolve(answer);
      else this.#held.push(() => resolve(answer));
    });
  }
}
