/** The first line: method, Request-URI as it is now and as it came, status and reason. */
import type { SipRequest } from '../../sip/message.ts';
import type { Uri } from '../../sip/uri.ts';
import { asInteger, asText, either, type MessageContext, number, text, type WritePv } from './table.ts';
import { hostOf, portOf, kindOf, transportOf, userOf, withHost, withPort, withUser } from './uri-parts.ts';

const request = (ctx: MessageContext): SipRequest | undefined =>
  ctx.message.kind === 'request' ? ctx.message : undefined;

const uriOf = (ctx: MessageContext): Uri | undefined => request(ctx)?.parsedUri;

/** The Request-URI as it was received, whatever was done to it since. */
function receivedUri(ctx: MessageContext): string | undefined {
  const message = request(ctx);
  if (message === undefined) return undefined;
  const line = message.startLine;
  const end = message.version === '' ? line.length : line.length - message.version.length;
  return line.slice(message.method.length, end).trim();
}

const writeUri: WritePv = (ctx, _, value) => {
  const message = request(ctx);
  if (message !== undefined && value !== null && value !== '') message.uri = asText(value);
};

const writeUser: WritePv = (ctx, _, value) => {
  const message = request(ctx);
  const uri = message?.parsedUri;
  if (message === undefined || uri === undefined) return;
  message.uri = withUser(uri, value === null || value === '' ? undefined : asText(value));
};

const writeHost: WritePv = (ctx, _, value) => {
  const message = request(ctx);
  const uri = message?.parsedUri;
  if (message === undefined || uri === undefined || value === null || value === '') return;
  message.uri = withHost(uri, asText(value));
};

const writePort: WritePv = (ctx, _, value) => {
  const message = request(ctx);
  const uri = message?.parsedUri;
  const port = value === null || value === '' ? undefined : asInteger(value);
  const fits = port === undefined ? value === null || value === '' : port >= 0 && port <= 65_535;
  if (message !== undefined && uri !== undefined && fits) message.uri = withPort(uri, port);
};

const METHODS = ['INVITE', 'CANCEL', 'ACK', 'BYE', 'INFO', 'REGISTER', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'OPTIONS'];
const MORE_METHODS = ['PRACK', 'UPDATE', 'REFER', 'PUBLISH', 'KDMQ', 'GET', 'POST', 'PUT', 'DELETE'];
/** One bit each; of a method that it does not know Kamailio has the bit behind all others. */
const METHOD_NUMBERS: ReadonlyMap<string, number> = new Map(
  [...METHODS, ...MORE_METHODS].map((name, bit) => [name, 1 << bit]),
);
const methodNumber = (method: string): number =>
  METHOD_NUMBERS.get(method) ?? 1 << (METHODS.length + MORE_METHODS.length);

const uri = { read: (ctx: MessageContext) => request(ctx)?.uri ?? null, write: writeUri };

export const requestLine = {
  ru: text('Request-URI as it is now.', uri),
  ruri: text('The same as `$ru`.', uri),
  rU: text('User of the Request-URI; null where there is none.', {
    read: (ctx) => userOf(uriOf(ctx)),
    write: writeUser,
  }),
  'ruri.user': text('The same as `$rU`; in a script `$(ruri.user)`.', {
    read: (ctx) => userOf(uriOf(ctx)),
    write: writeUser,
  }),
  'ruri.domain': text('The same as `$rd`.', { read: (ctx) => hostOf(uriOf(ctx)), write: writeHost }),
  rUl: number('Length of the user of the Request-URI.', (ctx) => {
    const parsed = uriOf(ctx);
    return parsed === undefined ? null : (userOf(parsed)?.length ?? 0);
  }),
  rd: text('Host of the Request-URI.', { read: (ctx) => hostOf(uriOf(ctx)), write: writeHost }),
  rp: text('Port of the Request-URI, 5060 where none is written.', {
    read: (ctx) => portOf(uriOf(ctx)),
    write: writePort,
  }),
  rP: text('Transport parameter of the Request-URI, `UDP` where there is none.', (ctx) => transportOf(uriOf(ctx))),
  rz: text('Scheme of the Request-URI, `tel` for a SIP URI with user=phone.', (ctx) => kindOf(uriOf(ctx))),
  ou: text('Request-URI as it was received.', (ctx) => receivedUri(ctx) ?? null),
  ouri: text('The same as `$ou`.', (ctx) => receivedUri(ctx) ?? null),
  oU: text('User of the received Request-URI.', (ctx, _, env) => userOf(original(ctx, env))),
  oUl: number('Length of the user of the received Request-URI.', (ctx, _, env) => {
    const parsed = original(ctx, env);
    return parsed === undefined ? null : (userOf(parsed)?.length ?? 0);
  }),
  od: text('Host of the received Request-URI.', (ctx, _, env) => hostOf(original(ctx, env))),
  op: text('Port of the received Request-URI.', (ctx, _, env) => portOf(original(ctx, env))),
  oP: text('Transport parameter of the received Request-URI.', (ctx, _, env) => transportOf(original(ctx, env))),
  rm: text('Method; in a reply that of CSeq.', ({ message }) =>
    message.kind === 'request' ? message.method : (message.cseq?.method ?? null),
  ),
  rmid: number('Number that Kamailio has for that method.', ({ message }) =>
    methodNumber(message.kind === 'request' ? message.method : (message.cseq?.method ?? '')),
  ),
  rsi: number('Status code of a reply; 0 in a request.', ({ message }) =>
    message.kind === 'response' ? message.status : 0,
  ),
  rs: number('Status code of a reply; null in a request.', ({ message }) =>
    message.kind === 'response' ? message.status : null,
  ),
  rr: text('Reason phrase of a reply; null in a request.', ({ message }) =>
    message.kind === 'response' ? message.reason : null,
  ),
  rv: text('Version in the first line.', ({ message }) => message.version),
  mt: number('1 for a request, 2 for a reply.', ({ message }) => (message.kind === 'request' ? 1 : 2)),
  mts: text('`rq` for a request, `rp` for a reply.', ({ message }) => (message.kind === 'request' ? 'rq' : 'rp')),
  mi: number('Number of the message: every one that arrives has its own.', (ctx, _, env) => env.messageNumber(ctx)),
  ml: number('Length of the message as received.', ({ received }) => received.bytes.length),
  mb: text('The message as received.', ({ message }) => message.raw),
  mbu: text('The message as it would leave now.', ({ message }) => message.serialize().toString('latin1')),
  msg: either('The message as received: `len`, `buf`, `body`, `hdrs`, `fpart` or `lpart`.', {
    inner: 'required',
    read: (ctx, { inner }) => messagePart(ctx, inner),
  }),
};

function original(ctx: MessageContext, env: { readonly otherUri: { of(text: string): Uri | undefined } }) {
  const written = receivedUri(ctx);
  return written === undefined ? undefined : env.otherUri.of(written);
}

/** `fpart` ends, `hdrs` and `lpart` begin, where the first line and the blank line stand. */
function messagePart({ message, received }: MessageContext, part: string): string | number | null {
  const { raw } = message;
  const headers = raw.indexOf('\r\n') + 2;
  const blank = raw.indexOf('\r\n\r\n');
  const end = blank < 0 ? raw.length : blank;
  switch (part) {
    case 'len':
      return received.bytes.length;
    case 'buf':
      return raw;
    case 'body':
      return blank < 0 ? '' : raw.slice(blank + 4);
    case 'hdrs':
      return raw.slice(headers, end);
    case 'fpart':
      return raw.slice(0, end);
    case 'lpart':
      return raw.slice(headers);
    default:
      return null;
  }
}
