/**
 * What viaduct needs from outside: time, chance, sockets, names and files. Interfaces only.
 * `world/node` implements them over Node; `testing/` implements them in virtual time and memory.
 */
import type { Instant, WallTime } from '../util/time.ts';
import type { Stores } from './store.ts';

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly net: Net;
  readonly resolver: Resolver;
  readonly files: Files;
  /** Absent in a world without a client for any. */
  readonly stores?: Stores;
}

export interface Clock {
  now(): Instant;
  wall(): WallTime;
  /** Calls `fn` once, at or shortly after `at`. The returned function cancels; calling it late is harmless. */
  wake(at: Instant, fn: () => void): () => void;
  /** Calls `fn` once when the current turn of the event loop ends. */
  defer(fn: () => void): void;
}

export interface Random {
  bytes(length: number): Uint8Array;
  u32(): number;
}

/** An IP literal (IPv6 without brackets) and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type SocketFault = {
  /** Who ended it: we, the other side, or the operating system. */
  readonly by: 'local' | 'peer' | 'system';
  /** The system's code where there is one: `ECONNREFUSED`, `EADDRINUSE`, `EACCES`, ... */
  readonly code: string;
  readonly message: string;
};

/** Binding and listening reject with a `SocketFaultError`; everything later arrives through the callbacks. */
export interface Net {
  /** Binds a UDP socket. Port 0 asks for a free one. */
  bindUdp(local: Endpoint, on: UdpEvents): Promise<UdpSocket>;
  /** A UDP socket fixed on one peer: cheaper to send on. `local` may be left to the system. */
  connectUdp(remote: Endpoint, local: Endpoint | undefined, on: UdpEvents): Promise<UdpSocket>;
  listen(
    kind: 'tcp' | 'tls',
    local: Endpoint,
    tls: TlsOptions | undefined,
    on: StreamListenerEvents,
  ): Promise<StreamListener>;
  /** Begins to connect and returns at once; writes wait in the socket until it is open. */
  connect(
    kind: 'tcp' | 'tls',
    remote: Endpoint,
    options: { readonly local?: string; readonly tls?: TlsOptions; readonly servername?: string },
    on: StreamEvents,
  ): Stream;
}

export interface UdpEvents {
  /** `bytes` belongs to the receiver. */
  datagram(bytes: Buffer, remote: Endpoint): void;
  fault(fault: SocketFault, remote: Endpoint | undefined): void;
}

export interface UdpSocket {
  readonly local: Endpoint;
  /**
   * Never throws; a failure arrives as a fault. `bytes` must not change afterwards. With `more` another datagram for the
   * same peer follows at once, and a failure may be told with that one.
   */
  send(bytes: Uint8Array, remote: Endpoint, more?: boolean): void;
  close(): void;
}

export interface StreamListenerEvents {
  connection(stream: Stream): StreamEvents;
  fault(fault: SocketFault): void;
}

export interface StreamListener {
  readonly local: Endpoint;
  /** New connections use these certificates; open ones go on. */
  reload(tls: TlsOptions): void;
  close(): void;
}

export interface StreamEvents {
  open(): void;
  data(bytes: Buffer): void;
  /** The write buffer has emptied. */
  drain(): void;
  /** Called exactly once; nothing follows. `fault` is absent after an orderly end. */
  closed(fault: SocketFault | undefined): void;
}

export interface Stream {
  /** Real addresses of the socket; `local` is known once open. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Bytes accepted by `write` and not yet taken by the system. */
  readonly buffered: number;
  /** What TLS agreed on; undefined before the handshake and over plain TCP. */
  readonly session?: TlsSession | undefined;
  write(bytes: Uint8Array): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface TlsOptions {
  /** PEM text. */
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  /** Certificates that are revoked, PEM. */
  readonly crl?: string;
  readonly ciphers?: string;
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  /** Refuse a peer whose certificate does not verify. Servers: ask clients for one. */
  readonly verify: boolean;
  /** Servers: what is wanted of clients. Without it `verify` says: `verified` or `nothing`. */
  readonly clients?: TlsClients;
  /** Certificates by server name (SNI); `*.example.com` stands for every name below. */
  readonly names?: Readonly<Record<string, { readonly cert: string; readonly key: string }>>;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/**
 * `verified`: a certificate that verifies. `presented`: any certificate. `verifiedIfPresented`: none, or one that
 * verifies. `asked`: one is asked for, and whatever comes is accepted.
 */
export type TlsClients = 'nothing' | 'asked' | 'verifiedIfPresented' | 'presented' | 'verified';

export interface TlsSession {
  readonly version: string;
  readonly cipher: string;
  /** The name that the client asked for (SNI). */
  readonly serverName: string | undefined;
  /** The peer has a certificate and it verified. */
  readonly verified: boolean;
  readonly peer: TlsCertificate | undefined;
  readonly own: TlsCertificate | undefined;
}

export interface TlsCertificate {
  /** By short name: `CN`, `O`, `OU`, `L`, `ST`, `C`. */
  readonly subject: Readonly<Record<string, string>>;
  readonly issuer: Readonly<Record<string, string>>;
  /** Hexadecimal. */
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export type NaptrRecord = {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
};
export type SrvRecord = {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
};
export type AddressRecord = { readonly address: string };
export type RecordOf = {
  readonly NAPTR: NaptrRecord;
  readonly SRV: SrvRecord;
  readonly A: AddressRecord;
  readonly AAAA: AddressRecord;
};

/** One DNS question. Never rejects: a name that does not exist and a server that is down are answers. */
export interface Resolver {
  query<K extends keyof RecordOf>(type: K, name: string): Promise<DnsAnswer<RecordOf[K]>>;
}
export type DnsAnswer<R> =
  | { readonly kind: 'records'; readonly records: readonly R[]; readonly ttlSeconds: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly message: string };

export interface Files {
  readText(path: string): Promise<string>;
}
