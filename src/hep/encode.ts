/**
 * HEP encoders: each writes one frame in one pass into the caller's buffer and returns its size, or 0 when the frame
 * would not fit there or in 65535 bytes. HEPv3 follows rev. 37 with the chunks in Kamailio's order; HEPv1 and v2 have
 * Kamailio's layout.
 */
import { writeIp } from '../util/ip.ts';
import { CHUNK_HEADER_LENGTH, Chunk, Family, FRAME_HEADER_LENGTH, MAX_FRAME_LENGTH } from './chunks.ts';
import type { HepFrame } from './packet.ts';

const utf8 = new TextEncoder();
const COLON = 0x3a;

/** The size that `encodeHep3` will write, were there no limit. */
export function hep3Length(frame: HepFrame): number {
  const fixed = isWide(frame) ? 123 : 99;
  return (
    fixed +
    textChunkLength(frame.correlationId) +
    textChunkLength(frame.authKey) +
    textChunkLength(frame.nodeName) +
    frame.payload.length
  );
}

/**
 * Where the two addresses differ in family, the IPv4 one is written as IPv4-mapped IPv6. An address that is no IP
 * literal is written as the unspecified one: a trace with a hole is worth more than no trace.
 */
export function encodeHep3(target: Uint8Array, offset: number, frame: HepFrame): number {
  const length = hep3Length(frame);
  if (length > MAX_FRAME_LENGTH || offset + length > target.length) return 0;
  const wide = isWide(frame);
  const seconds = Math.floor(frame.at / 1_000_000);
  const form = wide ? WIDE : NARROW;
  target.set(form.bytes, offset);
  writeU16(target, offset + 4, length);
  target[offset + form.protocol] = frame.protocol;
  writeAddress(target, offset + form.source, wide, frame.sourceAddress);
  writeAddress(target, offset + form.destination, wide, frame.destinationAddress);
  writeU16(target, offset + form.sourcePort, frame.sourcePort);
  writeU16(target, offset + form.destinationPort, frame.destinationPort);
  writeU32(target, offset + form.seconds, seconds);
  writeU32(target, offset + form.microseconds, frame.at - seconds * 1_000_000);
  target[offset + form.type] = frame.type;
  writeU32(target, offset + form.captureId, frame.captureId);
  let at = offset + form.bytes.length;
  at = writeTextChunk(target, at, Chunk.correlationId, frame.correlationId);
  at = writeTextChunk(target, at, Chunk.authKey, frame.authKey);
  at = writeTextChunk(target, at, Chunk.nodeName, frame.nodeName);
  at = writeChunkHeader(target, at, Chunk.payload, frame.payload.length);
  target.set(frame.payload, at);
  return length;
}

/** The chunks that every frame has, with nothing in them, and where in the frame the data of each goes. */
interface Form {
  readonly bytes: Uint8Array;
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seconds: number;
  readonly microseconds: number;
  readonly type: number;
  readonly captureId: number;
}

const LONGEST_FORM = 128;

/** Copied as one, in three quarters of the time that the single chunks take. */
const NARROW = formOf(Family.ipv4, 4, Chunk.sourceIpv4, Chunk.destinationIpv4);
const WIDE = formOf(Family.ipv6, 16, Chunk.sourceIpv6, Chunk.destinationIpv6);

function formOf(family: number, addressLength: number, sourceChunk: number, destinationChunk: number): Form {
  const bytes = new Uint8Array(LONGEST_FORM);
  bytes.set([0x48, 0x45, 0x50, 0x33]);
  let end = FRAME_HEADER_LENGTH;
  const chunk = (type: number, dataLength: number): number => {
    const at = writeChunkHeader(bytes, end, type, dataLength);
    end = at + dataLength;
    return at;
  };
  bytes[chunk(Chunk.family, 1)] = family;
  const places = {
    protocol: chunk(Chunk.protocol, 1),
    source: chunk(sourceChunk, addressLength),
    destination: chunk(destinationChunk, addressLength),
    sourcePort: chunk(Chunk.sourcePort, 2),
    destinationPort: chunk(Chunk.destinationPort, 2),
    seconds: chunk(Chunk.seconds, 4),
    microseconds: chunk(Chunk.microseconds, 4),
    type: chunk(Chunk.type, 1),
    captureId: chunk(Chunk.captureId, 4),
  };
  return { bytes: bytes.slice(0, end), ...places };
}

/** HEPv1: header and payload; no time, no capture id. For a datagram: the payload has no length of its own. */
export function encodeHep1(target: Uint8Array, offset: number, frame: HepFrame): number {
  const header = oldHeaderLength(frame);
  const length = header + frame.payload.length;
  if (length > MAX_FRAME_LENGTH || offset + length > target.length) return 0;
  writeOldHeader(target, offset, frame, 1);
  target.set(frame.payload, offset + header);
  return length;
}

/**
 * HEPv2: as HEPv1, with Kamailio's `struct hep_timehdr` between header and payload: little endian, with two bytes of
 * padding, and not counted in the header length. The capture id has 16 bits; higher ones are lost.
 */
export function encodeHep2(target: Uint8Array, offset: number, frame: HepFrame): number {
  const header = oldHeaderLength(frame);
  const length = header + 12 + frame.payload.length;
  if (length > MAX_FRAME_LENGTH || offset + length > target.length) return 0;
  writeOldHeader(target, offset, frame, 2);
  const seconds = Math.floor(frame.at / 1_000_000);
  const time = offset + header;
  writeU32Little(target, time, seconds);
  writeU32Little(target, time + 4, frame.at - seconds * 1_000_000);
  writeU32Little(target, time + 8, frame.captureId & 0xffff);
  target.set(frame.payload, time + 12);
  return length;
}

const oldHeaderLength = (frame: HepFrame): 16 | 40 => (isWide(frame) ? 40 : 16);

function writeOldHeader(target: Uint8Array, offset: number, frame: HepFrame, version: 1 | 2): void {
  const wide = isWide(frame);
  target[offset] = version;
  target[offset + 1] = wide ? 40 : 16;
  target[offset + 2] = wide ? Family.ipv6 : Family.ipv4;
  target[offset + 3] = frame.protocol;
  writeU16(target, offset + 4, frame.sourcePort);
  writeU16(target, offset + 6, frame.destinationPort);
  writeAddress(target, offset + 8, wide, frame.sourceAddress);
  writeAddress(target, offset + (wide ? 24 : 12), wide, frame.destinationAddress);
}

function isWide(frame: HepFrame): boolean {
  return isIpv6(frame.sourceAddress) || isIpv6(frame.destinationAddress);
}

/** An IPv6 literal has a colon among its first five characters. Asked four times a frame; `includes` is a call each time. */
function isIpv6(address: string): boolean {
  for (let i = 0; i < 5; i++) if (address.charCodeAt(i) === COLON) return true;
  return false;
}

function textChunkLength(text: string | undefined): number {
  return text === undefined || text === '' ? 0 : CHUNK_HEADER_LENGTH + Buffer.byteLength(text);
}

function writeChunkHeader(target: Uint8Array, at: number, type: number, dataLength: number): number {
  target[at] = 0;
  target[at + 1] = 0;
  writeU16(target, at + 2, type);
  writeU16(target, at + 4, CHUNK_HEADER_LENGTH + dataLength);
  return at + CHUNK_HEADER_LENGTH;
}

function writeTextChunk(target: Uint8Array, at: number, type: number, text: string | undefined): number {
  if (text === undefined || text === '') return at;
  const length = Buffer.byteLength(text);
  const data = writeChunkHeader(target, at, type, length);
  if (length !== text.length) utf8.encodeInto(text, target.subarray(data, data + length));
  else for (let i = 0; i < length; i++) target[data + i] = text.charCodeAt(i);
  return data + length;
}

/** Sockets name link-local peers with a zone (`fe80::1%eth0`), which has no place on the wire. */
function writeAddress(target: Uint8Array, at: number, wide: boolean, address: string): void {
  if (!wide && writeIp(address, target, at) === 4) return;
  const zone = address.indexOf('%');
  const literal = zone < 0 ? address : address.slice(0, zone);
  if (!wide || isIpv6(literal)) {
    if (writeIp(literal, target, at) === 0) target.fill(0, at, at + (wide ? 16 : 4));
    return;
  }
  target.fill(0, at, at + 16);
  if (writeIp(literal, target, at + 12) === 4) target.fill(0xff, at + 10, at + 12);
  else target.fill(0, at + 12, at + 16);
}

function writeU16(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 8;
  target[at + 1] = value;
}

function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

function writeU32Little(target: Uint8Array, at: number, value: number): void {
  target[at] = value;
  target[at + 1] = value >>> 8;
  target[at + 2] = value >>> 16;
  target[at + 3] = value >>> 24;
}
