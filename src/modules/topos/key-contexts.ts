/** Kamailio's tps_set_context: the namespace of the keys that are made because of one message, and only of that one. */
import type { Received } from '../../engine/context.ts';

/** Letters and digits that pass through every user part; at most as many as Kamailio allows. */
const CONTEXT = /^[A-Za-z0-9_]{0,12}$/;

export const isContext = (text: string): boolean => CONTEXT.test(text);

export class KeyContexts {
  readonly #standard: string;
  /** What arrived is one object in all routes that it runs through. */
  readonly #byMessage = new WeakMap<Received, string>();

  /** `standard`: for messages that no route has set one for. */
  constructor(standard: string) {
    this.#standard = standard;
  }

  /** An empty one is that of the parameter again. */
  set(received: Received, context: string): 'set' | 'malformed' {
    if (!isContext(context)) return 'malformed';
    this.#byMessage.set(received, context);
    return 'set';
  }

  of(received: Received): string {
    const own = this.#byMessage.get(received) ?? '';
    return own === '' ? this.#standard : own;
  }
}
