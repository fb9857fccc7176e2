/** Changes to parts of a Request-URI, as Kamailio's rewrite functions make them. */
import type { RequestContext } from '../../engine/context.ts';
import { formatUri, parseUri, readHostPort, readPort, type SipUri } from '../../sip/uri.ts';

export type Edited = 'changed' | 'malformed';

/** Changes parts of the URI; `malformed` when it is no SIP URI, or would not be one any more. */
export function editUri({ message }: RequestContext, edit: (uri: SipUri) => SipUri | undefined): Edited {
  const uri = message.parsedUri;
  const changed = uri?.kind === 'sip' ? edit(uri) : undefined;
  return changed === undefined ? 'malformed' : setUri(message, formatUri(changed));
}

export function setUri(message: RequestContext['message'], text: string): Edited {
  if (parseUri(text) === undefined) return 'malformed';
  message.uri = text;
  return 'changed';
}

/** A URI without a user has no password either. */
export const withUser = (uri: SipUri, user: string): SipUri =>
  user === '' ? { ...uri, user: undefined, password: undefined } : { ...uri, user };

export function withUserAndPassword(uri: SipUri, text: string): SipUri {
  const colon = text.indexOf(':');
  if (colon < 0) return { ...withUser(uri, text), password: undefined };
  return { ...uri, user: text.slice(0, colon), password: text.slice(colon + 1) };
}

export function withHostPort(uri: SipUri, text: string): SipUri | undefined {
  const found = readHostPort(text);
  return found && { ...uri, host: found.host, port: found.port };
}

/** `host:port;transport=tcp`: what stands there replaces host, port and transport. */
export function withHostPortTransport(uri: SipUri, text: string): SipUri | undefined {
  const semicolon = text.indexOf(';');
  const changed = withHostPort(uri, semicolon < 0 ? text : text.slice(0, semicolon));
  if (changed === undefined) return undefined;
  const kept = uri.params.toString().replace(/;transport=[^;]*/gi, '');
  const read = parseUri(`sip:h${semicolon < 0 ? '' : text.slice(semicolon)}${kept}`);
  return read?.kind === 'sip' ? { ...changed, params: read.params } : undefined;
}

export function withPort(uri: SipUri, text: string): SipUri | undefined {
  const port = text === '' ? undefined : readPort(text);
  return text !== '' && port === undefined ? undefined : { ...uri, port };
}

const NUMBER = /^\+?[0-9.()-]+$/;

export function asPhone(uri: SipUri): SipUri | undefined {
  if (uri.user === undefined || !NUMBER.test(uri.user) || uri.params.has('user')) return uri;
  const read = parseUri(`sip:h${uri.params.toString()};user=phone`);
  return read?.kind === 'sip' ? { ...uri, params: read.params } : undefined;
}
