/** Parts of selects that several of them share: parts of URIs, and elements of any header with their parameters. */
import type { PvValue } from '../../engine/module.ts';
import { parseCredentials } from '../../sip/credentials.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { Params } from '../../sip/params.ts';
import { parseUri, type SipUri, type Uri } from '../../sip/uri.ts';
import type { Context } from '../registry.ts';

export type Reader = (ctx: Context) => PvValue;

/** `via[1]`. */
export interface Segment {
  readonly name: string;
  readonly index: string | undefined;
}

/** `uri`, `uri.user`, `uri.params.transport`. */
export function uriSelect(
  [first, second, third]: readonly Segment[],
  of: (ctx: Context) => string | undefined,
): Reader | undefined {
  if (first === undefined) return (ctx) => of(ctx) ?? null;
  const read = third === undefined ? partOf(first.name, second?.name) : undefined;
  if (read === undefined) return undefined;
  return (ctx) => {
    const text = of(ctx);
    const uri = text === undefined ? undefined : parseUri(text);
    return uri === undefined ? null : read(uri);
  };
}

const sip =
  (read: (uri: SipUri) => string | undefined) =>
  (uri: Uri): string | null =>
    uri.kind === 'sip' ? (read(uri) ?? null) : null;

function partOf(name: string, param: string | undefined): ((uri: Uri) => string | null) | undefined {
  if (name === 'params') {
    return sip(({ params }) => (param === undefined ? params.toString().slice(1) || undefined : params.get(param)));
  }
  if (param !== undefined) return undefined;
  switch (name) {
    case 'type':
      return typeOf;
    case 'user':
      return (uri) => (uri.kind === 'tel' ? uri.number : uri.kind === 'sip' ? (uri.user ?? null) : null);
    case 'pwd':
      return sip(({ password }) => password);
    case 'host':
      return sip(({ host }) => host);
    case 'port':
      return sip(({ port }) => (port === undefined ? undefined : String(port)));
    case 'hostport':
      return sip(({ host, port = 5060 }) => `${host}:${port}`);
    case 'transport':
      return sip(({ params }) => params.get('transport'));
    default:
      return undefined;
  }
}

/** A SIP URI that stands for a telephone number is one, as in Kamailio. */
const typeOf = (uri: Uri): string => {
  if (uri.kind !== 'sip') return uri.kind === 'tel' ? 'tel' : uri.scheme;
  const phone = uri.params.get('user')?.toLowerCase() === 'phone';
  return phone ? (uri.scheme === 'sips' ? 'tels' : 'tel') : uri.scheme;
};

/** `@hf_value.contact[1].uri.user`: elements of list headers over all lines; `@hf_value2`: whole lines. */
export const elementsSelect =
  (unit: 'elements' | 'lines') =>
  ([header, ...rest]: readonly Segment[]): Reader | undefined => {
    if (header === undefined) return undefined;
    const name = header.name.replaceAll('_', '-');
    const { index } = header;
    const at = index === undefined || index === '*' ? undefined : Number(index);
    if (at !== undefined && !Number.isInteger(at)) return undefined;
    const read = elementPart(rest);
    if (read === undefined) return undefined;
    return (ctx) => {
      const { headers } = ctx.message;
      const all = unit === 'lines' ? headers.getAll(name) : headers.values(name);
      // Without an index a line is the first one, elements are all of them.
      const chosen = at === undefined ? (unit === 'lines' ? all.slice(0, 1) : all) : pick(all, at);
      const values = chosen.map((element) => read(element, ctx)).filter((value) => value !== null);
      return values.length === 0 ? null : values.join(',');
    };
  };

/** Counted from 1, or from the end as -1. */
function pick(values: readonly string[], index: number): readonly string[] {
  const value = index > 0 ? values[index - 1] : values.at(index);
  return index === 0 || value === undefined ? [] : [value];
}

type ReadElement = (element: string, ctx: Context) => PvValue;

function elementPart([first, second, ...more]: readonly Segment[]): ReadElement | undefined {
  if (first === undefined) return (element) => element;
  if (first.name === 'uri') {
    const parts = second === undefined ? [] : [second, ...more];
    if (uriSelect(parts, () => undefined) === undefined) return undefined;
    return (element, ctx) => uriSelect(parts, () => parseNameAddr(element)?.uri)?.(ctx) ?? null;
  }
  if (more.length > 0) return undefined;
  if (['p', 'param', 'params'].includes(first.name) && second !== undefined) return paramOf(second.name);
  if (second !== undefined) return undefined;
  return first.name === 'name' ? (element) => parseNameAddr(element)?.display ?? null : paramOf(first.name);
}

const CREDENTIALS = /^[A-Za-z]+[ \t]+[A-Za-z_-]+[ \t]*=/;

/** Of the element, not of a URI in brackets. */
function paramOf(name: string): ReadElement {
  const dashed = name.replaceAll('_', '-');
  return (element) => {
    const params = CREDENTIALS.test(element) ? parseCredentials(element)?.params : paramsBehind(element);
    return params?.get(name) ?? params?.get(dashed) ?? null;
  };
}

function paramsBehind(element: string): Params | undefined {
  const start = element.indexOf(';', element.lastIndexOf('>') + 1);
  return start < 0 ? undefined : Params.parse(element.slice(start));
}
