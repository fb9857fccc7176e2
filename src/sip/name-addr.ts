/**
 * Addresses as they stand in From, To, Contact, Route and their like: `"display" <uri>;params` or `uri;params`
 * (RFC 3261 sections 20.10 and 25.1).
 */
import { splitElements } from './elements.ts';
import { Params, PLAIN_PARAMS, plainValue } from './params.ts';
import { quote, quotedEnd, unquote } from './quoted.ts';
import { isBlank, skipSpace, trimSpace } from './white-space.ts';

export interface NameAddr {
  /** Without quotes and escapes. */
  readonly display?: string | undefined;
  /** The text between the brackets, or the bare URI. */
  readonly uri: string;
  /** Of the header, not of the URI. */
  readonly params: Params;
}

/** What every message is asked about its From and its To. */
export interface Tagged {
  /** `''` for a tag without a value; undefined without a tag. */
  readonly tag: string | undefined;
}

const LESS = 0x3c;
/** As nearly all From and To are written: the first `>` ends the URI, and behind it `;` and `=` always separate. */
const USUAL = new RegExp(`^(?:"[^"\\\\<>]*" ?)?<[A-Za-z][A-Za-z0-9+.-]*:[^\\s<>"]+>${PLAIN_PARAMS}$`);
/** Words without quotes; more than tokens, because many phones write names with umlauts, dots or parentheses. */
const WORDS = /^[^",;:<>@\\]*(?=<)/;
const URI_TEXT = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/;
const ADDR_SPEC = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>",;?]+$/;

/** The tag of an address, which is looked at and not taken apart; undefined when the text is none, or more than one. */
export function parseTagged(text: string): Tagged | undefined {
  if (USUAL.test(text)) return { tag: plainValue(text, 'tag', text.indexOf('>') + 2) };
  const address = parseNameAddr(text);
  return address === undefined ? undefined : { tag: address.params.get('tag') };
}

/** Reads exactly one address; undefined when the text is none, or more than one. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const trimmed = trimSpace(text);
  const less = trimmed.indexOf('<');
  if (less < 0) return parseAddrSpec(trimmed);
  if (less === 0) return parseBracketed(trimmed, 0);
  if (trimmed.startsWith('"')) {
    const end = quotedEnd(trimmed, 0);
    const bracket = skipBlanks(trimmed, end);
    if (end < 0 || trimmed.charCodeAt(bracket) !== LESS) return undefined;
    return parseBracketed(trimmed, bracket, unquote(trimmed.slice(0, end)));
  }
  const words = WORDS.exec(trimmed)?.[0];
  if (words === undefined) return parseAddrSpec(trimmed);
  return parseBracketed(trimmed, words.length, trimSpace(words));
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

function parseBracketed(text: string, less: number, display?: string): NameAddr | undefined {
  const greater = text.indexOf('>', less);
  if (greater < 0) return undefined;
  const uri = text.slice(less + 1, greater);
  const params = Params.parse(text.slice(skipSpace(text, greater + 1)));
  if (params === undefined || !URI_TEXT.test(uri)) return undefined;
  return { display, uri, params };
}

/** "If the URI is not enclosed in angle brackets, any semicolon-delimited parameters are header-parameters" (section 20.10). */
function parseAddrSpec(text: string): NameAddr | undefined {
  const semicolon = text.indexOf(';');
  const uri = trimSpace(semicolon < 0 ? text : text.slice(0, semicolon));
  if (!ADDR_SPEC.test(uri)) return undefined;
  const params = semicolon < 0 ? Params.none : Params.parse(text.slice(semicolon));
  return params === undefined ? undefined : { display: undefined, uri, params };
}

/** Undefined when one of the elements is no address, or when there is none. */
export function parseNameAddrList(text: string): NameAddr[] | undefined {
  const list: NameAddr[] = [];
  for (const element of splitElements(text)) {
    const address = parseNameAddr(element);
    if (address === undefined) return undefined;
    list.push(address);
  }
  return list.length === 0 ? undefined : list;
}

export function formatNameAddr(address: NameAddr): string {
  const display = address.display === undefined || address.display === '' ? '' : `${quote(address.display)} `;
  return `${display}<${address.uri}>${address.params.toString()}`;
}
