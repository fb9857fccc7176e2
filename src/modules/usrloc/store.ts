/**
 * Where bindings go besides memory, so that a restart or another node has them. A store hears of changes afterwards and
 * never makes a message wait that memory has the answer to.
 */
import type { LocationEvent } from './api.ts';
import type { LocationTable } from './location-table.ts';

export interface BindingStore {
  /** Hears of every change, in order. Never throws. */
  changed(event: LocationEvent): void;
  /** Asks the store for a user. A promise only where memory has nothing and waiting may help; it never rejects. */
  fetch(table: LocationTable, aor: string): Promise<void> | undefined;
}

/** Memory alone. */
export const memoryOnly: BindingStore = { changed: () => undefined, fetch: () => undefined };
