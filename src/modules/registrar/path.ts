/** Path (RFC 3327): the proxies between a registered device and us, kept with its binding and used as Route to it. */
import { splitElements } from '../../sip/elements.ts';
import { H } from '../../sip/header-names.ts';
import type { Headers } from '../../sip/headers.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { parseUri, unescapeUri } from '../../sip/uri.ts';

/** Bytes of all Path headers of a request. */
export const MAX_PATH = 1_024;

export type Path =
  | {
      readonly kind: 'path';
      /** All hops, as they stood there. */
      readonly text: string;
      /** What the hop next to the device says of where it is (`;received=`); '' when it does not. */
      readonly received: string;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' };

export function pathOf(headers: Headers): Path {
  const text = headers.getAll(H.Path).join(',');
  if (!headers.has(H.Path)) return { kind: 'none' };
  const [first, ...others] = splitElements(text).map(uriOf);
  if (first === undefined || others.includes(undefined) || text.length > MAX_PATH) return { kind: 'malformed' };
  const uri = parseUri(first);
  const received = uri?.kind === 'sip' ? uri.params.get('received') : undefined;
  return { kind: 'path', text, received: unescapeUri(received ?? '') };
}

export interface Way {
  /** Where to send. */
  readonly hop: string;
  /** The Route to put on the request. */
  readonly route: string;
}

/** The way along a Path; `isOurs` leaves out a first hop that is ourselves. undefined when nothing is left. */
export function wayAlong(path: string, isOurs: (uri: string) => boolean): Way | undefined {
  const hops = splitElements(path);
  const first = uriOf(hops[0] ?? '');
  const rest = first !== undefined && isOurs(first) ? hops.slice(1) : hops;
  const hop = uriOf(rest[0] ?? '');
  return hop === undefined ? undefined : { hop, route: rest.length === hops.length ? path : rest.join(', ') };
}

/** The URI of a hop; only SIP proxies can be one. */
function uriOf(element: string): string | undefined {
  const uri = parseNameAddr(element)?.uri;
  return uri !== undefined && parseUri(uri)?.kind === 'sip' ? uri : undefined;
}
