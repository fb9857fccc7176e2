/**
 * A message whose transaction waits until somebody lets it go on: a request that is not relayed yet, or the reply of a
 * branch. What nobody lets go on ends by fr_timer: a request as if a branch had timed out, a reply goes on as it is.
 */
import type { ReplyContext, RequestContext, Winning } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import type { SipRequest } from '../../sip/message.ts';
import { after } from '../../util/time.ts';
import type { Branch } from './branch.ts';

/** Messages that wait in one transaction: its request, and a reply of each of as many branches as there can be. */
export const MAX_SUSPENDED = 32;

export type Held =
  /** `message`: as it was when it was suspended. */
  | { readonly kind: 'request'; readonly ctx: RequestContext; readonly message: SipRequest }
  | { readonly kind: 'reply'; readonly ctx: ReplyContext; readonly branch: Branch };

/** All that waits in one transaction, the oldest first. */
export class Suspensions {
  readonly #engine: Engine;
  readonly #expired: (held: Held) => void;
  #waiting: Suspension[] = [];
  /** Replies that were suspended by the route that runs on them. */
  readonly #replies = new Set<ReplyContext>();

  constructor(engine: Engine, expired: (held: Held) => void) {
    this.#engine = engine;
    this.#expired = expired;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_SUSPENDED;
  }

  hold(held: Held, ms: number): void {
    if (held.kind === 'reply') {
      this.#replies.add(held.ctx);
      // A 2xx that came again waits already.
      if (this.#waiting.some((one) => one.held.kind === 'reply' && sameFinal(one.held, held))) return;
    }
    const suspension = new Suspension(this.#engine, held, (one) => {
      this.#waiting = this.#waiting.filter((other) => other !== one);
      this.#expired(one.held);
    });
    this.#waiting.push(suspension);
    suspension.wait(ms);
  }

  /** The oldest, which waits no more. */
  next(): Held | undefined {
    const oldest = this.#waiting.shift();
    oldest?.end();
    return oldest?.held;
  }

  /** Everything waits so long from now on. */
  wait(ms: number): void {
    for (const one of this.#waiting) one.wait(ms);
  }

  /** What has waited until now. */
  end(): readonly Held[] {
    const ended = this.#waiting;
    this.#waiting = [];
    for (const one of ended) one.end();
    return ended.map(({ held }) => held);
  }

  /** Whether the route that ran on this reply has suspended it. */
  took(reply: ReplyContext): boolean {
    return this.#replies.delete(reply);
  }
}

const sameFinal = (one: Extract<Held, { kind: 'reply' }>, other: Extract<Held, { kind: 'reply' }>): boolean =>
  one.branch === other.branch && one.ctx.message.status >= 200 && one.ctx.message.status === other.ctx.message.status;

class Suspension implements Waiting {
  readonly held: Held;
  readonly #engine: Engine;
  readonly #expired: (one: Suspension) => void;
  #timer: TimerEntry | undefined = undefined;

  constructor(engine: Engine, held: Held, expired: (one: Suspension) => void) {
    this.held = held;
    this.#engine = engine;
    this.#expired = expired;
  }

  /** So long from now on. */
  wait(ms: number): void {
    const { timers, world } = this.#engine;
    this.#timer = timers.set(this.#timer, after(world.clock.now(), ms), this);
  }

  end(): void {
    this.#timer = this.#engine.timers.set(this.#timer, undefined, this);
  }

  onDeadline(): void {
    this.#timer = undefined;
    this.#expired(this);
  }
}

/** What a request that nobody lets go on comes to: a branch that timed out. */
export interface Blind {
  readonly outcome: Winning;
  readonly timedOut: true;
  readonly replied: false;
}

export const BLIND: Blind = {
  outcome: { status: 408, reason: 'Request Timeout', response: undefined },
  timedOut: true,
  replied: false,
};
