/**
 * Requests that we send of our own accord, each a client transaction of its own (RFC 3261 section 17.1.2). They go through
 * the door, and a challenge is answered once.
 */
import type { ResponseClaim } from '../../engine/claim.ts';
import type { ReplyContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Cause, Exchange } from '../../engine/exchange.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Effects } from '../../transaction/effect.ts';
import { NonInviteClient } from '../../transaction/non-invite-client.ts';
import { DEFAULT_TIMERS } from '../../transaction/timers.ts';
import { type Flow, isReliable, type Listener } from '../../transport/flow.ts';
import type { Instant } from '../../util/time.ts';
import { answerChallenge, type SecretOf } from './challenge-answer.ts';

/** Requests that wait for their answer. */
export const MAX_LOCAL_REQUESTS = 10_000;

/** What came of it: the status, 408 for no answer, 477 for one that could not be sent. */
export type Answered = (status: number, reply: ReplyContext | undefined) => void;

export interface LocalRequest {
  readonly request: SipRequest;
  /** Next hop instead of the Request-URI. */
  readonly target: string | undefined;
  /** Where to send it from. */
  readonly listener: Listener | undefined;
  readonly secretOf: SecretOf;
  readonly answered: Answered;
}

const CAUSE: Cause = { kind: 'local', module: 'uac' };

export class LocalRequests {
  readonly #engine: Engine;
  readonly #pending = new Map<string, LocalTransaction>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** False when there are too many. */
  send(order: LocalRequest): boolean {
    if (this.#pending.size >= MAX_LOCAL_REQUESTS) return false;
    const hop = this.#engine.hops.resolve(
      order.target === undefined ? order.request.parsedUri : parseUri(order.target),
      { uri: undefined, listener: order.listener, flow: undefined, route: undefined },
      undefined,
    );
    const go = (found: Awaited<typeof hop>): void => {
      if (found.kind === 'hop') this.#start(order, found.flow, true);
      else order.answered(found.status, undefined);
    };
    if (hop instanceof Promise) void hop.then(go);
    else go(hop);
    return true;
  }

  claim(response: SipResponse): ResponseClaim | undefined {
    const branch = response.topVia?.branch;
    const transaction = branch === undefined ? undefined : this.#pending.get(branch);
    if (transaction === undefined || response.cseq?.method !== transaction.method) return undefined;
    return { exchange: new Exchange(), request: undefined, takeResponse: (reply) => transaction.onResponse(reply) };
  }

  #start(order: LocalRequest, flow: Flow, mayAnswer: boolean): void {
    const { branches } = this.#engine;
    const branch = branches.branch(branches.nextId(), 0);
    const sent = order.request.fork();
    const { host, port } = flow.listener.sentBy;
    sent.headers.prepend(H.Via, `SIP/2.0/${flow.transport.toUpperCase()} ${host}:${port};rport;branch=${branch}`);
    const again = (response: SipResponse): boolean => mayAnswer && this.#answer(order, flow, response);
    const over = (): void => {
      this.#pending.delete(branch);
    };
    const transaction = new LocalTransaction(this.#engine, flow, { bytes: sent.serialize(), order, again, over });
    this.#pending.set(branch, transaction);
    transaction.start();
  }

  /** RFC 3261 22.2: the request is sent again, with credentials and a CSeq that is one higher. */
  #answer(order: LocalRequest, flow: Flow, response: SipResponse): boolean {
    if (response.status !== 401 && response.status !== 407) return false;
    const cnonce = Buffer.from(this.#engine.world.random.bytes(8)).toString('hex');
    const answer = answerChallenge(order.request, response, order.secretOf, cnonce);
    if (answer === undefined) return false;
    const request = order.request.fork();
    request.headers.append(answer.header, answer.value);
    request.headers.set(H.CSeq, `${(order.request.cseq?.number ?? 1) + 1} ${request.method}`);
    this.#start({ ...order, request }, flow, false);
    return true;
  }
}

interface TransactionParts {
  readonly bytes: Uint8Array;
  readonly order: LocalRequest;
  /** Whether the request was sent again because of this response. */
  readonly again: (response: SipResponse) => boolean;
  readonly over: () => void;
}

class LocalTransaction implements Waiting {
  readonly #engine: Engine;
  readonly #flow: Flow;
  readonly #parts: TransactionParts;
  readonly #machine: NonInviteClient;
  #timer: TimerEntry | undefined = undefined;

  constructor(engine: Engine, flow: Flow, parts: TransactionParts) {
    this.#engine = engine;
    this.#flow = flow;
    this.#parts = parts;
    const config = { timers: DEFAULT_TIMERS, reliable: isReliable(flow.transport) };
    this.#machine = new NonInviteClient(engine.world.clock.now(), parts.bytes, config);
  }

  get method(): string {
    return this.#parts.order.request.method;
  }

  start(): void {
    this.#transmit(this.#parts.bytes);
    this.#arm();
  }

  onResponse(reply: ReplyContext): void {
    const effects = this.#machine.onResponse(this.#engine.world.clock.now(), reply.message.status);
    this.#perform(effects, reply);
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    this.#perform(this.#machine.onDeadline(now), undefined);
  }

  #perform(effects: Effects, reply: ReplyContext | undefined): void {
    const { order, again, over } = this.#parts;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.#transmit(effect.bytes);
          break;
        case 'deliver':
          if (reply !== undefined && reply.message.status >= 200 && !again(reply.message)) {
            order.answered(reply.message.status, reply);
          }
          break;
        case 'timeout':
          order.answered(408, undefined);
          break;
        case 'terminated':
          if (effect.why === 'transport') order.answered(477, undefined);
          over();
          break;
        case 'ack':
        case 'unsent':
          break;
      }
    }
    this.#arm();
  }

  #transmit(bytes: Uint8Array): void {
    if (this.#engine.door.send(bytes, this.#flow, CAUSE) !== 'sent')
      this.#perform(this.#machine.onTransportError(), undefined);
  }

  #arm(): void {
    this.#timer = this.#engine.timers.set(this.#timer, this.#machine.deadline, this);
  }
}
