/** What is about the server and not the message, and what the message has beside its headers: counts, bytes, the way of a reply. */
import type { PvRef, PvValue } from '../../engine/module.ts';
import type { PvEnvironment } from './environment.ts';
import { asInteger, asText, either, type MessageContext, number, type PvEntry, requestOf, text } from './table.ts';
import { bracketed, PROTOCOLS } from './transport.ts';
import { storeOf } from './xavp.ts';

/** What `$ksr(x)` says: the Kamailio whose language this is. */
const LANGUAGE = { ver: '5.6.3', verval: 5_006_003 } as const;

const COUNTED = /^\s*\$(?:(avp|xavp|xavu|xavi)\(([^()]+)\)|\((avp|xavp|xavu|xavi)\(([^()]+)\)(?:\[[^\]]*\])?\))\s*$/;

/** How many values a stack has. */
function count(ctx: MessageContext, { inner }: PvRef, env: PvEnvironment): PvValue {
  const [, plain, plainName = '', bracketedKind, bracketedName = ''] = COUNTED.exec(inner) ?? [];
  const kind = plain ?? bracketedKind;
  const written = (plain === undefined ? bracketedName : plainName).trim();
  if (kind === undefined) return null;
  if (kind === 'avp') return ctx.state.avps.get(written.replace(/^s:/, ''))?.length ?? 0;
  const root = /^[^[\]=>\s]+/.exec(written)?.[0] ?? '';
  const store = kind === 'xavp' ? storeOf(ctx, env) : storeOf(ctx, env, kind === 'xavu' ? 'xavu' : 'xavi');
  return store?.get(root)?.length ?? 0;
}

/** Where a reply goes: to whom the second Via names. */
function replyTarget({ message }: MessageContext, part: string): PvValue {
  if (message.kind !== 'response') return null;
  const via = message.vias[1];
  switch (part) {
    case 'cntvia':
      return message.vias.length;
    case 'cntrr':
      return message.headers.values('Record-Route').length;
  }
  if (via === undefined) return null;
  const host = via.received ?? via.host;
  const port = typeof via.rport === 'number' ? via.rport : (via.port ?? 5060);
  const transport = via.transport.toLowerCase();
  switch (part) {
    case 'duri':
      return `sip:${bracketed(host)}:${port};transport=${transport}`;
    case 'dhost':
      return host;
    case 'dport':
      return port;
    case 'dproto':
      return transport;
    case 'dprotoid':
      return Object.entries(PROTOCOLS).find(([name]) => name === transport)?.[1] ?? 0;
    default:
      return null;
  }
}

/** `group.name` as `cfg.get` and `cfg.set` take it. */
const groupAndName = (inner: string): [group: string, name: string] => {
  const dot = inner.indexOf('.');
  return [inner.slice(0, Math.max(dot, 0)).trim(), inner.slice(dot + 1).trim()];
};

const none = (doc: string): PvEntry => text(`Accepted: ${doc} Always null.`, () => null);

export const server = {
  pp: number('Number of the process: 1, there is one.', () => 1),
  sid: number('Number of the server: 0.', () => 0),
  ksr: either('Version of the language: `ver` as text, `verval` as a number.', {
    inner: 'required',
    read: (_, { inner }) => (inner === 'ver' ? LANGUAGE.ver : inner === 'verval' ? LANGUAGE.verval : null),
  }),
  ccp: either('Parameter `group.name` as RPC `cfg.get` shows it; assigning is `cfg.set`.', {
    inner: 'required',
    read: (_, { inner }, env) => env.parts.parameter(...groupAndName(inner)),
    write: (_, { inner }, value, env) => env.parts.setParameter(...groupAndName(inner), value === null ? '' : value),
  }),
  cnt: number('How many values `$avp(x)`, `$xavp(x)`, `$xavu(x)` or `$xavi(x)` has.', {
    inner: 'required',
    raw: true,
    read: count,
  }),
  msgbuf: text('One character of the message as received, by its index.', {
    inner: 'required',
    read: ({ message }, { inner }) => message.raw[asInteger(inner) ?? -1] ?? null,
  }),
  rpl: either(
    'Where a reply goes: `duri`, `dhost`, `dport`, `dproto`, `dprotoid`; `cntvia` and `cntrr` count its headers.',
    {
      inner: 'required',
      read: (ctx, { inner }) => replyTarget(ctx, inner),
    },
  ),
  ruid: text('Name in the location table of the contact that lookup() has put into the Request-URI.', (ctx, _, env) =>
    located(ctx, env, 'ruid'),
  ),
  location_ua: text('User-Agent with which that contact registered.', (ctx, _, env) => located(ctx, env, 'userAgent')),
  'err.class': none('errors of the parser never reach a route.'),
  'err.level': none('errors of the parser never reach a route.'),
  'err.info': none('errors of the parser never reach a route.'),
  'err.rcode': none('errors of the parser never reach a route.'),
  'err.rreason': none('errors of the parser never reach a route.'),
};

function located(ctx: MessageContext, env: PvEnvironment, part: 'ruid' | 'userAgent'): PvValue {
  const request = requestOf(ctx);
  const found = request === undefined ? undefined : env.parts.state.located.get(request.state);
  const value = found?.[part];
  return value === undefined || value === '' ? null : asText(value);
}
