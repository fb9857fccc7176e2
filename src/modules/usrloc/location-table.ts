/** One table of users and their bindings, in memory, bounded; what expires leaves it by itself. */
import type { Listener } from '../../transport/flow.ts';
import type { Instant, WallTime } from '../../util/time.ts';
import type { Binding, BindingKey, BindingValues, Location, LocationEvent } from './api.ts';
import { type Matching, sameBinding } from './match.ts';
import { type BindingOwner, ownText, StoredBinding } from './stored-binding.ts';

/** Contacts of one user. */
export const MAX_CONTACTS_OF_USER = 256;

/** What the program in force says. */
export interface BindingRules {
  readonly matching: Matching;
  /** `desc_time_order` */
  readonly latestFirst: boolean;
  readonly maxBindings: number;
}

/** What the tables of a proxy share. */
export interface TableHost {
  readonly rules: BindingRules;
  /** Bindings that still find a place. */
  readonly room: number;
  now(): Instant;
  wall(): WallTime;
  nextRuid(): string;
  /** The same values, with texts that many bindings have in common kept once. */
  shared(values: BindingValues): BindingValues;
  schedule(binding: StoredBinding): void;
  unschedule(binding: StoredBinding): void;
  tell(event: LocationEvent): void;
  /** Asks the store behind the table. */
  fetch(table: LocationTable, aor: string): Promise<void> | undefined;
}

/** The name of a contact and when it was last changed. */
export interface Edition {
  readonly ruid: string;
  readonly modified: WallTime;
}

/** What became of a contact that came from a store. `loser`: the same contact under another name, which is older. */
export interface Adoption {
  readonly kind: 'taken' | 'kept' | 'full';
  readonly loser: Edition | undefined;
}

export class LocationTable implements Location, BindingOwner {
  readonly name: string;
  readonly #bindings: TableHost;
  readonly #users = new Map<string, StoredBinding[]>();
  #count = 0;

  constructor(name: string, bindings: TableHost) {
    this.name = name;
    this.#bindings = bindings;
  }

  get users(): number {
    return this.#users.size;
  }

  get bindings(): number {
    return this.#count;
  }

  list(aor: string): readonly Binding[] {
    const kept = this.#users.get(aor);
    if (kept === undefined) return NONE;
    const now = this.#bindings.now();
    return kept.filter((binding) => binding.isLive(now));
  }

  *all(): Iterable<Binding> {
    const now = this.#bindings.now();
    for (const kept of this.#users.values()) {
      for (const binding of kept) if (binding.isLive(now)) yield binding;
    }
  }

  aors(): Iterable<string> {
    return this.#users.keys();
  }

  find(aor: string, key: BindingKey): Binding | undefined {
    return this.list(aor).find((binding) => sameBinding(key, binding, this.#bindings.rules.matching));
  }

  roomFor(aor: string): number {
    return Math.min(this.#bindings.room, MAX_CONTACTS_OF_USER - (this.#users.get(aor)?.length ?? 0));
  }

  insert(aor: string, values: BindingValues): Binding | 'full' {
    const edition = { ruid: this.#bindings.nextRuid(), modified: this.#bindings.wall() };
    const binding = this.#keep(aor, values, edition);
    if (binding !== 'full') this.#tell('inserted', binding);
    return binding;
  }

  update(binding: Binding, values: BindingValues): void {
    const stored = this.#stored(binding);
    if (stored === undefined) return;
    // Another node's clock may be ahead of ours: what comes later is still newer.
    this.#change(stored, values, Math.max(this.#bindings.wall(), stored.modified + 1) as WallTime);
    this.#tell('updated', stored);
  }

  remove(binding: Binding): boolean {
    const stored = this.#stored(binding);
    if (stored === undefined) return false;
    this.#drop(stored, 'removed');
    return true;
  }

  removeAll(aor: string): number {
    const kept = this.#users.get(aor)?.slice() ?? [];
    for (const binding of kept) this.#drop(binding, 'removed');
    return kept.length;
  }

  expire(binding: Binding): void {
    const stored = this.#stored(binding);
    if (stored !== undefined) this.#drop(stored, 'expired');
  }

  fetch(aor: string): Promise<void> | undefined {
    return this.#bindings.fetch(this, aor);
  }

  /** Takes a contact over from a store, unless memory has a newer one. Nobody is told. */
  adopt(aor: string, values: BindingValues, edition: Edition): Adoption {
    const kept = this.#users.get(aor);
    const { matching } = this.#bindings.rules;
    const known =
      kept?.find((one) => one.ruid === edition.ruid) ?? kept?.find((one) => sameBinding(values, one, matching));
    const isSame = known?.ruid === edition.ruid;
    if (known !== undefined && known.modified >= edition.modified) {
      return { kind: 'kept', loser: isSame ? undefined : edition };
    }
    if (known !== undefined && isSame) {
      this.#change(known, values, edition.modified);
      return { kind: 'taken', loser: undefined };
    }
    if (known !== undefined) this.#forget(known);
    const isTaken = this.#keep(aor, values, edition) !== 'full';
    return { kind: isTaken ? 'taken' : 'full', loser: known };
  }

  /** Another node has removed it at this time. Nobody is told. */
  forget(aor: string, ruid: string, removed: WallTime): void {
    const known = this.#users.get(aor)?.find((one) => one.ruid === ruid);
    if (known !== undefined && known.modified < removed) this.#forget(known);
  }

  /** Says on which listener an adopted contact came in. */
  place(aor: string, ruid: string, listener: Listener): void {
    const known = this.#users.get(aor)?.find((one) => one.ruid === ruid);
    if (known !== undefined) known.listener ??= listener;
  }

  #keep(aor: string, values: BindingValues, edition: Edition): StoredBinding | 'full' {
    const kept = this.#users.get(aor);
    if (this.roomFor(aor) <= 0) return 'full';
    const name = { aor: kept?.[0]?.aor ?? ownText(aor), ...edition };
    const binding = new StoredBinding(this, name, this.#bindings.shared(values));
    if (kept === undefined) this.#users.set(name.aor, [binding]);
    else this.#place(kept, binding);
    this.#count++;
    this.#bindings.schedule(binding);
    return binding;
  }

  #change(stored: StoredBinding, values: BindingValues, modified: WallTime): void {
    const isMoved = values.q !== stored.q || this.#bindings.rules.latestFirst;
    stored.take(this.#bindings.shared(values), modified);
    const kept = this.#users.get(stored.aor);
    if (isMoved && kept !== undefined) {
      kept.splice(kept.indexOf(stored), 1);
      this.#place(kept, stored);
    }
    this.#bindings.schedule(stored);
  }

  #stored(binding: Binding): StoredBinding | undefined {
    return this.#users.get(binding.aor)?.find((one) => one === binding);
  }

  #drop(binding: StoredBinding, kind: 'removed' | 'expired'): void {
    this.#forget(binding);
    this.#tell(kind, binding);
  }

  #forget(binding: StoredBinding): void {
    const kept = this.#users.get(binding.aor);
    if (kept === undefined) return;
    kept.splice(kept.indexOf(binding), 1);
    if (kept.length === 0) this.#users.delete(binding.aor);
    this.#count--;
    this.#bindings.unschedule(binding);
  }

  /** Behind those of the same q; with `desc_time_order`, before all others. */
  #place(kept: StoredBinding[], binding: StoredBinding): void {
    const behind = this.#bindings.rules.latestFirst ? 0 : kept.findIndex((other) => other.q < binding.q);
    kept.splice(behind < 0 ? kept.length : behind, 0, binding);
  }

  #tell(kind: LocationEvent['kind'], binding: StoredBinding): void {
    this.#bindings.tell({ kind, location: this, binding });
  }
}

const NONE: readonly Binding[] = [];

/** Seconds since 1970. */
export const wallSeconds = (time: WallTime): number => Math.floor(time / 1_000_000);
