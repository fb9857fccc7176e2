/** corex: small functions that Kamailio's core has only through this module, the socket to send from before all. */
import type { RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { list, str } from '../../engine/spec.ts';
import type { Listener } from '../../transport/flow.ts';
import { parseListenAddress } from '../../transport/listen-address.ts';

const requests = ['request', 'branch', 'failure', 'branch_failure'] as const;

export const corex = defineModule(
  {
    name: 'corex',
    doc: 'Sockets and flags of the core.',
    params: {
      alias_subdomains: list({
        default: [],
        doc: 'Has no effect, and says so at the start: subdomains are not taken for ours.',
      }),
    },
    functions: {
      setSendSocket: {
        cfg: ['set_send_socket'],
        routes: requests,
        args: [str({ doc: '`proto:address:port` of a listener.' })],
        returns: { set: 1, unknown: -1 },
        doc: 'Sends from this listener.',
      },
      setSendSocketName: {
        cfg: ['set_send_socket_name'],
        routes: requests,
        args: [str({ doc: 'Name of a listener.' })],
        returns: { set: 1, unknown: -1 },
        doc: 'Sends from the listener of this name.',
      },
      isSocketName: {
        cfg: ['is_socket_name'],
        routes: [...requests, 'reply', 'onreply', 'event'],
        args: [str({ doc: 'Name of a listener.' })],
        returns: 'boolean',
        doc: 'Whether a listener has this name.',
      },
      hasRuriUser: {
        cfg: ['has_ruri_user'],
        routes: requests,
        args: [],
        returns: 'boolean',
        doc: 'Whether the Request-URI has a user.',
      },
      hasUserAgent: {
        cfg: ['has_user_agent'],
        routes: [...requests, 'reply', 'onreply', 'event'],
        args: [],
        returns: 'boolean',
        doc: 'Whether there is a User-Agent that says something.',
      },
    },
    rpc: {
      'corex.list_sockets': { doc: 'Listeners.' },
      'corex.list_aliases': { doc: 'Further names of this proxy; port 0 is any.' },
    },
  },
  ({ params, log, engine: { transport } }) => {
    return {
      functions: {
        setSendSocket: (ctx, text) => sendFrom(ctx, listenerAt(transport.listeners, text)),
        setSendSocketName: (ctx, name) =>
          sendFrom(
            ctx,
            transport.listeners.find((listener) => listener.name === name),
          ),
        isSocketName: (_, name) => transport.listeners.some((listener) => listener.name === name),
        hasRuriUser({ message }) {
          const uri = message.parsedUri;
          return uri?.kind === 'sip' && (uri.user ?? '') !== '';
        },
        hasUserAgent: ({ message }) => (message.headers.get('User-Agent') ?? '') !== '',
      },
      async start() {
        if (params.alias_subdomains.length > 0)
          log.write('warn', 'alias_subdomains has no effect: list each name as an alias');
      },
      rpc: {
        'corex.list_sockets': () => transport.listeners.map(shownSocket),
        'corex.list_aliases': () =>
          transport.aliases.map(({ host, port }) => ({ PROTO: '*', ADDR: host, PORT: port ?? 0 })),
      },
    };
  },
);

function sendFrom(
  { destination }: RequestContext,
  listener: RequestContext['destination']['listener'],
): 'set' | 'unknown' {
  if (listener === undefined) return 'unknown';
  destination.listener = listener;
  return 'set';
}

/** `proto:address:port`, as the listener was asked for. */
function listenerAt(listeners: readonly Listener[], text: string): Listener | undefined {
  const parsed = parseListenAddress(text);
  if (parsed.kind === 'malformed') return undefined;
  const { transport, address, port } = parsed.spec;
  return listeners.find(
    (listener) =>
      listener.transport === transport && listener.local.address === address && listener.local.port === port,
  );
}

/** With `-` for what there is none of, as Kamailio writes it. */
const shownSocket = ({ transport, local, advertised, name }: Listener) => ({
  PROTO: transport,
  NAME: local.address,
  ADDRLIST: { ADDR: local.address },
  PORT: String(local.port),
  MCAST: 'no',
  MHOMED: 'no',
  VIRTUAL: 'no',
  SOCKNAME: name ?? '-',
  ADVERTISE: advertised === undefined ? '-' : `${advertised.host}:${advertised.port ?? local.port}`,
});
