/** Cutting a byte stream into frames, wherever the network cut it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HepFramer } from '../../src/hep/framer.ts';
import { chunk, framed, read, recorded } from './frames.ts';

const first = framed(chunk(0, 0x0f, 'first'));
const second = framed(chunk(0, 0x0f, 'second'));
const bytesOf = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString('hex'));

describe('HepFramer', () => {
  it('gives the same frames for any cuts', () => {
    const frames = recorded('kamailio-5.6.3').map((name) => read('kamailio-5.6.3', name));
    const stream = Buffer.concat(frames);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1500 }), { maxLength: 40 }), (sizes) => {
        const framer = new HepFramer();
        const seen: string[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          // A copy of exact size, as each read from a socket is.
          const result = framer.push(Uint8Array.from(stream.subarray(at, at + size)));
          expect(result.broken).toBeUndefined();
          seen.push(...bytesOf(result.frames));
          at += size;
        }
        expect(seen).toEqual(bytesOf(frames));
        expect(framer.held).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the frames of a stream that comes byte by byte', () => {
    const framer = new HepFramer();
    const seen: string[] = [];
    for (const byte of Buffer.concat([first, second])) seen.push(...bytesOf(framer.push(Uint8Array.of(byte)).frames));
    expect(seen).toEqual(bytesOf([first, second]));
  });

  it('does not copy a frame that arrived whole', () => {
    const bytes = Buffer.concat([first, second]);
    const { frames } = new HepFramer().push(bytes);
    expect(frames.map((frame) => frame.buffer === bytes.buffer)).toEqual([true, true]);
  });

  it('holds the bytes of a frame that has not ended', () => {
    const framer = new HepFramer();
    expect(framer.push(Buffer.concat([first, second.subarray(0, 9)])).frames).toHaveLength(1);
    expect(framer.held).toBe(9);
    expect(bytesOf(framer.push(second.subarray(9)).frames)).toEqual(bytesOf([second]));
    expect(framer.held).toBe(0);
  });

  it('takes the smallest frame and the largest', () => {
    const smallest = framed();
    const largest = framed(chunk(0, 0x0f, Buffer.alloc(65_535 - 12, 'x')));
    expect(largest).toHaveLength(65_535);
    for (const cut of [3, 6]) {
      const framer = new HepFramer();
      const stream = Buffer.concat([smallest, largest, smallest]);
      const seen = [...framer.push(stream.subarray(0, cut)).frames, ...framer.push(stream.subarray(cut)).frames];
      expect(seen.map((frame) => frame.length)).toEqual([6, 65_535, 6]);
    }
  });

  it.each([
    ['magic', 'GET / HTTP/1.1\r\n'],
    ['magic', 'HEP2xxxx'],
    ['magic', 'EEP3\0\x06'],
    ['length', 'HEP3\0\0'],
    ['length', 'HEP3\0\x05'],
  ] as const)('is broken by its %s at %j, after the frames before it, and stays so', (broken, text) => {
    const bytes = Buffer.concat([first, Buffer.from(text, 'latin1')]);
    for (let cut = 0; cut <= first.length; cut++) {
      const framer = new HepFramer();
      const start = framer.push(bytes.subarray(0, cut));
      const rest = framer.push(bytes.subarray(cut));
      expect(bytesOf([...start.frames, ...rest.frames])).toEqual(bytesOf([first]));
      expect(rest.broken).toBe(broken);
      expect(framer.push(second)).toEqual({ frames: [], broken });
      expect(framer.held).toBe(0);
    }
  });

  it('is broken by the first byte that cannot be right, without waiting for more', () => {
    expect(new HepFramer().push(Buffer.from('HX')).broken).toBe('magic');
    const framer = new HepFramer();
    expect(framer.push(Buffer.from('HE')).broken).toBeUndefined();
    expect(framer.push(Buffer.from('X')).broken).toBe('magic');
  });

  it('survives any bytes and never holds more than a frame', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.constant(Uint8Array.from(first)),
      fc.constant(Uint8Array.from(Buffer.from('HEP3\xff\xff', 'latin1'))),
      fc.constant(new Uint8Array(40_000)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const framer = new HepFramer();
        for (const bytes of pieces) {
          for (const frame of framer.push(bytes).frames) {
            expect(Buffer.from(frame.subarray(0, 4)).toString()).toBe('HEP3');
            expect(frame.length).toBe(((frame[4] ?? 0) << 8) | (frame[5] ?? 0));
          }
          expect(framer.held).toBeLessThan(65_535);
        }
      }),
      { numRuns: 300 },
    );
  });
});
