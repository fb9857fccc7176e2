/**
 * Bindings written through to a store. Memory stays the one that answers: changes are written behind the message that
 * made them, a user whom memory does not know is read once, and what an outage kept back is written after it.
 */
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../engine/log.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { TtlMap } from '../../util/ttl-map.ts';
import { after, type Instant, type WallTime } from '../../util/time.ts';
import type { Store, StoredRecord, StoreEvents, StoreState, WriteOutcome } from '../../world/store.ts';
import type { LocationEvent } from './api.ts';
import { bindingText, endOf, type Moment, readBinding, socketText } from './binding-record.ts';
import type { Bindings } from './bindings.ts';
import type { LocationTable } from './location-table.ts';
import { type Change, MissedWrites } from './missed-writes.ts';
import type { BindingStore } from './store.ts';

/** Users that memory does not know are asked for again after this time, those it knows after the other. */
export const UNKNOWN_MS = 2_000;
export const KNOWN_MS = 10_000;
/** Users of whom it is remembered that they were asked for. */
export const MAX_ASKED = 65_536;
/** Users asked for at a time; a message for a further one does not wait. */
export const MAX_FETCHES = 1_000;
/** How long a start waits for the store to be there, and to hand over what it has. */
export const START_MS = 2_000;
export const PRELOAD_MS = 30_000;
/** What is written again goes in portions, so that messages come between. */
const BATCH = 64;
const RETRY_MS = 5_000;
const TOMBSTONE_MS = 86_400_000;
const MARK_MS = 86_400_000;

export interface WriteThroughParts {
  readonly engine: Engine;
  readonly bindings: Bindings;
  readonly log: Log;
  readonly open: (on: StoreEvents) => Store;
  readonly isReadOnly: boolean;
}

interface Fetch {
  readonly done: Promise<void>;
  /** The user has changed here meanwhile: what comes is old. */
  isStale: boolean;
}

export class WriteThrough implements BindingStore {
  readonly store: Store;
  readonly #engine: Engine;
  readonly #bindings: Bindings;
  readonly #log: Log;
  readonly #isReadOnly: boolean;
  readonly #missed = new MissedWrites();
  readonly #fetches = new Map<string, Fetch>();
  readonly #unknown = new TtlMap<string, true>({ max: MAX_ASKED, ttlMs: UNKNOWN_MS });
  readonly #known = new TtlMap<string, true>({ max: MAX_ASKED, ttlMs: KNOWN_MS });
  /** Contacts read before there were listeners. */
  #unplaced: { readonly table: LocationTable; readonly aor: string; readonly ruid: string; readonly socket: string }[] =
    [];
  #unwritten: Change[] = [];
  #isLoaded = false;
  /** It has come up, and what it then has to be told is not written yet. */
  #isNews = false;
  /** It has come up while that was being written. */
  #isAgain = false;
  /** The last line in the log. */
  #told: StoreState['kind'] | undefined = undefined;
  #recovery: Promise<void> | undefined = undefined;
  #timer: TimerEntry | undefined = undefined;

  constructor({ engine, bindings, log, open, isReadOnly }: WriteThroughParts) {
    this.#engine = engine;
    this.#bindings = bindings;
    this.#log = log;
    this.#isReadOnly = isReadOnly;
    this.store = open({
      changed: (state) => this.#turned(state),
      refused: (message) => log.write('error', `${this.store.label} refused`, { reason: message }),
    });
  }

  /** Contacts whose changes the store does not know yet. */
  get missed(): number {
    return this.#missed.size;
  }

  /** Reads what the store has. A store that is not there is read when it comes. */
  async start(): Promise<void> {
    await this.store.ready(START_MS);
    await this.#recovery;
  }

  async stop(): Promise<void> {
    this.#timer = this.#engine.timers.set(this.#timer, undefined, this);
    this.#flush();
    await this.store.close();
  }

  changed(event: LocationEvent): void {
    const running = this.#fetches.get(keyOf(event.location.name, event.binding.aor));
    if (running !== undefined) running.isStale = true;
    if (this.#isReadOnly) return;
    this.#unwritten.push(this.#change(event));
    // The reply goes first.
    if (this.#unwritten.length === 1) this.#engine.world.clock.defer(() => this.#flush());
  }

  fetch(table: LocationTable, aor: string): Promise<void> | undefined {
    this.#place();
    const key = keyOf(table.name, aor);
    const isKnown = table.list(aor).length > 0;
    const running = this.#fetches.get(key);
    if (running !== undefined) return isKnown ? undefined : running.done;
    const asked = isKnown ? this.#known : this.#unknown;
    if (!this.store.isUp || this.#fetches.size >= MAX_FETCHES || asked.has(key, this.#bindings.now())) return undefined;
    const done = this.#fetch(table, aor, key);
    return isKnown ? undefined : done;
  }

  onDeadline(): void {
    this.#timer = undefined;
    if (this.store.isUp) this.#recover();
  }

  #fetch(table: LocationTable, aor: string, key: string): Promise<void> {
    // What has changed in this turn is there before we ask.
    this.#flush();
    const done = this.store.fields(key).then((found) => {
      this.#fetches.delete(key);
      if (found.kind === 'down' || found.kind === 'refused') return;
      if (!fetch.isStale && found.kind === 'value') {
        for (const [ruid, record] of found.value) this.#take(table, aor, ruid, record);
      }
      const now = this.#bindings.now();
      this.#known.set(key, true, now);
      this.#unknown.set(key, true, now);
    });
    const fetch: Fetch = { done, isStale: false };
    this.#fetches.set(key, fetch);
    return done;
  }

  #take(table: LocationTable, aor: string, ruid: string, { version, value }: StoredRecord): void {
    // Versions are the times of changes, in the unit of the wall clock.
    const modified = version as WallTime;
    if (value === '') {
      table.forget(aor, ruid, modified);
      return;
    }
    const read = readBinding(value, this.#moment());
    if (read === undefined) {
      this.#log.write('warn', 'a contact in the store cannot be read', { aor });
      return;
    }
    const { listeners } = this.#engine.transport;
    const listener = listeners.find((one) => socketText(one) === read.socket);
    const adopted = table.adopt(aor, { ...read.values, listener }, { ruid, modified });
    if (adopted.kind === 'taken' && listeners.length === 0)
      this.#unplaced.push({ table, aor, ruid, socket: read.socket });
    if (adopted.loser !== undefined && !this.#isReadOnly) {
      void this.store.drop({ key: keyOf(table.name, aor), field: adopted.loser.ruid }, adopted.loser.modified);
    }
  }

  /** Gives contacts that were read before there were listeners the one that they came in on. */
  #place(): void {
    const { listeners } = this.#engine.transport;
    if (this.#unplaced.length === 0 || listeners.length === 0) return;
    const bySocket = new Map(listeners.map((listener) => [socketText(listener), listener]));
    for (const { table, aor, ruid, socket } of this.#unplaced) {
      const listener = bySocket.get(socket);
      if (listener !== undefined) table.place(aor, ruid, listener);
    }
    this.#unplaced = [];
  }

  #change(event: LocationEvent): Change {
    const { modified } = event.binding;
    const isRemoval = event.kind === 'removed';
    // Another node's clock may be ahead of ours: a removal comes after what it removes.
    return { event, version: isRemoval ? (Math.max(this.#bindings.wall(), modified + 1) as WallTime) : modified };
  }

  #flush(): void {
    const changes = this.#unwritten;
    this.#unwritten = [];
    for (const change of changes) void this.#write(change);
  }

  async #write(change: Change): Promise<WriteOutcome> {
    const { kind, location, binding } = change.event;
    const { aor, ruid, modified } = binding;
    const place = { key: keyOf(location.name, aor), field: ruid };
    const moment = this.#moment();
    const expires = endOf(binding, moment);
    const wallMs = moment.wall / 1000;
    let outcome: WriteOutcome;
    if (kind === 'expired' || expires <= wallMs) outcome = await this.store.drop(place, modified);
    else if (kind === 'removed') {
      // What is left behind keeps an older write of another node from bringing the contact back.
      const until = Math.min(expires, Math.ceil(wallMs + TOMBSTONE_MS));
      outcome = await this.store.put(place, { version: change.version, expires: until, value: '' });
    } else {
      outcome = await this.store.put(place, { version: modified, expires, value: bindingText(binding, moment) });
    }
    if (outcome === 'down') {
      this.#missed.add(change);
      this.#arm();
    } else if (outcome === 'older') {
      // Another node has changed it since: memory is to know.
      this.#known.delete(place.key);
      this.#unknown.delete(place.key);
      void location.fetch(aor);
    }
    return outcome;
  }

  #arm(): void {
    this.#timer ??= this.#engine.timers.set(undefined, after(this.#bindings.now(), RETRY_MS), this);
  }

  #turned(state: StoreState): void {
    switch (state.kind) {
      case 'up':
        this.#isNews = true;
        this.#recover();
        return;
      case 'down':
        if (this.#told === 'down') return;
        this.#told = 'down';
        this.#log.write('warn', `${this.store.label} is down: contacts are in memory, and written when it is back`, {
          reason: state.reason,
        });
        return;
    }
  }

  #recover(): void {
    if (this.#recovery !== undefined) {
      this.#isAgain = true;
      return;
    }
    this.#recovery = this.#recovered().finally(() => {
      this.#recovery = undefined;
      const isAgain = this.#isAgain;
      this.#isAgain = false;
      if (isAgain) this.#recover();
      else if (this.#isNews || !this.#missed.isEmpty) this.#arm();
    });
  }

  async #recovered(): Promise<void> {
    const hasOwn = this.#isLoaded || this.#bindings.count > 0;
    const read = this.#isLoaded ? 0 : await this.#load();
    const mark = `usrloc-mark:${this.#bindings.id}`;
    if (this.#isNews && hasOwn && !this.#isReadOnly && (await this.store.get(mark)).kind === 'none') {
      this.#missed.isEverything = true;
    }
    const written = await this.#writeMissed();
    if (!this.#missed.isEmpty || !this.store.isUp || this.#isAgain) return;
    const now = Math.floor(this.#bindings.wall() / 1000);
    if (!this.#isReadOnly)
      await this.store.put({ key: mark }, { version: now, expires: now + MARK_MS, value: 'known' });
    this.#isNews = false;
    if (this.#told === 'up') return;
    this.#told = 'up';
    this.#log.write('notice', `${this.store.label} is up`, { read, written });
  }

  /** Everything, when the store is not the one that was written to before; else what was missed. */
  async #writeMissed(): Promise<number> {
    let written = await this.#writeAll(this.#missed.take());
    if (this.#missed.isEverything) {
      this.#missed.isEverything = false;
      written += await this.#writeAll(this.#everything());
    }
    return written;
  }

  *#everything(): Iterable<Change> {
    for (const location of this.#bindings.tables.values()) {
      for (const binding of location.all()) yield this.#change({ kind: 'updated', location, binding });
    }
  }

  async #writeAll(changes: Iterable<Change>): Promise<number> {
    let written = 0;
    let batch: Promise<WriteOutcome>[] = [];
    const flush = async (): Promise<boolean> => {
      const outcomes = await Promise.all(batch);
      written += outcomes.filter((outcome) => outcome === 'ok').length;
      batch = [];
      return this.store.isUp;
    };
    for (const change of changes) {
      batch.push(this.#write(change));
      // Once it is down again the rest is only noted: those writes come back at once.
      if (batch.length >= BATCH) await flush();
    }
    await flush();
    return written;
  }

  async #load(): Promise<number> {
    const end: Instant = after(this.#bindings.now(), PRELOAD_MS);
    const before = this.#bindings.count;
    const outcome = await this.store.scan(KEYS, async (keys) => {
      await Promise.all(keys.map((key) => this.#loadKey(key)));
      return this.#bindings.now() < end && this.#bindings.room > 0;
    });
    this.#isLoaded = outcome === 'ok';
    this.#place();
    return this.#bindings.count - before;
  }

  async #loadKey(key: string): Promise<void> {
    const [name, aor] = userOf(key);
    if (name === undefined || aor === undefined) return;
    await (this.#fetches.get(key)?.done ?? this.#fetch(this.#bindings.table(name), aor, key));
  }

  #moment(): Moment {
    return { now: this.#bindings.now(), wall: this.#bindings.wall() };
  }
}

const KEYS = 'usrloc:';

/** One key a user; its fields are contacts by their names. */
const keyOf = (table: string, aor: string): string => `${KEYS}${encodeURIComponent(table)}:${aor}`;

function userOf(key: string): readonly [table: string | undefined, aor: string | undefined] {
  const end = key.indexOf(':', KEYS.length);
  if (end < 0) return [undefined, undefined];
  try {
    return [decodeURIComponent(key.slice(KEYS.length, end)), key.slice(end + 1)];
  } catch {
    return [undefined, undefined];
  }
}
