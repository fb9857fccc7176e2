/**
 * HEP decoder for one datagram or one frame of a stream: HEPv3 (rev. 37), v2 and v1 (Kamailio's layout). Total: any
 * bytes give a value, in time linear in their number, and memory bounded by `MAX_EXTRA_CHUNKS`.
 */
import { formatIpv4, formatIpv6 } from '../util/ip.ts';
import { CHUNK_HEADER_LENGTH, Chunk, Family, FRAME_HEADER_LENGTH, PayloadType, Vendor } from './chunks.ts';
import type { HepChunk, HepPacket } from './packet.ts';

/** Chunks kept that we have no field for; more are counted. OpenSIPS refuses messages with more than 32 chunks. */
export const MAX_EXTRA_CHUNKS = 32;

export type HepDecoded =
  | { readonly kind: 'packet'; readonly packet: HepPacket }
  | { readonly kind: 'not-hep' }
  /** `at` is the offset of the chunk or field that broke the rule. */
  | { readonly kind: 'malformed'; readonly at: number; readonly rule: HepRule };

export type HepRule =
  | 'frame-length' // the length counts its own 6 bytes
  | 'frame-truncated' // fewer bytes arrived than the frame announces
  | 'chunk-length' // a chunk's length counts its own 6 bytes
  | 'chunk-truncated' // a chunk ends behind the frame
  | 'chunk-size' // a number or an address has a fixed size
  | 'header-truncated' // HEPv1 and v2: fewer bytes than the header has
  | 'family'; // HEPv1 and v2: an unknown family, or one that does not fit the header length

/** Bytes behind the announced length are ignored. */
export function decodeHep(bytes: Uint8Array): HepDecoded {
  const first = bytes[0];
  if (first === 0x48) return decodeHep3(bytes);
  if (first === 1 || first === 2) return decodeOld(bytes, first);
  return { kind: 'not-hep' };
}

const NO_CHUNKS: readonly HepChunk[] = [];
const ANY = -1;
const UNKNOWN = -2;

/** Data size of each generic chunk that has a field in `HepPacket`, by chunk type. */
const dataSizes: readonly number[] = Array.from({ length: Chunk.nodeName + 1 }, (_, type) => {
  switch (type) {
    case Chunk.family:
    case Chunk.protocol:
    case Chunk.type:
      return 1;
    case Chunk.sourcePort:
    case Chunk.destinationPort:
      return 2;
    case Chunk.sourceIpv4:
    case Chunk.destinationIpv4:
    case Chunk.seconds:
    case Chunk.microseconds:
    case Chunk.captureId:
      return 4;
    case Chunk.sourceIpv6:
    case Chunk.destinationIpv6:
      return 16;
    case Chunk.authKey:
    case Chunk.payload:
    case Chunk.correlationId:
    case Chunk.nodeName:
      return ANY;
  }
  return UNKNOWN;
});

/** The first chunk of a kind counts, wherever it stands: nothing appended to a frame can change what it said. */
function decodeHep3(bytes: Uint8Array): HepDecoded {
  if (bytes[1] !== 0x45 || bytes[2] !== 0x50 || bytes[3] !== 0x33) return { kind: 'not-hep' };
  if (bytes.length < FRAME_HEADER_LENGTH) return malformed(4, 'frame-truncated');
  const end = u16(bytes, 4);
  if (end < FRAME_HEADER_LENGTH) return malformed(4, 'frame-length');
  if (end > bytes.length) return malformed(4, 'frame-truncated');

  // Offset of the data of each known chunk, 0 where absent.
  const starts = new Array<number>(dataSizes.length).fill(0);
  let extra: HepChunk[] | undefined;
  let extraDropped = 0;
  for (let at = FRAME_HEADER_LENGTH; at < end; ) {
    if (at + CHUNK_HEADER_LENGTH > end) return malformed(at, 'chunk-truncated');
    const vendor = u16(bytes, at);
    const type = u16(bytes, at + 2);
    const length = u16(bytes, at + 4);
    if (length < CHUNK_HEADER_LENGTH) return malformed(at, 'chunk-length');
    if (at + length > end) return malformed(at, 'chunk-truncated');
    const data = at + CHUNK_HEADER_LENGTH;
    const size = vendor === Vendor.generic ? (dataSizes[type] ?? UNKNOWN) : UNKNOWN;
    if (size >= 0 && length !== CHUNK_HEADER_LENGTH + size) return malformed(at, 'chunk-size');
    at += length;
    if (size !== UNKNOWN && starts[type] === 0) starts[type] = data;
    else if (extra === undefined) extra = [{ vendor, type, data: bytes.subarray(data, at) }];
    else if (extra.length < MAX_EXTRA_CHUNKS) extra.push({ vendor, type, data: bytes.subarray(data, at) });
    else extraDropped++;
  }
  return { kind: 'packet', packet: assemble(bytes, starts, extra ?? NO_CHUNKS, extraDropped) };
}

function assemble(
  bytes: Uint8Array,
  starts: readonly number[],
  extra: readonly HepChunk[],
  extraDropped: number,
): HepPacket {
  const family = familyOf(bytes, starts);
  const seconds = numberAt(bytes, starts[Chunk.seconds]);
  const microseconds = numberAt(bytes, starts[Chunk.microseconds]);
  const payload = starts[Chunk.payload] ?? 0;
  return {
    version: 3,
    family,
    protocol: numberAt(bytes, starts[Chunk.protocol]),
    source: {
      address: addressAt(bytes, family, starts[Chunk.sourceIpv4], starts[Chunk.sourceIpv6]),
      port: numberAt(bytes, starts[Chunk.sourcePort]),
    },
    destination: {
      address: addressAt(bytes, family, starts[Chunk.destinationIpv4], starts[Chunk.destinationIpv6]),
      port: numberAt(bytes, starts[Chunk.destinationPort]),
    },
    seconds: carriedSeconds(seconds, microseconds),
    microseconds: carriedMicroseconds(seconds, microseconds),
    type: numberAt(bytes, starts[Chunk.type]),
    captureId: numberAt(bytes, starts[Chunk.captureId]),
    authKey: textAt(bytes, starts[Chunk.authKey]),
    nodeName: textAt(bytes, starts[Chunk.nodeName]),
    correlationId: textAt(bytes, starts[Chunk.correlationId]),
    payload: payload === 0 ? undefined : bytes.subarray(payload, payload + dataLength(bytes, payload)),
    extra,
    extraDropped,
  };
}

function familyOf(bytes: Uint8Array, starts: readonly number[]): 4 | 6 | undefined {
  const said = numberAt(bytes, starts[Chunk.family]);
  if (said === Family.ipv4) return 4;
  if (said === Family.ipv6) return 6;
  if (starts[Chunk.sourceIpv4] || starts[Chunk.destinationIpv4]) return 4;
  return starts[Chunk.sourceIpv6] || starts[Chunk.destinationIpv6] ? 6 : undefined;
}

/** The address of the frame's family; the other one only when that is missing. */
function addressAt(bytes: Uint8Array, family: 4 | 6 | undefined, ipv4 = 0, ipv6 = 0): string | undefined {
  if (ipv6 !== 0 && (family === 6 || ipv4 === 0)) return formatIpv6(bytes, ipv6);
  return ipv4 === 0 ? undefined : formatIpv4(bytes, ipv4);
}

/** A chunk's data is preceded by its length. */
const dataLength = (bytes: Uint8Array, start: number): number => u16(bytes, start - 2) - CHUNK_HEADER_LENGTH;

function numberAt(bytes: Uint8Array, start = 0): number | undefined {
  if (start === 0) return undefined;
  const length = dataLength(bytes, start);
  if (length === 1) return bytes[start];
  return length === 2 ? u16(bytes, start) : u16(bytes, start) * 0x10000 + u16(bytes, start + 2);
}

function textAt(bytes: Uint8Array, start = 0): string | undefined {
  if (start === 0) return undefined;
  const length = dataLength(bytes, start);
  // Sockets give a Buffer, which reads text without a view in between.
  if (Buffer.isBuffer(bytes)) return bytes.toString('utf8', start, start + length);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8');
}

/** Some agents let the microseconds run past a second; every receiver that keeps time carries them. */
function carriedSeconds(seconds: number | undefined, microseconds = 0): number | undefined {
  return seconds === undefined ? undefined : seconds + Math.floor(microseconds / 1_000_000);
}

function carriedMicroseconds(seconds: number | undefined, microseconds: number | undefined): number | undefined {
  return seconds === undefined || microseconds === undefined ? microseconds : microseconds % 1_000_000;
}

/**
 * HEPv1 and v2: a header, in v2 a time header, then the payload up to the end. Kamailio counts 16 or 40 bytes of header
 * in both versions; sofia counts the 12 bytes of the time header as well. No magic: a length that no one sends means
 * that it is not HEP.
 */
function decodeOld(bytes: Uint8Array, version: 1 | 2): HepDecoded {
  const headerLength = bytes[1];
  const wide = headerLength === 40 || (version === 2 && headerLength === 52);
  const narrow = headerLength === 16 || (version === 2 && headerLength === 28);
  if (!wide && !narrow) return { kind: 'not-hep' };
  const addresses = wide ? 40 : 16;
  const payload = version === 2 ? addresses + 12 : addresses;
  if (bytes.length < payload) return malformed(0, 'header-truncated');
  if (bytes[2] !== (wide ? Family.ipv6 : Family.ipv4)) return malformed(2, 'family');
  const family = wide ? 6 : 4;
  const seconds = version === 2 ? u32Little(bytes, addresses) : undefined;
  const microseconds = version === 2 ? u32Little(bytes, addresses + 4) : undefined;
  const packet: HepPacket = {
    version,
    family,
    protocol: bytes[3],
    source: { address: wide ? formatIpv6(bytes, 8) : formatIpv4(bytes, 8), port: u16(bytes, 4) },
    destination: { address: wide ? formatIpv6(bytes, 24) : formatIpv4(bytes, 12), port: u16(bytes, 6) },
    seconds: carriedSeconds(seconds, microseconds),
    microseconds: carriedMicroseconds(seconds, microseconds),
    type: PayloadType.sip,
    captureId: version === 2 ? (bytes[addresses + 8] ?? 0) | ((bytes[addresses + 9] ?? 0) << 8) : undefined,
    authKey: undefined,
    nodeName: undefined,
    correlationId: undefined,
    payload: bytes.subarray(payload),
    extra: NO_CHUNKS,
    extraDropped: 0,
  };
  return { kind: 'packet', packet };
}

const malformed = (at: number, rule: HepRule): HepDecoded => ({ kind: 'malformed', at, rule });

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

function u32Little(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return low + ((bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)) * 0x10000;
}
