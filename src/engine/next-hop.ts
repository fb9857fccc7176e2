/**
 * From a URI to the flow a request leaves on: RFC 3263 for the addresses, then one of our listeners that can reach them.
 * An address literal or a cached name is answered at once, without a promise.
 */
import { hostAddress, parseUri, type Uri } from '../sip/uri.ts';
import type { Flow, Listener, Transport } from '../transport/flow.ts';
import type { LocatedTarget, Locator } from '../transport/locate.ts';
import type { FlowOptions, TransportLayer } from '../transport/transport-layer.ts';
import type { NextHop } from './context.ts';

/** Why there is no flow, with the final reply that Kamailio's tm gives for it. */
export interface NoHop {
  readonly kind: 'none';
  readonly status: number;
  readonly reason: string;
}

export interface Hop {
  readonly kind: 'hop';
  readonly flow: Flow;
  /** Further addresses of the same name, tried in turn when this one fails. */
  readonly others: readonly LocatedTarget[];
}

export type HopResult = Hop | NoHop;

const UNRESOLVABLE: NoHop = { kind: 'none', status: 478, reason: 'Unresolvable destination (478/TM)' };
const NO_SOCKET: NoHop = {
  kind: 'none',
  status: 500,
  reason: "I'm terribly sorry, server error occurred (7/TM)",
};
const NO_CONNECTION: NoHop = {
  kind: 'none',
  status: 477,
  reason: 'Unfortunately error on sending to next hop occurred (477/TM)',
};
const BAD_URI: NoHop = {
  kind: 'none',
  status: 479,
  reason: 'Regretfully, we were not able to process the URI (479/TM)',
};

export class NextHops {
  readonly #transport: TransportLayer;
  readonly #locator: Locator;

  constructor(transport: TransportLayer, locator: Locator) {
    this.#transport = transport;
    this.#locator = locator;
  }

  /**
   * `uri` is the Request-URI, undefined when it is none; `destination` may overrule it; `came` is the flow the request came on. With `noConnect`
   * no connection is opened.
   */
  resolve(
    uri: Uri | undefined,
    destination: NextHop,
    came: Flow | undefined,
    noConnect = false,
  ): HopResult | Promise<HopResult> {
    if (destination.flow !== undefined) return { kind: 'hop', flow: destination.flow, others: [] };
    const target = destination.uri === undefined ? uri : parseUri(destination.uri);
    if (target === undefined) return BAD_URI;
    if (target.kind !== 'sip') return UNRESOLVABLE;
    const named = target.params.get('transport')?.toLowerCase();
    if (named !== undefined && !isTransport(named)) return UNRESOLVABLE;
    const located = this.#locator.locate({
      host: hostAddress(target.params.get('maddr') ?? target.host),
      port: target.port,
      transport: named,
      secure: target.scheme === 'sips',
    });
    const from = destination.listener ?? came?.listener;
    if (located instanceof Promise) {
      return located.then((found) =>
        found.kind === 'targets' ? this.first(found.targets, from, noConnect) : UNRESOLVABLE,
      );
    }
    return located.kind === 'targets' ? this.first(located.targets, from, noConnect) : UNRESOLVABLE;
  }

  /** The first of these addresses that one of our listeners reaches. */
  first(targets: readonly LocatedTarget[], from: Listener | undefined, noConnect = false): HopResult {
    for (let index = 0; index < targets.length; index++) {
      const target = targets[index];
      const flow = target && this.#transport.flowTo(target.transport, target, flowOptions(target, from, noConnect));
      if (flow !== undefined) return { kind: 'hop', flow, others: targets.slice(index + 1) };
    }
    return noConnect ? NO_CONNECTION : NO_SOCKET;
  }
}

/** The name matters to TLS alone: the peer's certificate has to show it. */
function flowOptions(
  { transport, servername }: LocatedTarget,
  from: Listener | undefined,
  noConnect: boolean,
): FlowOptions {
  const named = transport === 'tls' && servername !== undefined ? { servername } : NO_OPTIONS;
  const options = from === undefined ? named : { ...named, from };
  return noConnect ? { ...options, existing: true } : options;
}

const NO_OPTIONS: FlowOptions = {};

const isTransport = (name: string): name is Transport =>
  name === 'udp' || name === 'tcp' || name === 'tls' || name === 'ws' || name === 'wss';
