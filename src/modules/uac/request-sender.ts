/** uac_req_send: makes a request of `$uac_req`, sends it, and runs the event route on what came back. */
import { ReplyContext, type RequestContext } from '../../engine/context.ts';
import { Exchange, type Slot } from '../../engine/exchange.ts';
import { internalRequest } from '../../engine/internal-request.ts';
import type { LocalRequests } from '../../engine/local-requests.ts';
import type { Host, PvBinding } from '../../engine/module.ts';
import { runRoute } from '../../engine/run-route.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import type { Listener } from '../../transport/flow.ts';
import { parseListenAddress } from '../../transport/listen-address.ts';
import { listenerAt } from '../../transport/listener-choice.ts';
import { answerChallenge, type Secret } from './challenge-answer.ts';
import type { declaration } from './declaration.ts';
import { isRequestField, requestOf, type RequestSpec } from './request-spec.ts';

const EVENT = 'uac:reply';
/** Runs on every request that we send of our own accord. */
const LOCAL_REQUEST = 'tm:local-request';

type UacHost = Host<typeof declaration>;

export class RequestSender {
  readonly #host: UacHost;
  readonly #requests: LocalRequests;
  readonly #secrets: ReadonlyMap<string, Secret>;
  readonly #specs: Slot<RequestSpec>;

  constructor(host: UacHost, parts: { requests: LocalRequests; secrets: ReadonlyMap<string, Secret> }) {
    this.#host = host;
    this.#requests = parts.requests;
    this.#secrets = parts.secrets;
    this.#specs = host.slot('request');
  }

  get variable(): PvBinding {
    return {
      read: ({ exchange }, { inner }) =>
        isRequestField(inner) ? (this.#specs.of(exchange)?.get(inner) ?? null) : null,
      write: ({ exchange }, { inner }, value) => {
        const spec = this.#specs.of(exchange) ?? new Map();
        this.#specs.put(exchange, spec);
        if (inner === 'all') spec.clear();
        else if (isRequestField(inner)) {
          if (value === null) spec.delete(inner);
          else spec.set(inner, String(value));
        }
      },
    };
  }

  send({ exchange }: RequestContext | ReplyContext): 'sent' | 'malformed' | 'full' | 'dropped' {
    const { stats, log, routes } = this.#host;
    const spec: RequestSpec = new Map(this.#specs.of(exchange) ?? []);
    const request = requestOf(spec, { callId: randomText(this.#host), tag: randomText(this.#host) });
    const listener = this.#listener(spec.get('sock'));
    if (request === undefined || listener === 'unknown') return 'malformed';
    const [user, password] = [spec.get('auser'), spec.get('apasswd')];
    const secretOf = (realm: string): Secret | undefined =>
      user === undefined || password === undefined ? this.#secrets.get(realm) : { user, password };
    const answered = (status: number, reply: ReplyContext | undefined): void => {
      stats.answered.value++;
      if (spec.get('evroute') === '1') this.#runEvent(spec, status, reply);
    };
    const route = routes.event?.[LOCAL_REQUEST];
    const outcome = this.#requests.send({
      module: 'uac',
      request,
      target: spec.get('ouri'),
      listener,
      prepare: route && { route, log },
      retry: (asked, response) => this.#credited(asked, response, secretOf),
      answered,
    });
    if (outcome === 'sent') stats.sent.value++;
    return outcome;
  }

  /** The request once more, with credentials, when the reply is a challenge that we have a secret for. */
  #credited(
    asked: SipRequest,
    response: SipResponse,
    secretOf: (realm: string) => Secret | undefined,
  ): SipRequest | undefined {
    if (response.status !== 401 && response.status !== 407) return undefined;
    const answer = answerChallenge(asked, response, secretOf, randomText(this.#host));
    if (answer === undefined) return undefined;
    const request = asked.fork();
    request.headers.append(answer.header, answer.value);
    request.headers.set(H.CSeq, `${(asked.cseq?.number ?? 1) + 1} ${asked.method}`);
    return request;
  }

  #listener(text: string | undefined): Listener | 'unknown' | undefined {
    if (text === undefined || text === '') return undefined;
    const parsed = parseListenAddress(text);
    const found =
      parsed.kind === 'malformed' ? undefined : listenerAt(this.#host.engine.transport.listeners, parsed.spec);
    return found ?? 'unknown';
  }

  /** On the reply where there is one, else on a message that stands for it. */
  #runEvent(spec: RequestSpec, status: number, reply: ReplyContext | undefined): void {
    const { routes, engine, log } = this.#host;
    const route = routes.event?.[EVENT];
    if (route === undefined) return;
    const ctx = reply === undefined ? internalRequest(engine) : eventOf(reply);
    const kind = reply === undefined ? '2' : '1';
    this.#specs.put(ctx.exchange, new Map([...spec, ['evcode', String(status)], ['evtype', kind]]));
    void runRoute(log, EVENT, () => route(ctx));
  }
}

const eventOf = ({ message, received }: ReplyContext): ReplyContext =>
  new ReplyContext({ message, received, exchange: new Exchange(), request: undefined }, 'event');

export const randomText = ({ world }: UacHost): string => Buffer.from(world.random.bytes(8)).toString('hex');
