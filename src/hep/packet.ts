/**
 * The two forms of a HEP message: the frame that we send, with everything in place, and the packet that came from
 * others, where any part may be missing.
 */
import type { WallTime } from '../util/time.ts';

/** What the encoders take. An object of fixed shape: absent texts are `undefined`, and an empty text is absent. */
export interface HepFrame {
  /** IP protocol number, see `IpProtocol`. */
  readonly protocol: number;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
  readonly at: WallTime;
  /** See `PayloadType`. HEPv1 and v2 have no field for it. */
  readonly type: number;
  readonly captureId: number;
  readonly correlationId: string | undefined;
  readonly authKey: string | undefined;
  readonly nodeName: string | undefined;
  readonly payload: Uint8Array;
}

/**
 * What the decoder gives. Receivers differ in what they demand, so nothing is demanded here: what the sender left out
 * is `undefined`. `payload` and the data of `extra` are views of the bytes that were decoded.
 */
export interface HepPacket {
  readonly version: 1 | 2 | 3;
  /** As the frame says, or as its addresses tell when it says nothing we know. */
  readonly family: 4 | 6 | undefined;
  readonly protocol: number | undefined;
  readonly source: HepEndpoint;
  readonly destination: HepEndpoint;
  readonly seconds: number | undefined;
  /** Below 1,000,000 when `seconds` is known: a larger value was carried. */
  readonly microseconds: number | undefined;
  readonly type: number | undefined;
  readonly captureId: number | undefined;
  readonly authKey: string | undefined;
  readonly nodeName: string | undefined;
  readonly correlationId: string | undefined;
  readonly payload: Uint8Array | undefined;
  /** Chunks of other vendors, unknown ones, and repetitions of known ones, in order. */
  readonly extra: readonly HepChunk[];
  /** Chunks beyond the limit of `extra`. */
  readonly extraDropped: number;
}

export interface HepEndpoint {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

export interface HepChunk {
  readonly vendor: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** The time of capture, when the sender told it. Missing microseconds count as 0. */
export function capturedAt(packet: HepPacket): WallTime | undefined {
  if (packet.seconds === undefined) return undefined;
  return (packet.seconds * 1_000_000 + (packet.microseconds ?? 0)) as WallTime;
}
