/** The two numbers by which a script names a transaction, Kamailio's index and label: given to one when somebody asks for them. */
import type { ReplyOrder, ReplyOutcome } from '../../engine/context.ts';
import { hash32 } from '../../util/hash.ts';
import type { Random } from '../../world/world.ts';

export interface Ident {
  /** Of its Call-ID, 0 to 65535. */
  readonly index: number;
  /** No other transaction has it. */
  readonly label: number;
}

/** `notSuspended`: nothing of it waits. `noRoute`: the program has no route of this name. */
export type Resumed = 'resumed' | 'notSuspended' | 'noRoute';

/** A transaction. */
export interface Named {
  /** Lets what waits longest go on in this route. */
  resume(route: string): Resumed;
  reply(order: ReplyOrder): ReplyOutcome;
}

/** Labels stay below 2^31, so that every script can count with them. */
const LABELS = 0x7fff_ffff;

export class Idents {
  readonly #named = new Map<number, { readonly index: number; readonly of: Named }>();
  #last: number | undefined = undefined;

  get size(): number {
    return this.#named.size;
  }

  give(one: Named, callId: string, random: Pick<Random, 'u32'>): Ident {
    const index = hash32(callId) & 0xffff;
    let label = this.#last ?? random.u32() % LABELS;
    do label = (label % LABELS) + 1;
    while (this.#named.has(label));
    this.#last = label;
    this.#named.set(label, { index, of: one });
    return { index, label };
  }

  find(index: number, label: number): Named | undefined {
    const found = this.#named.get(label);
    return found?.index === index ? found.of : undefined;
  }

  forget({ label }: Ident): void {
    this.#named.delete(label);
  }
}
