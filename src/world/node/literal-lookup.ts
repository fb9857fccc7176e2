/** The `lookup` of our sockets: hands an IP literal back at once. A name never reaches DNS through a socket. */
import { isIP } from 'node:net';

type Callback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** Literals that one socket remembers, so that it reads each only once. */
const MAX_KNOWN = 1_000;

export function literalLookup(): (host: string, options: unknown, callback: Callback) => void {
  const known = new Map<string, number>();
  const learn = (host: string): number => {
    const family = isIP(host);
    if (known.size < MAX_KNOWN) known.set(host, family);
    return family;
  };
  return (host, _options, callback) => {
    const family = known.get(host) ?? learn(host);
    if (family === 0) callback(Object.assign(new Error(`${host} is not an IP address`), { code: 'EINVAL' }), '', 0);
    else callback(null, host, family);
  };
}
