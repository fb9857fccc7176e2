/** A CANCEL that we send after an INVITE of ours: a small client transaction of its own (RFC 3261 section 9.1). */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Cause, Exchange } from '../../engine/exchange.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import { buildCancel } from '../../sip/reply.ts';
import type { Effects } from '../../transaction/effect.ts';
import { NonInviteClient } from '../../transaction/non-invite-client.ts';
import { type Flow, isReliable } from '../../transport/flow.ts';
import type { Instant } from '../../util/time.ts';
import type { TmCore } from './core.ts';
import type { ClientSide } from './tables.ts';

/** Whose INVITE it ends. */
export interface CancelOwner {
  readonly ctx: RequestContext | undefined;
  readonly exchange: Exchange;
  readonly cause: Cause;
}

export interface CancelParts {
  /** As sent, with our Via on top. */
  readonly invite: SipRequest;
  readonly flow: Flow;
  readonly owner: CancelOwner;
  /** Reason headers (RFC 3326), copied from the caller's CANCEL or our own. */
  readonly reasons: readonly string[];
}

export class CancelSide implements ClientSide, Waiting {
  readonly flow: Flow;
  readonly #owner: CancelOwner;
  readonly #core: TmCore;
  readonly #key: string;
  readonly #client: NonInviteClient;
  #timer: TimerEntry | undefined = undefined;

  private constructor(core: TmCore, parts: CancelParts, bytes: Uint8Array) {
    this.#core = core;
    this.flow = parts.flow;
    this.#owner = parts.owner;
    this.#key = core.engine.branches.clientKey(parts.invite.topVia?.branch ?? '', 'CANCEL');
    const { timers, frTimerMs } = core.settings;
    const config = { timers, reliable: isReliable(parts.flow.transport), frTimerMs };
    this.#client = new NonInviteClient(core.engine.world.clock.now(), bytes, config);
  }

  static send(core: TmCore, parts: CancelParts): void {
    const cancel = buildCancel(parts.invite);
    for (const reason of parts.reasons) cancel.headers.insertBefore(H.ContentLength, 'Reason', reason);
    copyPrefixed(parts.invite, cancel, core.settings.copiedPrefix);
    const bytes = cancel.serialize();
    const side = new CancelSide(core, parts, bytes);
    if (core.tables.clients.add(side.#key, side) !== 'added') return;
    core.tables.attach(side);
    core.stats.cancels.value++;
    side.#send(bytes);
    side.#rearm();
  }

  get exchange(): Exchange {
    return this.#owner.exchange;
  }

  get request(): RequestContext | undefined {
    return this.#owner.ctx;
  }

  /** Nobody waits for the reply to a CANCEL; it only ends the retransmissions. */
  takeResponse(ctx: ReplyContext): void {
    this.#perform(this.#client.onResponse(this.#core.engine.world.clock.now(), ctx.message.status));
    this.#rearm();
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    this.#perform(this.#client.onDeadline(now));
    this.#rearm();
  }

  transportFailed(): void {
    this.#perform(this.#client.onTransportError());
    this.#rearm();
  }

  #perform(effects: Effects): void {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        this.#core.stats.retransmissions_out.value++;
        this.#send(effect.bytes);
      } else if (effect.kind === 'terminated') {
        this.#core.tables.clients.delete(this.#key);
        this.#core.tables.detach(this);
      }
    }
  }

  #send(bytes: Uint8Array): void {
    this.#core.engine.door.send(bytes, this.flow, this.#owner.cause);
  }

  #rearm(): void {
    this.#timer = this.#core.engine.timers.set(this.#timer, this.#client.deadline, this);
  }
}

/** Those headers of the INVITE whose names begin so, in front of the length of the body. */
export function copyPrefixed(invite: SipRequest, to: SipRequest, prefix: string): void {
  if (prefix === '') return;
  for (const { name, value } of invite.headers.fields()) {
    if (name.toLowerCase().startsWith(prefix)) to.headers.insertBefore(H.ContentLength, name, value);
  }
}
