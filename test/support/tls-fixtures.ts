/** Certificates for tests: one CA, the servers `server` (sip.example.com, localhost, loopback) and `other`, a client. */
import { readFileSync } from 'node:fs';
import type { TlsOptions } from '../../src/world/world.ts';

const pem = (name: string): string => readFileSync(new URL(`./tls/${name}`, import.meta.url), 'utf8');

const pair = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });

const ca = pem('ca.pem');

export const certificates = { ca, server: pair('server'), other: pair('other'), client: pair('client') };

/** A server that asks clients for nothing. */
export const serverTls: TlsOptions = { ...certificates.server, ca, verify: false };

/** A client that trusts the test CA only. */
export const clientTls: TlsOptions = { ca, verify: true };
