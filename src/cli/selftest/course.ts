/** Where the calls of the self test go: through a proxy that it starts, or through one that runs already. */
import type { Endpoint } from '../../world/world.ts';
import { parseIp } from '../../util/ip.ts';
import { UsageError } from '../exit-code.ts';
import type { Course } from './caller.ts';
import { show } from './wire-view.ts';

/** The Request-URI leads to the proxy, and its routes know the next hop. */
export const intoProxy = (proxy: Endpoint): Course => ({ uriOf: (user) => `sip:${user}@${show(proxy)}`, routes: [] });

/** The Request-URI leads to the callee; the proxy is passed on the way (RFC 3261 section 8.1.2: a preloaded Route). */
export const throughProxy = (proxy: Endpoint, callee: Endpoint): Course => ({
  uriOf: (user) => `sip:${user}@${show(callee)}`,
  routes: [{ uri: `sip:${show(proxy)};lr` }],
});

/** Loopback only: what the agents hear must come from a proxy of this machine. */
export function readLoopback(flag: string, text: string): Endpoint {
  const [, host = '', portText = ''] = /^(?:udp:)?([\d.]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(portText);
  if (parseIp(host)?.length !== 4 || port < 1 || port > 65_535) {
    throw new UsageError(`${flag} ${text}: write an IPv4 address and a port, as in ${flag} 127.0.0.1:5060`);
  }
  if (!host.startsWith('127.')) {
    throw new UsageError(`${flag} ${text}: the self test stays on this machine, give an address of 127.0.0.0/8`);
  }
  return { address: host, port };
}
