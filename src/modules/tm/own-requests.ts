/** `t_uac_send` and its kin over RPC: requests that nobody asked us to relay, and what came of them. */
import type { ReplyContext } from '../../engine/context.ts';
import type { Answered, LocalRequests } from '../../engine/local-requests.ts';
import type { Log } from '../../engine/log.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import { REASONS } from '../../sip/reasons.ts';
import type { TmCore } from './core.ts';
import { type Described, ownRequest } from './own-request.ts';

/** Runs on every request of our own before it leaves. */
const LOCAL_REQUEST = 'tm:local-request';

export class OwnRequests {
  readonly #core: TmCore;
  readonly #requests: LocalRequests;

  constructor(core: TmCore, requests: LocalRequests) {
    this.#core = core;
    this.#requests = requests;
  }

  /** A text says why it was not sent. */
  send(described: Described, answered: Answered): 'sent' | 'full' | 'dropped' | { readonly refused: string } {
    const { engine, log, routes, settings } = this.#core;
    const random = (): string => Buffer.from(engine.world.random.bytes(8)).toString('hex');
    const { listeners } = engine.transport;
    const made = ownRequest(described, { callId: random(), tag: random(), listeners });
    if (made.kind === 'refused') return { refused: made.why };
    const { request, target, listener } = made;
    const route = routes.event?.[LOCAL_REQUEST];
    const { timers, frTimerMs, frInvTimerMs } = settings;
    const prepare = route && { route, log };
    return this.#requests.send({
      module: 'tm',
      request,
      target,
      listener,
      prepare,
      timers: { timers, frTimerMs, frInvTimerMs },
      answered,
    });
  }

  /** `tm.t_uac_start`: says only whether it was sent. */
  start(params: readonly (string | number)[]): object {
    this.#ask(params, () => undefined);
    return {};
  }

  /** `tm.t_uac_wait`: the final reply, in Kamailio's six parts. */
  wait(params: readonly (string | number)[]): Promise<readonly (string | number)[]> {
    return new Promise((resolve) => this.#ask(params, (status, reply) => resolve(partsOf(status, reply))));
  }

  /** `tm.t_uac_wait_block`: its status and reason. */
  waitBlock(params: readonly (string | number)[]): Promise<object> {
    return new Promise((resolve) =>
      this.#ask(params, (status, reply) => resolve({ code: status, text: reasonOf(status, reply) })),
    );
  }

  #ask(params: readonly (string | number)[], answered: Answered): void {
    if (params.length < 5) throw new RpcFault(400, `too few parameters (${-params.length}/5)`);
    const [method = '', uri = '', nextHop = '', socket = '', headers = '', body = ''] = params.map(String);
    const outcome = this.send({ method, uri, nextHop, socket, headers, body }, answered);
    if (typeof outcome === 'object') throw new RpcFault(400, outcome.refused);
    if (outcome === 'full') throw new RpcFault(500, 'RPC/UAC error');
    if (outcome === 'dropped') answered(0, undefined);
  }
}

/** Of a script: why it was not sent goes to the log. */
export function sendOwn(own: OwnRequests, log: Log, [method, uri, nextHop, socket, headers, body]: SixTexts) {
  const outcome = own.send({ method, uri, nextHop, socket, headers, body }, () => undefined);
  if (typeof outcome !== 'object') return outcome;
  log.write('error', 'a request of our own was not sent', { why: outcome.refused });
  return 'malformed';
}

type SixTexts = readonly [string, string, string, string, string, string];

const reasonOf = (status: number, reply: ReplyContext | undefined): string =>
  reply?.message.reason ?? REASONS[status] ?? '';

/** Status, reason; of a dialog that began its target, next hop and route; the headers of the reply. */
function partsOf(status: number, reply: ReplyContext | undefined): readonly (string | number)[] {
  const first = [status, reasonOf(status, reply)];
  if (reply === undefined) return [...first, '', '', '', ''];
  const { message, received } = reply;
  const text = Buffer.from(received.bytes).toString('latin1');
  const headers = text.slice(text.indexOf('\r\n') + 2);
  const contacts = message.contacts?.kind === 'list' ? message.contacts.contacts : [];
  const target = status < 300 ? contacts[0]?.uri : undefined;
  if (target === undefined) return [...first, '', '', '', headers];
  const routes = (message.recordRoutes ?? []).toReversed().map(({ uri }) => uri);
  const shown = routes.length === 0 ? '' : `Route: ${routes.map((uri) => `<${uri}>`).join(', ')}`;
  return [...first, target, routes[0] ?? target, shown, headers];
}
