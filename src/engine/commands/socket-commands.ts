/** The commands about sockets, names and connections, with the answers of Kamailio. */
import type { Flow } from '../../transport/flow.ts';
import type { ConnectionState, ConnectionStatus } from '../../transport/connections.ts';
import type { TransportLimits } from '../../transport/limits.ts';
import type { TransportLayer } from '../../transport/transport-layer.ts';
import type { Commands } from '../command.ts';

/** Kamailio's state names. */
const states: Readonly<Record<ConnectionState, string>> = {
  waiting: 'CONN_INIT',
  opening: 'CONN_INIT',
  open: 'CONN_OK',
  closing: 'CONN_EOF',
  closed: 'CONN_BAD',
};

export interface Sockets {
  readonly engine: { readonly transport: TransportLayer };
  readonly acceptAliases: boolean;
}

export function socketCommands({ engine: { transport }, acceptAliases }: Sockets): Commands {
  return {
    'core.sockets_list': {
      doc: 'The sockets that SIP is received on.',
      run: () => transport.listeners.map((listener) => ({ socket: socketOf(listener) })),
    },
    'core.aliases_list': {
      doc: 'Further names of this proxy. `*`: any.',
      run: () => ({
        myself_callbacks: transport.claimsNames ? 'yes' : 'no',
        aliases: transport.aliases.map(({ host, port }) => ({
          alias: { proto: '*', address: host, port: port ?? '*' },
        })),
      }),
    },
    'core.tcp_list': { doc: 'The connections.', run: () => transport.connections().map(shownConnection) },
    'core.tcp_info': {
      doc: 'How many connections there are, and may be. TCP and TLS share one limit and one reader.',
      run: () => tcpInfo(transport),
    },
    'core.tcp_options': {
      doc: 'Limits of connections, in seconds and bytes, and their manners. What the system decides is not shown.',
      run: () => tcpOptions(transport.limits, acceptAliases),
    },
    'core.udp4_raw_info': {
      doc: 'Nothing is sent over raw sockets.',
      run: () => ({ udp4_raw: 0, udp4_raw_mtu: 0, udp4_raw_ttl: 0 }),
    },
  };
}

const socketOf = ({ transport, local, advertised, name }: Flow['listener']) => ({
  proto: transport,
  address: local.address,
  ipaddress: local.address,
  port: String(local.port),
  ...(advertised !== undefined && { advertise: `${advertised.host}:${advertised.port ?? local.port}` }),
  ...(name !== undefined && { name }),
  mcast: 'no',
  mhomed: 'no',
  virtual: 'no',
});

/** Source and destination as Kamailio has them: the peer, and ourselves. */
const shownConnection = ({ flow, state, idleSeconds, lifeSeconds }: ConnectionStatus) => ({
  id: flow.connection,
  type: flow.transport.toUpperCase(),
  state: states[state],
  timeout: idleSeconds,
  lifetime: lifeSeconds,
  ref_count: 1,
  src_ip: flow.remote.address,
  src_port: flow.remote.port,
  dst_ip: flow.local.address,
  dst_port: flow.local.port,
});

function tcpInfo(transport: TransportLayer) {
  const open = transport.connections();
  const max = transport.limits.connections;
  return {
    readers: 1,
    max_connections: max,
    max_tls_connections: max,
    opened_connections: open.length,
    opened_tls_connections: open.filter(({ flow }) => flow.transport === 'tls').length,
    write_queued_bytes: open.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
  };
}

const tcpOptions = (limits: TransportLimits, acceptAliases: boolean) => ({
  connect_timeout: limits.connectMs / 1000,
  send_timeout: limits.writeMs / 1000,
  connection_lifetime: limits.idleMs / 1000,
  'max_connections(soft)': limits.connections,
  'max_tls_connections(soft)': limits.connections,
  no_connect: 0,
  async: 1,
  wq_max: limits.writeBufferBytes,
  crlf_ping: 1,
  accept_aliases: acceptAliases ? 1 : 0,
});
