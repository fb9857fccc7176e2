/**
 * The server transaction of one request: absorbs what is repeated and repeats what was answered (RFC 3261 section 17.2).
 * It outlives the fork and keeps no message but the bytes that it may have to repeat.
 */
import type { RequestClaim } from '../../engine/claim.ts';
import type { RequestContext } from '../../engine/context.ts';
import type { Cause, Exchange } from '../../engine/exchange.ts';
import { replyFlow } from '../../engine/hop-by-hop.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Effects } from '../../transaction/effect.ts';
import { InviteServer } from '../../transaction/invite-server.ts';
import { NonInviteServer } from '../../transaction/non-invite-server.ts';
import { type Flow, isReliable } from '../../transport/flow.ts';
import type { Instant } from '../../util/time.ts';
import type { TmCore } from './core.ts';

/** By what it is found. */
export interface ServerKeys {
  readonly server: string;
  /** Set when this is the first request with that merged-request key. */
  readonly merged: string | undefined;
}

export class ServerSide implements RequestClaim, Waiting {
  readonly exchange: Exchange;
  readonly cause: Cause;
  /** The way back to the caller. */
  readonly flow: Flow;
  readonly #core: TmCore;
  readonly #key: string;
  #merged: string | undefined;
  readonly #machine: InviteServer | NonInviteServer;
  #timer: TimerEntry | undefined = undefined;

  constructor(core: TmCore, ctx: RequestContext, keys: ServerKeys) {
    const { message, received, exchange } = ctx;
    this.#core = core;
    this.#key = keys.server;
    this.#merged = keys.merged;
    this.exchange = exchange;
    this.cause = { kind: 'transaction', exchange };
    this.flow = replyFlow(message, received.flow, core.engine.transport);
    const config = isReliable(received.flow.transport) ? core.settings.overStream : core.settings.overDatagram;
    this.#machine = message.method === 'INVITE' ? new InviteServer(config) : new NonInviteServer(config);
  }

  /** A request that matches: the same again, an ACK to our negative reply, or a CANCEL, which only the route handles. */
  takeRequest(request: SipRequest): 'absorbed' | 'route' {
    const invite = this.#machine instanceof InviteServer ? this.#machine : undefined;
    if (invite !== undefined && request.method === 'CANCEL') return 'route';
    if (invite !== undefined && request.method === 'ACK') {
      const effects = invite.onAck(this.#core.engine.world.clock.now());
      this.#perform(effects);
      return effects.some(({ kind }) => kind === 'deliver') ? 'route' : 'absorbed';
    }
    this.#core.stats.retransmissions_in.value++;
    this.#perform(this.#machine.onRetransmission());
    return 'absorbed';
  }

  /** Sends a reply, unless one went out that excludes it. `ctx` is needed for all but further 2xx. */
  respond(ctx: RequestContext | undefined, status: number, bytes: Uint8Array): void {
    // A caller that tries again after a refusal, even with the same CSeq number, is not merged with what was refused.
    if (status >= 300) this.#forgetMerged();
    const effects = this.#machine.onResponse(this.#core.engine.world.clock.now(), status, this.#kept(status, bytes));
    for (const effect of effects) {
      if (effect.kind === 'terminated') this.release();
      else if (effect.kind === 'send' && ctx === undefined) this.repeat(bytes);
      else if (effect.kind === 'send' && ctx !== undefined) {
        if (status >= 200 && !ctx.state.answered) this.#count(status);
        this.#core.engine.sendReply(ctx, { status, bytes, cause: this.cause });
      }
    }
    this.#rearm();
  }

  /** Sends bytes that went out before, or a further 2xx. */
  repeat(bytes: Uint8Array): void {
    this.#core.engine.door.send(bytes, this.flow, this.cause);
  }

  repeatLast(): void {
    this.#core.stats.retransmissions_out.value++;
    this.#perform(this.#machine.onRetransmission());
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    this.#perform(this.#machine.onDeadline(now));
  }

  /** Forgets it: the same request is a new one from here on. */
  release(): void {
    this.#core.tables.servers.delete(this.#key);
    this.#forgetMerged();
    this.#timer = this.#core.engine.timers.set(this.#timer, undefined, this);
  }

  /** What the machine may repeat: it keeps final replies for long, but not the 2xx to an INVITE (RFC 6026 section 8.7). */
  #kept(status: number, bytes: Uint8Array): Uint8Array {
    const isLong = status >= 300 || (status >= 200 && this.#machine instanceof NonInviteServer);
    return isLong ? this.#core.tables.replies.keep(bytes) : bytes;
  }

  #count(status: number): void {
    const { stats } = this.#core;
    if (status < 300) stats.final_2xx.value++;
    else if (status < 400) stats.final_3xx.value++;
    else if (status < 500) stats.final_4xx.value++;
    else if (status < 600) stats.final_5xx.value++;
    else stats.final_6xx.value++;
  }

  #forgetMerged(): void {
    if (this.#merged === undefined) return;
    this.#core.tables.merged.delete(this.#merged);
    this.#merged = undefined;
  }

  #perform(effects: Effects): void {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        this.#core.stats.retransmissions_out.value++;
        this.repeat(effect.bytes);
      } else if (effect.kind === 'terminated') {
        this.release();
        return;
      }
    }
    this.#rearm();
  }

  #rearm(): void {
    this.#timer = this.#core.engine.timers.set(this.#timer, this.#machine.deadline, this);
  }
}
