/** The `lookup` of our sockets: hands an IP literal back at once. A name never reaches DNS through a socket. */
import { isIP } from 'node:net';

type Callback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

export function literalLookup(host: string, _options: unknown, callback: Callback): void {
  const family = isIP(host);
  if (family === 0) callback(Object.assign(new Error(`${host} is not an IP address`), { code: 'EINVAL' }), '', 0);
  else callback(null, host, family);
}
