/** Between our words for TLS and those of node:tls: what a context is made of, and what came of a handshake. */
import type { Certificate, PeerCertificate, SecureContextOptions, TLSSocket } from 'node:tls';
import type { TlsCertificate, TlsOptions, TlsSession } from '../world.ts';

/** The parts of the options that are there; Node tells `undefined` from absent. */
export function contextOf(tls: TlsOptions | undefined): SecureContextOptions {
  if (tls === undefined) return {};
  const { cert, key, ca, crl, ciphers, minVersion, maxVersion } = tls;
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    ...(crl !== undefined && { crl }),
    ...(ciphers !== undefined && { ciphers }),
    ...(minVersion !== undefined && { minVersion }),
    ...(maxVersion !== undefined && { maxVersion }),
  };
}

/** undefined before the handshake is done, and after the socket was closed. */
export function sessionOf(socket: TLSSocket): TlsSession | undefined {
  const version = socket.getProtocol();
  if (version === null) return undefined;
  const asked: unknown = socket.servername;
  return {
    version,
    cipher: socket.getCipher().name,
    serverName: typeof asked === 'string' && asked !== '' ? asked : undefined,
    verified: socket.authorized,
    peer: certificateOf(socket.getPeerCertificate()),
    own: certificateOf(socket.getCertificate()),
  };
}

/** Node gives an empty object for none. */
function certificateOf(found: PeerCertificate | object | null): TlsCertificate | undefined {
  if (found === null || !('subject' in found)) return undefined;
  return {
    subject: namesOf(found.subject),
    issuer: namesOf(found.issuer),
    serial: found.serialNumber,
    notBefore: found.valid_from,
    notAfter: found.valid_to,
  };
}

/** A name may come several times: the first one counts. */
const namesOf = (name: Certificate): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(name).flatMap(([key, value]: [string, unknown]) => {
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return typeof first === 'string' ? [[key, first]] : [];
    }),
  );
