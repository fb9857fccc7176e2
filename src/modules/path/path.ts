/**
 * path: adds this proxy to the Path of a REGISTER, so that calls to the contact come back through it (RFC 3327). The
 * header is written when the request leaves, because only then its socket is known. Same forms as Kamailio's path.
 */
import type { AtSend, RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { int, str } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import type { Headers } from '../../sip/headers.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Flow, Transport } from '../../transport/flow.ts';
import type {} from '../rr/api.ts';

const args = [
  str({ optional: true, doc: 'User of the URI.' }),
  str({ optional: true, doc: 'Further parameters of the URI, `name=value`.' }),
] as const;
const returns = { added: 1, malformed: -1, full: -1 } as const;

/** Path headers that one request gets here. */
export const MAX_PATHS = 8;

const DEFAULT_PORT = 5060;

export const path = defineModule(
  {
    name: 'path',
    doc: 'Path of a REGISTER (RFC 3327).',
    params: {
      enable_r2: int({
        default: 0,
        min: 0,
        max: 1,
        doc: 'Two headers: for the socket it leaves from, and for the one it came to.',
      }),
      received_format: int({
        default: 0,
        min: 0,
        max: 1,
        doc: 'Source as an escaped URI (0), or as address~port~transport (1).',
      }),
      received_name: str({ default: 'received', doc: 'Name of the parameter with the source.' }),
      use_received: int({
        default: 0,
        min: 0,
        max: 1,
        doc: 'A request goes to the source that our own Route says; needs rr. Whoever writes such a Route chooses where it goes.',
      }),
      sockname_mode: int({ default: 0, min: 0, max: 1, doc: 'Add the name of the listener as `sn`.' }),
    },
    functions: {
      add: { cfg: ['add_path'], routes: ['request'], args, returns, doc: 'Adds a Path.' },
      addReceived: {
        cfg: ['add_path_received'],
        routes: ['request'],
        args,
        returns,
        doc: 'Adds a Path that says where the request came from.',
      },
    },
  },
  (host) => {
    const { params } = host;
    const counts = host.slot<number>('count');
    const twice = params.enable_r2 === 1;
    const named = params.sockname_mode === 1;
    const add = (ctx: RequestContext, user: string, more: string, received: string): keyof typeof returns => {
      const head = user === '' ? '' : `${user}@`;
      const tail = `;lr${received}${more === '' ? '' : `;${more.replace(/^;/, '')}`}${twice ? ';r2=on' : ''}`;
      if (!isUri(`sip:${head}h${tail}`, user)) return 'malformed';
      const count = counts.of(ctx.exchange) ?? 0;
      if (count >= MAX_PATHS) return 'full';
      counts.put(ctx.exchange, count + 1);
      const came = ctx.received.flow;
      const write: AtSend = {
        edit({ headers }, out) {
          if (twice) put(headers, `<sip:${head}${address(came, named)}${tail}>`);
          put(headers, `<sip:${head}${address(out, named)}${tail}>`);
        },
      };
      // What is asked for first is written last, and so stands on top, as in Kamailio.
      ctx.atSend = [write, ...ctx.atSend];
      return 'added';
    };
    const source = (flow: Flow): string => {
      const value = params.received_format === 1 ? sourceAlias(flow) : escapedSource(flow);
      return `;${params.received_name}=${value}`;
    };
    return {
      async start() {
        if (params.use_received === 0) return;
        const rr = host.use('rr');
        rr.onLooseRoute((ctx) => {
          const uri = sourceIn(rr.param(ctx, params.received_name) ?? '', params.received_format);
          if (uri !== undefined) ctx.destination.uri = uri;
        });
      },
      functions: {
        add: (ctx, user = '', more = '') => add(ctx, user, more, ''),
        addReceived: (ctx, user = '', more = '') => add(ctx, user, more, source(ctx.received.flow)),
      },
    };
  },
);

/** Above the Paths that are there; behind all headers where there is none. */
function put(headers: Headers, value: string): void {
  if (headers.has(H.Path)) headers.insertBefore(H.Path, H.Path, value);
  else headers.append(H.Path, value);
}

/** The user and nothing else stands before the host, parameters and nothing else behind it. */
function isUri(text: string, user: string): boolean {
  const uri = parseUri(text);
  return uri?.kind === 'sip' && uri.host === 'h' && uri.headers === undefined && (uri.user ?? '') === user;
}

/** Like in Record-Route: port 5060 is left out, unless the address is an advertised one. */
function address({ listener, transport }: Flow, named: boolean): string {
  const { host, port } = listener.sentBy;
  const hidden = port === DEFAULT_PORT && listener.advertised === undefined && transport !== 'tls';
  const proto = transport === 'udp' ? '' : `;transport=${transport}`;
  const name = named && listener.name !== undefined ? `;sn=${listener.name}` : '';
  return `${hidden ? host : `${host}:${port}`}${proto}${name}`;
}

const NUMBERS: Readonly<Record<Transport, number>> = { udp: 1, tcp: 2, tls: 3, ws: 5, wss: 6 };

/** The URI that a source stands for; undefined when it is none. */
function sourceIn(value: string, format: number): string | undefined {
  const text = format === 1 ? aliasUri(value) : unescaped(value);
  return text !== undefined && parseUri(text)?.kind === 'sip' ? text : undefined;
}

function aliasUri(value: string): string | undefined {
  const [, host = '', port = '', number = ''] = ALIAS.exec(value) ?? [];
  const [transport] = Object.entries(NUMBERS).find(([, known]) => String(known) === number) ?? [];
  if (transport === undefined) return undefined;
  return `sip:${host}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}`;
}

const ALIAS = /^([^~]+)~(\d{1,5})~(\d)$/;

const unescaped = (value: string): string =>
  value.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const hostText = (text: string): string => (text.includes(':') ? `[${text}]` : text);

const sourceAlias = ({ remote, transport }: Flow): string =>
  `${hostText(remote.address)}~${remote.port}~${NUMBERS[transport]}`;

/** A URI as the value of a parameter: its own semicolons and equal signs are escaped. */
const escapedSource = ({ remote, transport }: Flow): string =>
  `sip:${hostText(remote.address)}:${remote.port}${transport === 'udp' ? '' : `%3Btransport%3D${transport}`}`;
