/** The checks behind `sanity_check`: each looks at one request and gives the reply that refuses it, or nothing. */
import type { ReplyOrder } from '../../engine/context.ts';
import { parseCredentials } from '../../sip/credentials.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { NameAddr } from '../../sip/name-addr.ts';
import { parseUri } from '../../sip/uri.ts';
import { unsupportedProxyRequire, unsupportedScheme } from '../../sip/verdict.ts';

interface Wanted {
  readonly checks: number;
  readonly uris: number;
  /** Option tags, in lower case. */
  readonly supported: readonly string[];
}

/** Schemes of a Request-URI that Kamailio lets through. */
const SCHEMES: readonly string[] = ['sip', 'sips', 'tel', 'tels', 'urn'];

/** The first fault in Kamailio's order. */
export function findFault(request: SipRequest, { checks, uris, supported }: Wanted): ReplyOrder | undefined {
  const has = (bit: number): boolean => (checks & bit) !== 0;
  return (
    (has(2) ? scheme(request) : undefined) ??
    (has(256) ? expires(request) : undefined) ??
    (has(512) ? proxyRequire(request, supported) : undefined) ??
    (has(1024) ? badUris(request, uris) : undefined) ??
    (has(2048) || has(8192) ? credentials(request) : undefined) ??
    (has(4096) ? repeatedTags(request) : undefined)
  );
}

const bad = (reason: string): ReplyOrder => ({ status: 400, reason });

/** RFC 3261 16.3 item 2: with a scheme that it does not understand "the proxy SHOULD reject the request with a 416". */
function scheme(request: SipRequest): ReplyOrder | undefined {
  if (unsupportedScheme(request, SCHEMES) === undefined) return undefined;
  return { status: 416, reason: 'Unsupported URI Scheme in Request URI' };
}

const DIGITS = /^\d{1,10}$/;
const MAX_SECONDS = 4_294_967_295;

function expires(request: SipRequest): ReplyOrder | undefined {
  const value = request.headers.get(H.Expires);
  if (value === undefined) return undefined;
  if (value === '') return bad('Bad Expires Header');
  return DIGITS.test(value) && Number(value) <= MAX_SECONDS ? undefined : bad('Expires value is illegal');
}

/** RFC 3261 16.3 item 5: "The response MUST include an Unsupported header field listing those option-tags". */
function proxyRequire(request: SipRequest, supported: readonly string[]): ReplyOrder | undefined {
  if (!request.headers.has(H.ProxyRequire)) return undefined;
  const tags = unsupportedProxyRequire(request, supported).filter((tag) => !supported.includes(tag.toLowerCase()));
  if (tags.length === 0) return undefined;
  return { status: 420, reason: 'Bad Proxy Require Extension', headers: [['Unsupported', tags.join(', ')]] };
}

function badUris(request: SipRequest, uris: number): ReplyOrder | undefined {
  if ((uris & 1) !== 0 && request.parsedUri === undefined) return bad('Bad Request URI');
  if ((uris & 2) !== 0 && isBad(request.from)) return bad('Bad From URI');
  if ((uris & 4) !== 0 && isBad(request.to)) return bad('Bad To URI');
  if ((uris & 8) === 0 || !request.headers.has(H.Contact)) return undefined;
  const { contacts } = request;
  if (contacts === undefined) return bad('Bad Contact Header');
  if (contacts.kind === 'list' && contacts.contacts.some(isBad)) return bad('Bad Contact URI');
  return undefined;
}

const isBad = (address: NameAddr | undefined): boolean => address === undefined || parseUri(address.uri) === undefined;

/** RFC 4475 section 3.3.7: credentials of a scheme that nobody here knows are as good as none, not an error. */
function credentials(request: SipRequest): ReplyOrder | undefined {
  for (const id of [H.Authorization, H.ProxyAuthorization]) {
    for (const value of request.headers.getAll(id)) {
      if (!DIGEST.test(value)) continue;
      const params = parseCredentials(value)?.params;
      if (params === undefined || NEEDED.some((name) => (params.get(name) ?? '') === '')) {
        return bad('Bad Auth Credentials');
      }
    }
  }
  return undefined;
}

const DIGEST = /^digest(?:[ \t]|$)/i;
const NEEDED: readonly string[] = ['username', 'realm', 'nonce', 'uri', 'response'];

function repeatedTags(request: SipRequest): ReplyOrder | undefined {
  if (tagCount(request.from) > 1) return bad('Many From Tag Params');
  return tagCount(request.to) > 1 ? bad('Many To Tag Params') : undefined;
}

const tagCount = (address: NameAddr | undefined): number =>
  address?.params.entries.filter(({ name }) => name.toLowerCase() === 'tag').length ?? 0;
