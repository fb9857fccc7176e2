/** The limits of the transports, and the counters that tell when one was met. */

export interface TransportLimits {
  /** Largest message, received by any transport. */
  readonly messageBytes: number;
  /** Streams open, opening or about to be, in both directions. */
  readonly connections: number;
  /** Streams that one address may have open to us. */
  readonly connectionsPerAddress: number;
  /** Ports that a peer may announce as aliases of one connection (RFC 5923). */
  readonly aliases: number;
  /** A stream without a byte in either direction for this long is closed. */
  readonly idleMs: number;
  /** For TCP and TLS together. */
  readonly connectMs: number;
  /** A peer that connects has this long for its first message, and for each message after its first byte. */
  readonly firstMessageMs: number;
  /** Bytes that wait for a slow peer, or for a connection to open. */
  readonly writeBufferBytes: number;
  /** A peer that takes nothing for this long while bytes wait for it is dropped. */
  readonly writeMs: number;
  /** How long `stop` waits for streams to send what they hold. */
  readonly stopMs: number;
  /** UDP peers whose flow is remembered, for each listener. */
  readonly udpFlows: number;
}

export const defaultTransportLimits: TransportLimits = {
  messageBytes: 65_535,
  connections: 10_000,
  connectionsPerAddress: 100,
  aliases: 4,
  idleMs: 600_000,
  connectMs: 5_000,
  firstMessageMs: 10_000,
  writeBufferBytes: 1024 * 1024,
  writeMs: 30_000,
  stopMs: 1_000,
  udpFlows: 4_096,
};

/** Plain numbers that only grow, except `connections`. */
export interface TransportCounters {
  received: number;
  sent: number;
  /** CRLFCRLF on streams, CRLF or NUL datagrams. */
  keepalives: number;
  /** Streams in the table now. */
  connections: number;
  accepted: number;
  connected: number;
  /** Sends that the system refused, and streams that ended with a fault. */
  faults: number;
  readonly dropped: Record<DropReason, number>;
}

/** Why a message, a send or a connection was given up. */
export type DropReason =
  | 'oversize'
  | 'framing'
  | 'connectionLimit'
  | 'addressLimit'
  | 'slowReader'
  | 'slowSender'
  | 'connectTimeout'
  | 'idle'
  | 'bufferFull'
  | 'noConnection';

export const newTransportCounters = (): TransportCounters => ({
  received: 0,
  sent: 0,
  keepalives: 0,
  connections: 0,
  accepted: 0,
  connected: 0,
  faults: 0,
  dropped: {
    oversize: 0,
    framing: 0,
    connectionLimit: 0,
    addressLimit: 0,
    slowReader: 0,
    slowSender: 0,
    connectTimeout: 0,
    idle: 0,
    bufferFull: 0,
    noConnection: 0,
  },
});
