/** Shared by the HEP tests: the recorded frames, and frames built chunk by chunk without our encoder. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { HepFrame, HepPacket } from '../../src/hep/packet.ts';
import type { WallTime } from '../../src/util/time.ts';

const vectors = new URL('vectors/', import.meta.url);

export const recorded = (folder: 'probe' | 'kamailio-5.6.3'): readonly string[] =>
  readdirSync(new URL(`${folder}/`, vectors)).sort();

export const read = (folder: 'probe' | 'kamailio-5.6.3', name: string): Buffer =>
  readFileSync(new URL(`${folder}/${name}`, vectors));

export function chunk(vendor: number, type: number, data: Uint8Array | readonly number[] | string): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
  const header = Buffer.alloc(6);
  header.writeUInt16BE(vendor, 0);
  header.writeUInt16BE(type, 2);
  header.writeUInt16BE(6 + bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

export function framed(...chunks: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(chunks);
  const header = Buffer.from('HEP3\0\0', 'latin1');
  header.writeUInt16BE(6 + body.length, 4);
  return Buffer.concat([header, body]);
}

export const wall = (seconds: number, microseconds: number): WallTime =>
  (seconds * 1_000_000 + microseconds) as WallTime;

export const sample: HepFrame = {
  protocol: 17,
  sourceAddress: '192.0.2.1',
  sourcePort: 5060,
  destinationAddress: '192.0.2.2',
  destinationPort: 5062,
  at: wall(1_795_143_514, 123_456),
  type: 1,
  captureId: 2001,
  correlationId: undefined,
  authKey: undefined,
  nodeName: undefined,
  payload: Buffer.from('OPTIONS sip:a@example.com SIP/2.0\r\n\r\n'),
};

/** What to encode to get a packet again. */
export const frameOf = (packet: HepPacket): HepFrame => ({
  protocol: packet.protocol ?? 0,
  sourceAddress: packet.source.address ?? '',
  sourcePort: packet.source.port ?? 0,
  destinationAddress: packet.destination.address ?? '',
  destinationPort: packet.destination.port ?? 0,
  at: wall(packet.seconds ?? 0, packet.microseconds ?? 0),
  type: packet.type ?? 0,
  captureId: packet.captureId ?? 0,
  correlationId: packet.correlationId,
  authKey: packet.authKey,
  nodeName: packet.nodeName,
  payload: packet.payload ?? new Uint8Array(),
});

const u32 = fc.nat(0xffff_ffff);
const address = fc.oneof(fc.ipV4(), fc.ipV6());
const text = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), { nil: undefined });

/** Any frame: any addresses, UTF-8 texts, any bytes for payload. */
export const anyFrame: fc.Arbitrary<HepFrame> = fc.record({
  protocol: fc.nat(255),
  sourceAddress: address,
  sourcePort: fc.nat(65_535),
  destinationAddress: address,
  destinationPort: fc.nat(65_535),
  at: fc.tuple(u32, fc.nat(999_999)).map(([seconds, microseconds]) => wall(seconds, microseconds)),
  type: fc.nat(255),
  captureId: u32,
  correlationId: text,
  authKey: text,
  nodeName: text,
  payload: fc.uint8Array({ maxLength: 2000 }),
});
