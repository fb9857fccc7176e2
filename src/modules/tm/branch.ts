/**
 * One branch of a forked request: the copy that went out, its client transaction, and what came of it.
 * It decides nothing about the fork; its owner does.
 */
import type { ReplyContext, RequestContext, Winning } from '../../engine/context.ts';
import type { Exchange } from '../../engine/exchange.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import type { SipRequest } from '../../sip/message.ts';
import { buildAck } from '../../sip/reply.ts';
import type { Effect } from '../../transaction/effect.ts';
import { InviteClient } from '../../transaction/invite-client.ts';
import { clientKey } from '../../transaction/keys.ts';
import { NonInviteClient } from '../../transaction/non-invite-client.ts';
import { type Flow, isReliable } from '../../transport/flow.ts';
import type { LocatedTarget } from '../../transport/locate.ts';
import { CancelSide } from './cancel-side.ts';
import type { TmCore } from './core.ts';
import type { ClientSide } from './tables.ts';

export interface BranchOwner {
  readonly ctx: RequestContext;
  /** Every reply that the client transaction delivers, provisional or final, retransmitted 2xx included. */
  branchReplied(branch: Branch, reply: ReplyContext): void | Promise<void>;
  /** No reply came: timeout, or the transport failed. */
  branchFailed(branch: Branch, winning: Winning): void;
}

/** Names of route blocks armed for a branch with `t_on_reply` and so on. */
export interface Armed {
  readonly reply: string | undefined;
  readonly branchFailure: string | undefined;
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
  readonly armed: Armed;
  readonly frTimerMs: number;
  readonly frInvTimerMs: number;
}

export class Branch implements ClientSide, Waiting {
  readonly flow: Flow;
  readonly parts: BranchParts;
  /** The final outcome: a reply, or what stands for one. */
  final: Winning | undefined = undefined;
  /** Seen a provisional reply: only then a CANCEL may be sent. */
  #provisional = false;
  #cancel: readonly string[] | undefined = undefined;
  #sent: SipRequest | undefined;
  #timer: TimerEntry | undefined = undefined;
  readonly #client: InviteClient | NonInviteClient;
  readonly #core: TmCore;
  readonly #owner: BranchOwner;
  readonly #key: string;

  private constructor(core: TmCore, owner: BranchOwner, parts: BranchParts, bytes: Uint8Array) {
    this.#core = core;
    this.#owner = owner;
    this.parts = parts;
    this.flow = parts.flow;
    const message = parts.sent;
    this.#sent = message.method === 'INVITE' ? message : undefined;
    this.#key = clientKey({ branch: parts.branch, cseqMethod: message.method });
    const { frTimerMs, frInvTimerMs } = parts;
    const config = { timers: core.settings.timers, reliable: isReliable(parts.flow.transport), frTimerMs };
    const now = core.engine.world.clock.now();
    this.#client =
      message.method === 'INVITE'
        ? new InviteClient(now, bytes, { ...config, frInvTimerMs })
        : new NonInviteClient(now, bytes, config);
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
    return this.request.exchange;
  }

  /** The request at the server side. */
  get request(): RequestContext {
    return this.#owner.ctx;
  }

  get pending(): boolean {
    return this.final === undefined;
  }

  get replied(): boolean {
    return this.#provisional;
  }

  takeResponse(reply: ReplyContext): void | Promise<void> {
    const { message } = reply;
    const effects = this.#client.onResponse(this.#core.engine.world.clock.now(), message.status);
    let delivered = false;
    for (const effect of effects) {
      if (effect.kind === 'ack') this.#acknowledge(reply);
      else if (effect.kind === 'deliver') delivered = true;
      else this.#perform(effect);
    }
    this.#rearm();
    if (!delivered) return undefined;
    if (message.status < 200) this.#provisionalSeen();
    return this.#owner.branchReplied(this, reply);
  }

  /** Ends an INVITE branch: now if the peer has answered provisionally, else as soon as it does. */
  cancel(reasons: readonly string[]): void {
    if (!this.pending || this.#cancel !== undefined || this.#sent === undefined) return;
    this.#cancel = reasons;
    if (this.#provisional) this.#sendCancel(this.#sent, reasons);
  }

  onDeadline(): void {
    this.#timer = undefined;
    const effects = this.#client.onDeadline(this.#core.engine.world.clock.now());
    for (const effect of effects) this.#perform(effect);
    this.#rearm();
  }

  transportFailed(code: string): void {
    const effects = this.#client.onTransportError();
    for (const effect of effects) this.#perform(effect);
    this.#rearm();
    if (effects.length > 0 && this.pending) {
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
        this.#sent = undefined;
        return;
      case 'ack':
      case 'deliver':
      case 'unsent':
        return;
    }
  }

  #timedOut(): void {
    if (!this.pending) return;
    this.#core.stats.timeouts.value++;
    // RFC 3261 16.8: after a provisional response "the proxy MUST generate a CANCEL request".
    this.cancel([]);
    this.#owner.branchFailed(this, { status: 408, reason: 'Request Timeout', response: undefined });
  }

  #provisionalSeen(): void {
    this.#provisional = true;
    if (this.#cancel !== undefined && this.#sent !== undefined) this.#sendCancel(this.#sent, this.#cancel);
  }

  #sendCancel(invite: SipRequest, reasons: readonly string[]): void {
    if (!(this.#client instanceof InviteClient)) return;
    this.#client.onCancelled(this.#core.engine.world.clock.now());
    const { branch, flow } = this.parts;
    CancelSide.send(this.#core, { invite, branch, flow, request: this.request, reasons });
    this.#rearm();
  }

  /** RFC 3261 17.1.1.3: the ACK to a 300-699 is part of the INVITE transaction and goes where the INVITE went. */
  #acknowledge(reply: ReplyContext): void {
    if (this.#sent === undefined || !(this.#client instanceof InviteClient)) return;
    const bytes = buildAck(this.#sent, reply.message).serialize();
    const effects = this.#client.acked(this.#core.engine.world.clock.now(), bytes);
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(effect.bytes);
      else this.#perform(effect);
    }
  }

  #send(bytes: Uint8Array) {
    return this.#core.engine.door.send(bytes, this.flow, { kind: 'transaction', exchange: this.exchange });
  }

  #rearm(): void {
    this.#timer = this.#core.engine.timers.set(this.#timer, this.#client.deadline, this);
  }
}
