/** Errors of the operating system and of OpenSSL, turned into the values of `world.ts`. */
import type { SocketFault } from '../world.ts';

/** The other side, or its host, said no; everything else is our system's doing. */
const peerCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ECONNABORTED']);

export function faultOf(error: unknown): SocketFault {
  if (!(error instanceof Error)) return { by: 'system', code: 'UNKNOWN', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  // A certificate that does not verify and a broken handshake are about what the other side presented.
  const fromPeer = peerCodes.has(code) || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || isVerdict(code);
  return { by: fromPeer ? 'peer' : 'system', code, message: error.message };
}

export const localFault = (code: string, message: string): SocketFault => ({ by: 'local', code, message });

/** OpenSSL's names for a certificate that it refuses: CERT_HAS_EXPIRED, SELF_SIGNED_CERT_IN_CHAIN, UNABLE_TO_... */
const isVerdict = (code: string): boolean => code.includes('CERT') || code.startsWith('UNABLE_TO_');
