/** Any header by its name, and the headers that have a pseudo-variable of their own. */
import type { PvRef, PvValue } from '../../engine/module.ts';
import { parseExpires } from '../../sip/contact.ts';
import { H, type HeaderName, headerId } from '../../sip/header-names.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import type { Via } from '../../sip/via.ts';
import { displayText } from './addresses.ts';
import type { PvEnvironment } from './environment.ts';
import { elementAt } from './stacks.ts';
import { either, type MessageContext, number, type PvEntry, text } from './table.ts';
import { hostOf, userOf } from './uri-parts.ts';

/** Headers whose lines may hold several elements; the comma of any other is text. */
const LISTS: ReadonlySet<number> = new Set([
  H.Contact,
  H.Route,
  H.RecordRoute,
  H.Via,
  H.Diversion,
  H.PAssertedIdentity,
  H.PPreferredIdentity,
]);

const elements = ({ message }: MessageContext, name: string): string[] =>
  LISTS.has(headerId(name)) ? message.headers.values(name) : message.headers.getAll(name);

/** Index 0 without one, negative ones from the end, `*` joins all. */
function pick(values: readonly string[], index: PvRef['index']): PvValue {
  if (values.length === 0) return null;
  if (index === 'all') return values.join(',');
  return elementAt(values, index ?? 0) ?? null;
}

function header(ctx: MessageContext, { inner, index }: PvRef): PvValue {
  const { headers } = ctx.message;
  if (index === undefined || index === 0) return headers.get(inner) ?? null;
  return pick(headers.getAll(inner), index);
}

const body = (name: HeaderName, doc: string): PvEntry => text(doc, ({ message }) => message.headers.get(name) ?? null);

/** The address in the first element of a header. */
function addressIn(ctx: MessageContext, name: HeaderName, env: PvEnvironment) {
  const value = ctx.message.headers.firstValue(name);
  return value === undefined ? undefined : env.address.of(value);
}

const uriIn = (name: HeaderName, doc: string): PvEntry =>
  text(doc, (ctx, _, env) => addressIn(ctx, name, env)?.uri ?? null);

const paramIn = (name: HeaderName, param: string, doc: string): PvEntry =>
  text(doc, (ctx, _, env) => addressIn(ctx, name, env)?.params.get(param) ?? null);

function preferred(ctx: MessageContext, env: PvEnvironment) {
  const address = addressIn(ctx, H.PPreferredIdentity, env);
  return address === undefined ? undefined : env.otherUri.of(address.uri);
}

/** Over all contacts: their own expires, else the Expires header. Null when nothing says. */
function expires({ message }: MessageContext, which: string): number | null {
  const common = parseExpires(message.headers.get(H.Expires));
  let least = Number.POSITIVE_INFINITY;
  let most = -1;
  const count = (seconds: number | undefined): void => {
    if (seconds === undefined) return;
    least = Math.min(least, seconds);
    most = Math.max(most, seconds);
  };
  const contacts = message.headers.values(H.Contact);
  for (const contact of contacts) count(parseExpires(parseNameAddr(contact)?.params.get('expires')) ?? common);
  if (contacts.length === 0) count(common);
  if (most < 0) return null;
  if (which === 'min') return least;
  return which === 'max' ? most : null;
}

const CSEQ_DIGITS = /^\d+/;

function viaPart(via: Via | undefined, part: string): PvValue {
  if (via === undefined) return null;
  switch (part) {
    case 'host':
      return via.host;
    case 'port':
      return via.port ?? 0;
    case 'proto':
      return via.transport;
    case 'branch':
      return via.branch ?? null;
    case 'received':
      return via.received ?? null;
    case 'rport':
      return via.rport === true ? '' : via.rport === undefined ? null : String(via.rport);
    case 'params':
      return via.params.toString().slice(1);
    default:
      return null;
  }
}

const via = (index: number, doc: string): PvEntry =>
  either(doc, {
    inner: 'required',
    read: ({ message }, { inner }) => viaPart(index === 0 ? message.topVia : elementAt(message.vias, index), inner),
  });

export const headerFields = {
  hdr: text(
    'Body of the first header of this name, folds as one space; `[1]` the second, `[-1]` the last, `[*]` all.',
    {
      inner: 'required',
      read: header,
    },
  ),
  hdrc: number('How many lines of this header there are.', {
    inner: 'required',
    read: ({ message }, { inner }) => message.headers.count(inner),
  }),
  hfl: text('Element of a header that is a list (Contact, Route, Record-Route, Via, Diversion, identities).', {
    inner: 'required',
    read: (ctx, { inner, index }) => pick(elements(ctx, inner), index),
  }),
  hflc: number('How many elements of this header there are.', {
    inner: 'required',
    read: (ctx, { inner }) => elements(ctx, inner).length,
  }),
  ci: body(H.CallId, 'Call-ID.'),
  ct: body(H.Contact, 'Body of the first Contact.'),
  cT: body(H.ContentType, 'Content-Type.'),
  cl: number('Content-Length.', ({ message }) => parseExpires(message.headers.get(H.ContentLength)) ?? null),
  cs: text('Number of CSeq, as written.', ({ message }) => {
    const value = message.headers.get(H.CSeq);
    return value === undefined ? null : (CSEQ_DIGITS.exec(value)?.[0] ?? null);
  }),
  csb: body(H.CSeq, 'Body of CSeq.'),
  ua: body(H.UserAgent, 'User-Agent.'),
  rb: text('Body of the message.', ({ message }) => message.body),
  bs: number('Length of the body.', ({ message }) => message.body.length),
  rt: uriIn(H.ReferTo, 'URI of Refer-To.'),
  re: uriIn('Remote-Party-ID', 'URI of Remote-Party-ID.'),
  ai: uriIn(H.PAssertedIdentity, 'URI of P-Asserted-Identity.'),
  pu: uriIn(H.PPreferredIdentity, 'URI of P-Preferred-Identity.'),
  pU: text('User of P-Preferred-Identity.', (ctx, _, env) => userOf(preferred(ctx, env))),
  pd: text('Host of P-Preferred-Identity.', (ctx, _, env) => hostOf(preferred(ctx, env))),
  pn: text('Display name of P-Preferred-Identity.', ({ message }) =>
    displayText(message.headers.firstValue(H.PPreferredIdentity) ?? ''),
  ),
  di: uriIn(H.Diversion, 'URI of Diversion.'),
  dir: paramIn(H.Diversion, 'reason', 'Reason of Diversion.'),
  dip: paramIn(H.Diversion, 'privacy', 'Privacy of Diversion.'),
  dic: paramIn(H.Diversion, 'counter', 'Counter of Diversion.'),
  route_uri: text(
    'URI of the topmost Route; empty without one.',
    (ctx, _, env) => addressIn(ctx, H.Route, env)?.uri ?? '',
  ),
  expires: number('Lifetime that the contacts ask for: `min` or `max`.', {
    inner: 'required',
    read: (ctx, { inner }) => expires(ctx, inner),
  }),
  via0: via(0, 'Part of the topmost Via: `host`, `port`, `proto`, `branch`, `rport`, `received` or `params`.'),
  via1: via(1, 'Part of the second Via.'),
  viaZ: via(-1, 'Part of the last Via.'),
};
