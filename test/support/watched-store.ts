/** A store of Node's world that writes down what it says, so that a test can wait for it. */
import { nodeWorld } from '../../src/world/node/world.ts';
import type { Store, StoreState } from '../../src/world/store.ts';

export class WatchedStore {
  readonly store: Store;
  readonly states: StoreState[] = [];
  readonly refusals: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(url: string) {
    const opened = nodeWorld().stores?.open(url, {
      changed: (state) => {
        this.states.push(state);
        for (const look of [...this.#waiting]) look();
      },
      refused: (message) => this.refusals.push(message),
    });
    if (opened?.kind !== 'store') throw new Error(`no store: ${opened?.message}`);
    this.store = opened.store;
  }

  /** Resolves when it is in this state. */
  is(kind: StoreState['kind']): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.states.at(-1)?.kind !== kind) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
