/** `{nameaddr.…}`, which cuts the first address out of a text, and `{tobody.…}`, which reads one address whole. */
import type { PvValue } from '../../../engine/module.ts';
import { elementEnd } from '../../../sip/elements.ts';
import { type NameAddr, parseNameAddr } from '../../../sip/name-addr.ts';
import { parseUri } from '../../../sip/uri.ts';
import { bracketAt, displayText } from '../addresses.ts';
import { hostOf, userOf } from '../uri-parts.ts';
import { plain, type Transformation } from './transformation.ts';

interface Cut {
  readonly name: string;
  readonly uri: string;
  readonly length: number;
}

/** Without brackets all of the text is the URI. */
function cut(text: string): Cut {
  const first = text.slice(0, elementEnd(text, 0));
  const less = bracketAt(first);
  const greater = less < 0 ? -1 : first.indexOf('>', less);
  if (greater < 0) return { name: '', uri: first, length: first.length };
  return { name: first.slice(0, less), uri: first.slice(less + 1, greater), length: greater + 1 };
}

const body = (read: (address: NameAddr, text: string) => PvValue): Transformation =>
  plain((text) => {
    const address = parseNameAddr(text);
    return address === undefined ? null : read(address, text);
  });

export const addressParts: Readonly<Record<string, Transformation>> = {
  'nameaddr.name': plain((text) => cut(text).name),
  'nameaddr.uri': plain((text) => cut(text).uri),
  'nameaddr.len': plain((text) => cut(text).length),
  'tobody.uri': body(({ uri }) => uri),
  'tobody.user': body(({ uri }) => userOf(parseUri(uri)) ?? ''),
  'tobody.host': body(({ uri }) => hostOf(parseUri(uri)) ?? ''),
  'tobody.tag': body(({ params }) => params.get('tag') ?? ''),
  'tobody.display': body((_, text) => displayText(text.trim()) ?? ''),
  'tobody.params': body(({ params }) => params.toString().replace(/^\s*;\s*/, '')),
};
