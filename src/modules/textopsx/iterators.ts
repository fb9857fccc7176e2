/** Walks over the headers and body lines of a message, by name, for one request. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Exchange, Slot } from '../../engine/exchange.ts';
import type { Field } from '../../sip/field.ts';

type Ctx = RequestContext | ReplyContext;

/** Walks of one request at the same time. */
export const MAX_WALKS = 16;

/** Items in the order they had when the walk began. */
export interface Walk<T> {
  readonly items: readonly T[];
  at: number;
}

export class Walks<T> {
  readonly #slot: Slot<Map<string, Walk<T>>>;

  constructor(slot: Slot<Map<string, Walk<T>>>) {
    this.#slot = slot;
  }

  start({ exchange }: Ctx, name: string, items: readonly T[]): boolean {
    let walks = this.#slot.of(exchange);
    if (walks === undefined) {
      walks = new Map();
      this.#slot.put(exchange, walks);
    }
    if (walks.size >= MAX_WALKS && !walks.has(name)) return false;
    walks.set(name, { items, at: -1 });
    return true;
  }

  /** False beyond the last, or the first, and for a walk that was not started. */
  move(ctx: Ctx, name: string, by: 1 | -1): boolean {
    const walk = this.#of(ctx.exchange, name);
    if (walk === undefined) return false;
    walk.at = Math.min(Math.max(walk.at + by, -1), walk.items.length);
    return walk.items[walk.at] !== undefined;
  }

  end({ exchange }: Ctx, name: string): void {
    this.#slot.of(exchange)?.delete(name);
  }

  current({ exchange }: Ctx, name: string): T | undefined {
    const walk = this.#of(exchange, name);
    return walk?.items[walk.at];
  }

  items({ exchange }: Ctx, name: string): readonly T[] {
    return this.#of(exchange, name)?.items ?? [];
  }

  #of(exchange: Exchange, name: string): Walk<T> | undefined {
    return this.#slot.of(exchange)?.get(name);
  }
}

/** A header may have been changed or removed since the walk began. */
export const isStill = ({ message }: Ctx, field: Field): boolean => message.headers.fields().includes(field);
