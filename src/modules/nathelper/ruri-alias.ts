/**
 * Takes the alias off a Request-URI and makes it the destination: the way back to who registered or called from behind a
 * NAT. An alias was written by a proxy like this one, but a peer may have made it up, so it names an address, never a host.
 */
import type { RequestContext } from '../../engine/context.ts';
import type { SipMessage } from '../../sip/message.ts';
import { hostAddress, parseUri, readPort } from '../../sip/uri.ts';
import { isIp } from '../../util/ip.ts';
import { transportOf } from './source-address.ts';

export type RuriAlias = 'routed' | 'none' | 'malformed';

/** `last`: of several aliases the one that was added last. Nothing is changed when it is malformed. */
export function routeByAlias(
  { message, destination }: RequestContext,
  name: string,
  which: 'first' | 'last',
): RuriAlias {
  const uri = message.parsedUri;
  if (uri?.kind !== 'sip') return 'none';
  const { entries } = uri.params;
  const matches = (entry: (typeof entries)[number]): boolean => entry.name.toLowerCase() === name.toLowerCase();
  const at = which === 'first' ? entries.findIndex(matches) : entries.findLastIndex(matches);
  const alias = entries[at]?.value;
  if (at < 0 || alias === undefined || alias === '') return 'none';
  const target = targetOf(alias);
  if (target === undefined) return 'malformed';
  const params = entries
    .filter((_, index) => index !== at)
    .map((entry) => (entry.value === undefined ? `;${entry.name}` : `;${entry.name}=${entry.value}`))
    .join('');
  const text = message.uri;
  const hostEnd = text.length - uri.params.toString().length - (uri.headers === undefined ? 0 : uri.headers.length + 1);
  message.uri = `${text.slice(0, hostEnd)}${params}${uri.headers === undefined ? '' : `?${uri.headers}`}`;
  destination.uri = target;
  return 'routed';
}

/** The URI that the alias of the first Contact means; undefined when there is none. */
export function aliasTarget({ contacts }: SipMessage, name: string): string | undefined {
  if (contacts?.kind !== 'list') return undefined;
  const uri = parseUri(contacts.contacts[0]?.uri ?? '');
  return uri?.kind === 'sip' ? targetOf(uri.params.get(name) ?? '') : undefined;
}

function targetOf(alias: string): string | undefined {
  const [host = '', portText = '', number = '', ...more] = alias.split('~');
  const port = readPort(portText);
  const transport = transportOf(number);
  if (more.length > 0 || port === undefined || port === 0 || transport === undefined) return undefined;
  if (!isIp(hostAddress(host)) || host.includes(':') !== host.startsWith('[')) return undefined;
  return `sip:${host}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}`;
}
