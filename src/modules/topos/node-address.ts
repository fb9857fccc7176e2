/**
 * sn_refresh_topology: a dialog that another node began gets this node's addresses in its masked Contacts and own Routes,
 * so that the peers come here. `sn` names the socket; without it the one is taken that the message came by.
 */
import { parseNameAddr } from '../../sip/name-addr.ts';
import { formatUri, hostAddress, parseUri, type SipUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { defaultPort } from '../../transport/listen-address.ts';
import type { TransportLayer } from '../../transport/transport-layer.ts';
import { isIp } from '../../util/ip.ts';
import type { Dialog } from './dialog.ts';
import type { Side } from './keys.ts';

type OwnSockets = Pick<TransportLayer, 'isLocal' | 'listeners'>;

const SIDES: readonly Side[] = ['a', 'b'];

/** Whether anything was rewritten. `came`: the listener that a message of the dialog came by. */
export function refreshAddress(dialog: Dialog, sockets: OwnSockets, came: Listener): boolean {
  let changed = false;
  for (const side of SIDES) {
    const face = dialog.faces[side];
    if (face?.kind !== 'masked') continue;
    const uri = moved(face.uri, sockets, came);
    if (uri === undefined) continue;
    dialog.faces[side] = { kind: 'masked', uri };
    changed = true;
  }
  const routes = dialog.ownRoutes.map((route) => movedRoute(route, sockets, came));
  if (routes.every((route, i) => route === dialog.ownRoutes[i])) return changed;
  dialog.ownRoutes = routes;
  return true;
}

function movedRoute(route: string, sockets: OwnSockets, came: Listener): string {
  const old = parseNameAddr(route)?.uri;
  const uri = old === undefined ? undefined : moved(old, sockets, came);
  return old === undefined || uri === undefined ? route : route.replace(old, () => uri);
}

/** undefined for what stays: names, which DNS moves, and addresses that are ours already. */
function moved(text: string, sockets: OwnSockets, came: Listener): string | undefined {
  const uri = parseUri(text);
  if (uri?.kind !== 'sip' || !isIp(hostAddress(uri.host))) return undefined;
  const port = uri.port ?? defaultPort(transportOf(uri));
  if (sockets.isLocal(hostAddress(uri.host), port)) return undefined;
  return at(uri, listenerFor(uri, port, sockets.listeners) ?? came);
}

function listenerFor(uri: SipUri, port: number, listeners: readonly Listener[]): Listener | undefined {
  const name = uri.params.get('sn');
  const named = name === undefined ? undefined : listeners.find((listener) => listener.name === name);
  const transport = transportOf(uri);
  return named ?? listeners.find((listener) => listener.transport === transport && listener.sentBy.port === port);
}

const transportOf = ({ params, scheme }: SipUri): Listener['transport'] => {
  const name = params.get('transport')?.toLowerCase();
  if (name === 'tcp' || name === 'tls' || name === 'ws' || name === 'wss') return name;
  return scheme === 'sips' ? 'tls' : 'udp';
};

/** The URI at another socket; port and transport are left out where they go without saying. */
function at(uri: SipUri, { sentBy, transport }: Listener): string {
  const params = transport === 'udp' ? uri.params.without('transport') : uri.params.with('transport', transport);
  const port =
    sentBy.port === defaultPort('udp') && uri.scheme === 'sip' && transport !== 'tls' ? undefined : sentBy.port;
  return formatUri({ ...uri, host: sentBy.host, port, params });
}
