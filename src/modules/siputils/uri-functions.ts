/** URIs asked about and changed: the Request-URI and others, and texts that are numbers and names. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { PvPlace } from '../../engine/pv-value.ts';
import { headerId } from '../../sip/header-names.ts';
import { Params } from '../../sip/params.ts';
import { formatUri, parseUri, sameUri, type Uri } from '../../sip/uri.ts';

type Ctx = RequestContext | ReplyContext;

const paramsOf = (uri: Uri | undefined): Params | undefined =>
  uri === undefined || uri.kind === 'other' ? undefined : uri.params;

export function requestUriFunctions() {
  const change = ({ message }: RequestContext, changed: (params: Params) => Params | undefined): boolean => {
    const uri = message.parsedUri;
    if (uri === undefined || uri.kind === 'other') return false;
    const params = changed(uri.params);
    if (params !== undefined) message.uri = formatUri({ ...uri, params });
    return params !== undefined;
  };
  return {
    uriParam: ({ message }: RequestContext, name: string, value = '') =>
      paramsOf(message.parsedUri)?.get(name) === value,
    uriParamAny: ({ message }: RequestContext, name: string) => paramsOf(message.parsedUri)?.has(name) === true,
    getUriParam(ctx: RequestContext, name: string, to: PvPlace) {
      const value = paramsOf(ctx.message.parsedUri)?.get(name);
      if (value === undefined) return 'absent';
      to.write?.(ctx, value);
      return 'found';
    },
    addUriParam(ctx: RequestContext, text: string) {
      const [added, more] = Params.parse(`;${text}`)?.entries ?? [];
      if (added === undefined || more !== undefined) return 'malformed';
      const { name, value = '' } = added;
      return change(ctx, (params) => params.with(name, value)) ? 'added' : 'malformed';
    },
    uriParamRm(ctx: RequestContext, name: string) {
      const had = paramsOf(ctx.message.parsedUri)?.has(name);
      if (had === undefined) return 'malformed';
      change(ctx, (params) => params.without(name));
      return had ? 'removed' : 'absent';
    },
    isGruu(ctx: Ctx, text?: string) {
      const written = text ?? (ctx.message.kind === 'request' ? ctx.message.uri : '');
      const gr = paramsOf(parseUri(written))?.get('gr');
      if (gr === undefined) return 'none';
      return gr === '' ? 'temporary' : 'public';
    },
  } as const;
}

const E164 = /^\+\d{2,15}$/;
const SEPARATORS = /[-.()]/g;

export function uriFunctions() {
  return {
    isUri: (_: Ctx, text: string) => parseUri(text) !== undefined,
    isUriUserE164(_: Ctx, text: string) {
      const uri = parseUri(text);
      const user = uri?.kind === 'sip' ? uri.user : uri?.kind === 'tel' ? uri.number : undefined;
      return user !== undefined && E164.test(user);
    },
    cmpUri(_: Ctx, a: string, b: string) {
      const [one, other] = [parseUri(a), parseUri(b)];
      return one !== undefined && other !== undefined && sameUri(one, other);
    },
    cmpAor(_: Ctx, a: string, b: string) {
      const [one, other] = [parseUri(a), parseUri(b)];
      if (one?.kind !== 'sip' || other?.kind !== 'sip') return false;
      return one.user === other.user && one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port;
    },
    tel2sip(ctx: Ctx, text: string, host: string, to: PvPlace) {
      const uri = parseUri(text);
      if (uri === undefined) return 'malformed';
      if (uri.kind !== 'tel') return 'other';
      const number = uri.number.replace(SEPARATORS, '');
      to.write?.(ctx, `sip:${number}${uri.params.toString()}@${host};user=phone`);
      return 'made';
    },
    setUriUser: (ctx: Ctx, place: PvPlace, user: string) =>
      rewrite(ctx, place, (uri) => ({ ...uri, user: user === '' ? undefined : user })),
    setUriHost: (ctx: Ctx, place: PvPlace, host: string) =>
      host === '' ? 'malformed' : rewrite(ctx, place, (uri) => ({ ...uri, host })),
  } as const;
}

type SipUri = Extract<Uri, { readonly kind: 'sip' }>;

function rewrite(ctx: Ctx, place: PvPlace, change: (uri: SipUri) => SipUri): 'set' | 'malformed' {
  const uri = parseUri(String(place.read(ctx) ?? ''));
  if (uri?.kind !== 'sip') return 'malformed';
  place.write?.(ctx, formatUri(change(uri)));
  return 'set';
}

export function textFunctions() {
  return {
    isE164: (_: Ctx, text: string) => E164.test(text),
    isTelNumber: (_: Ctx, text: string) => /^\+?\d+$/.test(text),
    isNumeric: (_: Ctx, text: string) => /^\d+$/.test(text),
    isAlphanum: (_: Ctx, text: string) => /^[A-Za-z0-9]+$/.test(text),
    isAlphanumex: (_: Ctx, text: string, others: string) =>
      text !== '' &&
      text
        .replace(/[A-Za-z0-9]+/g, '')
        .split('')
        .every((char) => others.includes(char)),
    cmpHdrName(_: Ctx, a: string, b: string) {
      const id = headerId(a);
      return id === headerId(b) && (id !== 0 || a.toLowerCase() === b.toLowerCase());
    },
  } as const;
}
