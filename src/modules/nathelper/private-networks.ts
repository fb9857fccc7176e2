/** Addresses that nobody reaches from outside: RFC 1918, RFC 6598 and RFC 7335. */
import { parseIp } from '../../util/ip.ts';

/** IPv4 only, as in Kamailio: false for everything that is no IPv4 literal. `wide` takes all of 192.0.0.0/24 for private, else 192.0.0.0/29. */
export function isPrivate(host: string, wide: boolean): boolean {
  const bytes = parseIp(host);
  if (bytes?.length !== 4) return false;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (a === 10) return true;
  if (a === 172) return b >= 16 && b <= 31;
  if (a === 100) return b >= 64 && b <= 127;
  return a === 192 && (b === 168 || (b === 0 && c === 0 && (wide || d < 8)));
}
