/** Another display name or URI in From or To. The tag and all other parameters stay: dialogs are known by their tags. */
import type { Headers } from '../../sip/headers.ts';
import type { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { parseUri } from '../../sip/uri.ts';

export interface Replacement {
  /** As it is to stand there, quotes included; empty for none; undefined leaves what is there. */
  readonly display: string | undefined;
  /** Empty leaves what is there. */
  readonly uri: string;
}

/** The display name and URI of another header of this name; the parameters stay. */
export function withAddressOf(headers: Headers, id: typeof H.From | typeof H.To, other: string): void {
  const field = headers.field(id);
  const params = field === undefined ? undefined : parseNameAddr(field.value)?.params.toString();
  const theirs = parseNameAddr(other);
  if (field === undefined || params === undefined || theirs === undefined) return;
  const less = other.lastIndexOf(`<${theirs.uri}>`);
  const address = less < 0 ? `<${theirs.uri}>` : other.slice(0, less + theirs.uri.length + 2);
  headers.replaceField(field, `${address}${params}`);
}

/** Nothing is written that would not be read as what was asked for. */
export function replaceAddress(
  { headers }: SipRequest,
  id: typeof H.From | typeof H.To,
  { display, uri }: Replacement,
): 'replaced' | 'malformed' {
  const field = headers.field(id);
  const old = field === undefined ? undefined : parseNameAddr(field.value);
  if (field === undefined || old === undefined) return 'malformed';
  if (uri !== '' && parseUri(uri) === undefined) return 'malformed';
  const less = field.value.lastIndexOf(`<${old.uri}>`);
  const shown = display ?? (less < 0 ? '' : field.value.slice(0, less).trimEnd());
  const wanted = uri === '' ? old.uri : uri;
  const value = `${shown === '' ? '' : `${shown} `}<${wanted}>${old.params.toString()}`;
  const read = parseNameAddr(value);
  if (read?.uri !== wanted || read.params.toString() !== old.params.toString()) return 'malformed';
  headers.replaceField(field, value);
  return 'replaced';
}
