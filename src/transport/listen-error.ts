/** Why a proxy cannot listen where it was told to, in words for the operator. */
import { SocketFaultError } from '../world/socket-fault-error.ts';
import type { SocketFault } from '../world/world.ts';
import { formatListenAddress, type ListenSpec } from './listen-address.ts';

export class ListenError extends Error {
  /** The system's code, for example `EADDRINUSE`; `EACCES` means a privileged port. */
  readonly code: string;
  readonly spec: ListenSpec;

  constructor(spec: ListenSpec, cause: unknown) {
    const fault = faultFrom(cause);
    const { why, todo } = explain(spec, fault);
    super(`cannot listen on ${formatListenAddress(spec)}: ${why} (${fault.code}). ${todo}`, { cause });
    this.name = 'ListenError';
    this.code = fault.code;
    this.spec = spec;
  }
}

function explain(spec: ListenSpec, fault: SocketFault): { readonly why: string; readonly todo: string } {
  switch (fault.code) {
    case 'EADDRINUSE':
      return {
        why: 'the address is in use',
        todo: 'Stop the program that holds it, or listen on another port.',
      };
    case 'EACCES':
      return {
        why: `port ${spec.port} is privileged`,
        todo: 'Use a port from 1024 up, or grant the capability CAP_NET_BIND_SERVICE.',
      };
    case 'EADDRNOTAVAIL':
      return {
        why: `no network interface of this host has the address ${spec.address}`,
        todo: 'Listen on an address of this host, and advertise the public one: address:port/public-address.',
      };
    case 'EAFNOSUPPORT':
      return { why: 'this host has no IPv6', todo: 'Listen on an IPv4 address.' };
    case 'ERR_TLS_NO_CERTIFICATE':
      return { why: fault.message, todo: 'Give a certificate and a key file.' };
  }
  if (fault.code.startsWith('ERR_OSSL') || fault.code.startsWith('ERR_SSL')) {
    return {
      why: `the certificate or its key cannot be used: ${fault.message}`,
      todo: 'Both must be PEM and belong together.',
    };
  }
  return { why: fault.message, todo: 'Check the address and the port.' };
}

function faultFrom(error: unknown): SocketFault {
  if (error instanceof SocketFaultError) return error.fault;
  return { by: 'system', code: 'UNKNOWN', message: error instanceof Error ? error.message : String(error) };
}
