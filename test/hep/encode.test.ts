/** What we send: Kamailio's bytes for Kamailio's inputs, and every limit at its edge. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHep } from '../../src/hep/decode.ts';
import { encodeHep1, encodeHep2, encodeHep3, hep3Length } from '../../src/hep/encode.ts';
import type { HepFrame, HepPacket } from '../../src/hep/packet.ts';
import { formatIp, parseIp } from '../../src/util/ip.ts';
import { anyFrame, chunk, frameOf, framed, read, recorded, sample, wall } from './frames.ts';

type Encoder = typeof encodeHep3;

function encode(frame: HepFrame, encoder: Encoder = encodeHep3): Buffer {
  const target = Buffer.alloc(70_000, 0xee);
  return target.subarray(0, encoder(target, 0, frame));
}

function decoded(bytes: Uint8Array): HepPacket {
  const result = decodeHep(bytes);
  if (result.kind !== 'packet') throw new Error(JSON.stringify(result));
  return result.packet;
}

/** Kamailio's hlog writes the destination port before the source port; two chunks of 8 bytes each. */
function portsInOrder(frame: Buffer): Buffer {
  const at = frame.indexOf(Buffer.from('000000080008', 'hex'), 40);
  const ports = frame.subarray(at, at + 16);
  return Buffer.concat([frame.subarray(0, at), ports.subarray(8), ports.subarray(0, 8), frame.subarray(at + 16)]);
}

describe('encodeHep3', () => {
  it.each(recorded('kamailio-5.6.3'))('gives the bytes of Kamailio 5.6.3 for what it traced: %s', (name) => {
    const frame = read('kamailio-5.6.3', name);
    const packet = decoded(frame);
    expect(encode(frameOf(packet))).toEqual(packet.type === 100 ? portsInOrder(frame) : frame);
  });

  it('writes the chunks in the canonical order, optional texts last before the payload', () => {
    const frame = { ...sample, correlationId: 'corr', authKey: 'key', nodeName: 'node1' };
    expect(encode(frame)).toEqual(
      framed(
        chunk(0, 0x01, [2]),
        chunk(0, 0x02, [17]),
        chunk(0, 0x03, [192, 0, 2, 1]),
        chunk(0, 0x04, [192, 0, 2, 2]),
        chunk(0, 0x07, [0x13, 0xc4]),
        chunk(0, 0x08, [0x13, 0xc6]),
        chunk(0, 0x09, [0x6a, 0xff, 0xb7, 0x5a]),
        chunk(0, 0x0a, [0x00, 0x01, 0xe2, 0x40]),
        chunk(0, 0x0b, [1]),
        chunk(0, 0x0c, [0, 0, 0x07, 0xd1]),
        chunk(0, 0x11, 'corr'),
        chunk(0, 0x0e, 'key'),
        chunk(0, 0x13, 'node1'),
        chunk(0, 0x0f, sample.payload),
      ),
    );
  });

  it('writes an IPv4 address beside an IPv6 one as IPv4-mapped', () => {
    const bytes = encode({ ...sample, destinationAddress: '2001:db8::1' });
    expect(bytes).toEqual(
      framed(
        chunk(0, 0x01, [10]),
        bytes.subarray(13, 20),
        chunk(0, 0x05, parseIp('::ffff:192.0.2.1') ?? []),
        chunk(0, 0x06, parseIp('2001:db8::1') ?? []),
        bytes.subarray(64),
      ),
    );
    expect(encode({ ...sample, sourceAddress: '::1' }).indexOf(parseIp('::ffff:192.0.2.2') ?? 'no')).toBe(48);
  });

  it('writes no zone, and the unspecified address for what is no address', () => {
    const target = decoded(encode({ ...sample, sourceAddress: 'fe80::1%eth0', destinationAddress: 'localhost' }));
    expect(target.source.address).toBe('fe80::1');
    expect(target.destination.address).toBe('::');
    expect(decoded(encode({ ...sample, sourceAddress: '' })).source.address).toBe('0.0.0.0');
    expect(decoded(encode({ ...sample, sourceAddress: 'not:an:address' })).source.address).toBe('::');
  });

  it('leaves the chunk of an empty text out', () => {
    expect(encode({ ...sample, correlationId: '', authKey: '', nodeName: '' })).toEqual(encode(sample));
  });

  it('writes texts as UTF-8 of the right length, lone surrogates included', () => {
    for (const text of ['你好', 'é', '🙂', 'a\ud800b']) {
      expect(encode({ ...sample, nodeName: text }).includes(chunk(0, 0x13, text))).toBe(true);
    }
  });

  it('fills exactly 65535 bytes and refuses one more', () => {
    const room = 65_535 - 99;
    const whole = encode({ ...sample, payload: Buffer.alloc(room, 'x') });
    expect(whole).toHaveLength(65_535);
    expect(decoded(whole).payload).toHaveLength(room);
    expect(encode({ ...sample, payload: Buffer.alloc(room + 1, 'x') })).toHaveLength(0);
    expect(encode({ ...sample, payload: Buffer.alloc(room - 7, 'x'), nodeName: 'n' })).toHaveLength(65_535);
    expect(encode({ ...sample, payload: Buffer.alloc(room - 6, 'x'), nodeName: 'n' })).toHaveLength(0);
    expect(encode({ ...sample, correlationId: 'c'.repeat(70_000) })).toHaveLength(0);
  });

  it('keeps inside the buffer: it fits to the last byte, or nothing is written', () => {
    const length = hep3Length(sample);
    const target = Buffer.alloc(length + 8, 0xee);
    expect(encodeHep3(target, 5, sample)).toBe(length);
    expect(target.subarray(0, 5)).toEqual(Buffer.alloc(5, 0xee));
    expect(target.subarray(5 + length)).toEqual(Buffer.alloc(3, 0xee));
    const untouched = Buffer.alloc(length + 8, 0xee);
    expect(encodeHep3(untouched, 9, sample)).toBe(0);
    expect(untouched).toEqual(Buffer.alloc(length + 8, 0xee));
  });

  it('is undone by the decoder for any addresses, texts and payload', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const bytes = encode(frame);
        expect(bytes).toHaveLength(hep3Length(frame));
        const packet = decoded(bytes);
        const wide = frame.sourceAddress.includes(':') || frame.destinationAddress.includes(':');
        const seen = (address: string): string => {
          const parsed = parseIp(address) ?? new Uint8Array();
          return wide && parsed.length === 4 ? `::ffff:${address}` : formatIp(parsed);
        };
        expect(packet.family).toBe(wide ? 6 : 4);
        expect(packet.extra).toEqual([]);
        expect({ ...frameOf(packet), payload: Buffer.from(packet.payload ?? []) }).toEqual({
          ...frame,
          sourceAddress: seen(frame.sourceAddress),
          destinationAddress: seen(frame.destinationAddress),
          payload: Buffer.from(frame.payload),
        });
        expect(encode(frameOf(packet))).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe('encodeHep2 and encodeHep1', () => {
  const traced: HepFrame = {
    ...sample,
    sourceAddress: '127.0.0.1',
    sourcePort: 0x3bd9,
    destinationAddress: '127.0.0.1',
    destinationPort: 0x3bd8,
    at: wall(0x6affb691, 0x4697),
    payload: Buffer.from('INVITE'),
  };

  it('gives the bytes that Kamailio sends as HEPv2', () => {
    const header = '02100211' + '3bd93bd8' + '7f000001' + '7f000001';
    const time = '91b6ff6a' + '97460000' + 'd107' + '0000';
    const payload = Buffer.from('INVITE').toString('hex');
    expect(encode(traced, encodeHep2).toString('hex')).toBe(header + time + payload);
    expect(encode(traced, encodeHep1).toString('hex')).toBe(header.replace('02', '01') + payload);
  });

  it('puts IPv6 and mixed addresses into a header of 40 bytes', () => {
    const bytes = encode({ ...traced, destinationAddress: '2001:db8::2' }, encodeHep2);
    expect(bytes.subarray(0, 8).toString('hex')).toBe('02280a113bd93bd8');
    expect(bytes.subarray(8, 24)).toEqual(Buffer.from(parseIp('::ffff:127.0.0.1') ?? []));
    expect(bytes.subarray(24, 40)).toEqual(Buffer.from(parseIp('2001:db8::2') ?? []));
    expect(bytes).toHaveLength(40 + 12 + 6);
  });

  it.each([
    ['HEPv1', encodeHep1, 16],
    ['HEPv2', encodeHep2, 28],
  ] as const)('ends %s at 65535 bytes and at the end of the buffer', (_, encoder, header) => {
    expect(encode({ ...traced, payload: Buffer.alloc(65_535 - header) }, encoder)).toHaveLength(65_535);
    expect(encode({ ...traced, payload: Buffer.alloc(65_536 - header) }, encoder)).toHaveLength(0);
    expect(encoder(Buffer.alloc(header + 6), 0, traced)).toBe(header + 6);
    expect(encoder(Buffer.alloc(header + 6), 1, traced)).toBe(0);
  });

  it('is undone by the decoder, as far as the format carries it', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const second = decoded(encode(frame, encodeHep2));
        const first = decoded(encode(frame, encodeHep1));
        expect([second.version, first.version]).toEqual([2, 1]);
        expect(second.captureId).toBe(frame.captureId % 65_536);
        expect(frameOf(second).at).toBe(frame.at);
        expect([first.seconds, first.captureId]).toEqual([undefined, undefined]);
        for (const packet of [first, second]) {
          expect(packet.protocol).toBe(frame.protocol);
          expect([packet.source.port, packet.destination.port]).toEqual([frame.sourcePort, frame.destinationPort]);
          expect(Buffer.from(packet.payload ?? [])).toEqual(Buffer.from(frame.payload));
        }
        expect(encode(frameOf(second), encodeHep2)).toEqual(encode(frame, encodeHep2));
      }),
      { numRuns: 200 },
    );
  });
});
