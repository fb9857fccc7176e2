/** The parts of a URI as pseudo-variables show them, and the URI with another part in its place. */
import { formatUri, type Uri } from '../../sip/uri.ts';

/** For tel the number. */
export function userOf(uri: Uri | undefined): string | null {
  if (uri === undefined) return null;
  if (uri.kind === 'tel') return uri.number;
  return uri.kind === 'sip' ? (uri.user ?? null) : null;
}

export const hostOf = (uri: Uri | undefined): string | null => (uri?.kind === 'sip' ? uri.host : null);

/** 5060 where none is written, whatever the scheme: so it is in Kamailio. It is text there as well. */
export function portOf(uri: Uri | undefined): string | null {
  if (uri === undefined) return null;
  return uri.kind === 'sip' && uri.port !== undefined ? String(uri.port) : '5060';
}

/** As written; `UDP` where the URI does not say. */
export function transportOf(uri: Uri | undefined): string | null {
  if (uri === undefined) return null;
  return (uri.kind === 'sip' ? uri.params.get('transport') : undefined) ?? 'UDP';
}

export function schemeOf(uri: Uri | undefined): string | null {
  if (uri === undefined) return null;
  return uri.kind === 'tel' ? 'tel' : uri.scheme;
}

/** What Kamailio takes a URI for: one that stands for a telephone number is `tel`, or `tels`. */
export function kindOf(uri: Uri | undefined): string | null {
  const phone = uri?.kind === 'sip' && uri.params.get('user')?.toLowerCase() === 'phone';
  return phone ? (uri.scheme === 'sips' ? 'tels' : 'tel') : schemeOf(uri);
}

/** Without a user there is no password either. */
export function withUser(uri: Uri, user: string | undefined): string {
  switch (uri.kind) {
    case 'sip':
      return formatUri({ ...uri, user, password: user === undefined ? undefined : uri.password });
    case 'tel':
      return user === undefined ? formatUri(uri) : formatUri({ ...uri, number: user });
    case 'other':
      return formatUri(uri);
  }
}

/** A telephone number gets a host by becoming a SIP URI (RFC 3261 section 19.1.6). */
export function withHost(uri: Uri, host: string): string {
  switch (uri.kind) {
    case 'sip':
      return formatUri({ ...uri, host });
    case 'tel':
      return `sip:${uri.number}@${host};user=phone`;
    case 'other':
      return formatUri(uri);
  }
}

export function withPort(uri: Uri, port: number | undefined): string {
  return uri.kind === 'sip' ? formatUri({ ...uri, port }) : formatUri(uri);
}
