/** The pinger of a program: made when usrloc is there to tell whom to ping, stopped with its program. */
import type { ResponseClaim } from '../../engine/claim.ts';
import { Exchange } from '../../engine/exchange.ts';
import type { Host } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import { ViaductError } from '../../errors.ts';
import type { SipResponse } from '../../sip/message.ts';
import type { Listener } from '../../transport/flow.ts';
import { parseListenAddress } from '../../transport/listen-address.ts';
import type { declaration } from './declaration.ts';
import { Pinger } from './pinger.ts';

/** The table of usrloc whose contacts are pinged. */
const TABLE = 'location';

export class Pings {
  readonly #host: Host<typeof declaration>;
  readonly #socket: (listener: Listener) => boolean;
  #pinger: Pinger | undefined = undefined;

  constructor(host: Host<typeof declaration>) {
    this.#host = host;
    const { params } = host;
    const sip = params.sipping_bflag >= 0 && params.natping_interval > 0;
    if (sip && (params.sipping_from ?? '') === '') {
      throw new ViaductError('PARAM_VALUE', 'nathelper.sipping_from is needed for SIP pings (sipping_bflag is set)');
    }
    this.#socket = socketOf(params.force_socket);
  }

  async start(): Promise<void> {
    const { params, engine, stats, world } = this.#host;
    if (params.natping_interval === 0) return;
    const usrloc = this.#host.use('usrloc');
    if (params.ping_nated_only === 1 && usrloc.natFlag === 0) {
      throw new ViaductError('PARAM_VALUE', 'nathelper.ping_nated_only needs a flag to go by: set usrloc.nat_bflag');
    }
    const settings = {
      method: params.sipping_method,
      from: params.sipping_from ?? '',
      secret: this.#host.state('ping secret', () => Buffer.from(world.random.bytes(9)).toString('base64url')),
      intervalSeconds: params.natping_interval,
      onlyFlags: params.ping_nated_only === 1 ? usrloc.natFlag : 0,
      neverFlags: bit(params.natping_disable_bflag),
      sipFlags: bit(params.sipping_bflag),
      timeoutMs: params.keepalive_timeout * 1000,
      isSocket: this.#socket,
    };
    this.#pinger = new Pinger(settings, { location: usrloc.location(TABLE), engine, counters: stats });
    this.#pinger.start();
  }

  async stop(): Promise<void> {
    this.#pinger?.stop();
  }

  claim(response: SipResponse): ResponseClaim | undefined {
    if (this.#pinger?.answered(response) !== true) return undefined;
    return { exchange: new Exchange(), request: undefined, takeResponse: () => undefined };
  }

  enable(on: boolean): void {
    if (this.#pinger === undefined) throw new RpcFault(500, 'NATping disabled');
    this.#pinger.enabled = on;
  }
}

const bit = (number: number): number => (number < 0 ? 0 : 1 << number);

/** Sockets are opened after modules have started, so what is asked for is kept, and looked for when it is needed. */
function socketOf(text: string | undefined): (listener: Listener) => boolean {
  if (text === undefined) return () => false;
  const parsed = parseListenAddress(/^[a-z]+:/i.test(text) ? text : `udp:${text}`);
  if (parsed.kind === 'malformed') throw new ViaductError('PARAM_VALUE', `nathelper.force_socket: ${parsed.message}`);
  const { transport, address, port } = parsed.spec;
  return ({ transport: own, local }) => own === transport && local.address === address && local.port === port;
}
