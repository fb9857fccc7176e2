/** What a store has not been told while it was away: one entry a contact, bounded. */
import type { WallTime } from '../../util/time.ts';
import type { LocationEvent } from './api.ts';

/** Contacts whose changes are remembered one by one; beyond that, all contacts are written again. */
export const MAX_MISSED = 20_000;

/** A change as a store has to be told of it, now or later. */
export interface Change {
  readonly event: LocationEvent;
  /** Orders it among all changes of this contact on any node. */
  readonly version: WallTime;
}

export class MissedWrites {
  readonly #max: number;
  #changes = new Map<string, Change>();
  /** The store may have lost, or never have had, anything. */
  isEverything = false;
  /** Removals that were forgotten: the store has these contacts until they expire. */
  lost = 0;

  constructor(max: number = MAX_MISSED) {
    this.#max = max;
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0 && !this.isEverything;
  }

  get size(): number {
    return this.#changes.size;
  }

  /** The latest change of a contact replaces what was missed before. */
  add(change: Change): void {
    const { event } = change;
    const { aor, ruid } = event.binding;
    const key = `${event.location.name}\0${aor}\0${ruid}`;
    const isRemoval = event.kind === 'removed' || event.kind === 'expired';
    if (this.#changes.size < this.#max || this.#changes.has(key)) this.#changes.set(key, change);
    else if (isRemoval) this.lost++;
    else this.isEverything = true;
  }

  /** Empties it. */
  take(): readonly Change[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }
}
