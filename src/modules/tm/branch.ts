/**
 * One branch of a forked request: the copy that went out, its client transaction, and what came of it.
 * It decides nothing about the fork; its owner does. Once it is over it keeps nothing but what its machine may repeat.
 */
import type { ReplyContext, RequestContext, Winning } from '../../engine/context.ts';
import type { Cause, Exchange } from '../../engine/exchange.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import type { SipRequest } from '../../sip/message.ts';
import { buildAck } from '../../sip/reply.ts';
import type { Effect } from '../../transaction/effect.ts';
import { InviteClient } from '../../transaction/invite-client.ts';
import { NonInviteClient } from '../../transaction/non-invite-client.ts';
import { type Flow, isReliable } from '../../transport/flow.ts';
import type { LocatedTarget } from '../../transport/locate.ts';
import type { Instant } from '../../util/time.ts';
import { CancelSide, copyPrefixed } from './cancel-side.ts';
import type { TmCore } from './core.ts';
import type { Plan } from './plan.ts';
import type { ClientSide } from './tables.ts';

export interface BranchOwner {
  /** The request at the server side; undefined when it has been answered and forgotten. */
  readonly ctx: RequestContext | undefined;
  readonly exchange: Exchange;
  readonly cause: Cause;
  /** Until when a branch may wait. */
  readonly endOfLife: Instant | undefined;
  /** Every reply that the client transaction delivers, provisional or final, retransmitted 2xx included. */
  branchReplied(branch: Branch, reply: ReplyContext): void;
  /** No reply came: timeout, or the transport failed. */
  branchFailed(branch: Branch, winning: Winning): void;
}

export interface BranchParts {
  /** The context of its branch route, with the branch's own copy of the message. */
  readonly ctx: RequestContext;
  readonly branch: string;
  /** The message as sent. */
  readonly sent: SipRequest;
  readonly flow: Flow;
  /** Further addresses of its next hop. */
  readonly others: readonly LocatedTarget[];
  /** Its route blocks and timers. */
  readonly plan: Plan;
}

/** A CANCEL may be sent only after a provisional reply (RFC 3261 section 9.1): until then it is wanted. */
type CancelState =
  | { readonly name: 'none' }
  | { readonly name: 'wanted'; readonly reasons: readonly string[] }
  | { readonly name: 'sent' };

const NOT_CANCELLED: CancelState = { name: 'none' };
const CANCEL_SENT: CancelState = { name: 'sent' };

export class Branch implements ClientSide, Waiting {
  readonly flow: Flow;
  /** What another try needs; undefined once nobody will try again. */
  parts: BranchParts | undefined;
  /** Names of the route blocks for its replies and its failure. */
  readonly replyRoute: string | undefined;
  readonly failureRoute: string | undefined;
  /** Waits for a final reply. */
  pending = true;
  /** The final reply, or what stands for one, as long as it may be chosen. */
  outcome: Winning | undefined = undefined;
  /** Status of the last reply; 0 before the first one. */
  lastStatus = 0;
  /** A timer ended it. */
  timedOut = false;
  /** It had a reply, the one that is being handled left out. */
  replied = false;
  #cancel: CancelState = NOT_CANCELLED;
  /** The INVITE, for its CANCEL and its ACK. */
  #invite: SipRequest | undefined;
  #timer: TimerEntry | undefined = undefined;
  readonly #client: InviteClient | NonInviteClient;
  readonly #core: TmCore;
  readonly #owner: BranchOwner;
  readonly #key: string;

  private constructor(core: TmCore, owner: BranchOwner, parts: BranchParts, bytes: Uint8Array) {
    const { sent, branch, flow, plan } = parts;
    const { frInvTimerMs, ways } = plan;
    const { endOfLife } = owner;
    const isInvite = sent.method === 'INVITE';
    this.#core = core;
    this.#owner = owner;
    this.parts = parts;
    this.flow = flow;
    this.replyRoute = plan.reply;
    this.failureRoute = plan.branchFailure;
    this.#key = core.engine.branches.clientKey(branch, sent.method);
    this.#invite = isInvite ? sent : undefined;
    const now = core.engine.world.clock.now();
    const frTimerMs = endOfLife === undefined ? plan.frTimerMs : Math.max(1, Math.min(plan.frTimerMs, endOfLife - now));
    const { restartsTimerC } = core.settings;
    const reliable = isReliable(flow.transport);
    const config = { timers: ways.timers, reliable, frTimerMs, frInvTimerMs, endOfLife, restartsTimerC };
    this.#client = isInvite ? new InviteClient(now, bytes, config) : new NonInviteClient(now, bytes, config);
  }

  /** Sends the request for the first time. undefined when it could not be sent. */
  static start(core: TmCore, owner: BranchOwner, parts: BranchParts, bytes: Uint8Array): Branch | undefined {
    const branch = new Branch(core, owner, parts, bytes);
    if (core.tables.clients.add(branch.#key, branch) !== 'added') return undefined;
    if (branch.#send(bytes) !== 'sent') {
      core.tables.clients.delete(branch.#key);
      return undefined;
    }
    core.tables.attach(branch);
    branch.#rearm();
    return branch;
  }

  get exchange(): Exchange {
    return this.#owner.exchange;
  }

  get request(): RequestContext | undefined {
    return this.#owner.ctx;
  }

  /** It has its final reply, or will not get one. */
  end(outcome: Winning): void {
    this.pending = false;
    this.outcome = outcome;
  }

  /** Nobody will choose its reply or try it again. */
  forget(): void {
    this.parts = undefined;
    this.outcome = undefined;
  }

  takeResponse(reply: ReplyContext): void {
    const { status } = reply.message;
    const effects = this.#client.onResponse(this.#core.engine.world.clock.now(), status);
    let delivered = false;
    for (const effect of effects) {
      if (effect.kind === 'ack') this.#acknowledge(reply);
      else if (effect.kind === 'deliver') delivered = true;
      else this.#perform(effect);
    }
    this.#rearm();
    if (!delivered) return;
    this.lastStatus = status;
    if (status < 200) {
      if (this.#cancel.name === 'none') this.#owner.branchReplied(this, reply);
      else this.#provisionalSeen();
      this.replied = true;
      return;
    }
    this.#invite = undefined;
    this.#owner.branchReplied(this, reply);
    this.replied = true;
  }

  /** Ends an INVITE branch: now if the peer has answered provisionally, else as soon as it does. */
  cancel(reasons: readonly string[]): void {
    if (!this.pending || this.#invite === undefined || this.#cancel.name !== 'none') return;
    this.#cancel = { name: 'wanted', reasons };
    if (this.lastStatus > 0) this.#sendCancel(this.#invite, reasons);
    else if (this.#core.settings.unansweredCancel !== 'wait') this.#cancelUnanswered(this.#invite, reasons);
  }

  /** Waits so long from now on; 0 leaves a wait as it is. */
  wait(frTimerMs: number, frInvTimerMs: number): void {
    const now = this.#core.engine.world.clock.now();
    if (this.#client instanceof InviteClient) this.#client.wait(now, frTimerMs, frInvTimerMs);
    else this.#client.wait(now, frTimerMs);
    this.#rearm();
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    const effects = this.#client.onDeadline(now);
    for (const effect of effects) this.#perform(effect);
    this.#rearm();
  }

  transportFailed(code: string): void {
    const effects = this.#client.onTransportError();
    for (const effect of effects) this.#perform(effect);
    this.#rearm();
    if (effects.length > 0 && this.pending) {
      // RFC 3261 16.9: "the proxy MUST behave as if the forwarded request received a 503 (Service Unavailable)".
      this.#owner.branchFailed(this, { status: 503, reason: `Service Unavailable (${code})`, response: undefined });
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#core.stats.retransmissions_out.value++;
        this.#send(effect.bytes);
        return;
      case 'timeout':
        this.#timedOut();
        return;
      case 'terminated':
        this.#core.tables.clients.delete(this.#key);
        this.#core.tables.detach(this);
        this.#invite = undefined;
        return;
      case 'ack':
      case 'deliver':
      case 'unsent':
        return;
    }
  }

  #timedOut(): void {
    if (!this.pending) return;
    this.timedOut = true;
    this.#core.stats.timeouts.value++;
    // RFC 3261 16.8: after a provisional response "the proxy MUST generate a CANCEL request".
    this.cancel([]);
    this.#owner.branchFailed(this, { status: 408, reason: 'Request Timeout', response: undefined });
  }

  /** What rings after it was cancelled is of no use to the caller. */
  #provisionalSeen(): void {
    if (this.#cancel.name === 'wanted' && this.#invite !== undefined) {
      this.#sendCancel(this.#invite, this.#cancel.reasons);
    }
  }

  /** Kamailio's cancel_b_method 0 and 2. */
  #cancelUnanswered(invite: SipRequest, reasons: readonly string[]): void {
    if (!(this.#client instanceof InviteClient)) return;
    this.#client.quit(this.#core.engine.world.clock.now());
    this.#rearm();
    if (this.#core.settings.unansweredCancel === 'send') this.#sendCancel(invite, reasons);
    else this.#owner.branchFailed(this, { status: 487, reason: 'Request Terminated', response: undefined });
  }

  #sendCancel(invite: SipRequest, reasons: readonly string[]): void {
    if (!(this.#client instanceof InviteClient)) return;
    this.#cancel = CANCEL_SENT;
    this.#client.onCancelled(this.#core.engine.world.clock.now());
    CancelSide.send(this.#core, { invite, flow: this.flow, owner: this.#owner, reasons });
    this.#rearm();
  }

  /** RFC 3261 17.1.1.3: the ACK to a 300-699 is part of the INVITE transaction and goes where the INVITE went. */
  #acknowledge(reply: ReplyContext): void {
    if (this.#invite === undefined || !(this.#client instanceof InviteClient)) return;
    const ack = buildAck(this.#invite, reply.message);
    copyPrefixed(this.#invite, ack, this.#core.settings.copiedPrefix);
    const bytes = ack.serialize();
    for (const effect of this.#client.acked(this.#core.engine.world.clock.now(), bytes)) {
      if (effect.kind === 'send') this.#send(effect.bytes);
      else this.#perform(effect);
    }
  }

  #send(bytes: Uint8Array) {
    return this.#core.engine.door.send(bytes, this.flow, this.#owner.cause);
  }

  #rearm(): void {
    this.#timer = this.#core.engine.timers.set(this.#timer, this.#client.deadline, this);
  }
}
