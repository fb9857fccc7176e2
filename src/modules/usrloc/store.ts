/**
 * Where bindings go besides memory, so that a restart or another node has them. Memory answers every question; a store
 * hears of changes afterwards and never makes a message wait.
 */
import type { LocationEvent } from './api.ts';

export interface BindingStore {
  /** Hears of every change, in order. Never throws. */
  changed(event: LocationEvent): void;
}

/** Memory alone. */
export const memoryOnly: BindingStore = { changed: () => undefined };
