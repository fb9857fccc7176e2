/** The bounded queue of encoded frames, against a plain list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameQueue, LengthRing, SLAB_BYTES } from '../../../src/modules/siptrace/queue.ts';

function push(queue: FrameQueue, bytes: Uint8Array): number {
  const dropped = queue.makeRoom(bytes.length);
  if (dropped < 0) return dropped;
  const slab = queue.reserve(bytes.length);
  slab.bytes.set(bytes, slab.end);
  queue.commit(bytes.length);
  return dropped;
}

type Step = { readonly kind: 'push'; readonly length: number } | { readonly kind: 'one' | 'piece' | 'clear' };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('push' as const), length: fc.integer({ min: 1, max: 3_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('push' as const), length: fc.integer({ min: 30_000, max: 70_000 }) }),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'one' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'piece' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'clear' }) },
);

describe('the frame queue', () => {
  it('behaves as a list that drops from its front', () => {
    const limits = { frames: 20, bytes: 100_000 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = new FrameQueue(limits);
        const model: Buffer[] = [];
        /** Frames handed out must keep their bytes, whatever is written later. */
        const out: (readonly [Uint8Array, Buffer])[] = [];
        let tag = 0;
        for (const { kind, ...rest } of steps) {
          if (kind === 'push' && 'length' in rest) {
            const bytes = Buffer.alloc(rest.length, ++tag);
            const dropped = push(queue, bytes);
            model.push(bytes);
            let expected = 0;
            while (model.length > limits.frames || model.reduce((sum, { length }) => sum + length, 0) > limits.bytes) {
              model.shift();
              expected++;
            }
            expect(dropped).toBe(expected);
          } else if (kind === 'one') {
            const frame = queue.takeOne();
            const wanted = model.shift();
            expect(frame === undefined).toBe(wanted === undefined);
            if (frame !== undefined && wanted !== undefined) out.push([frame, wanted]);
          } else if (kind === 'piece') {
            const lengths = new LengthRing();
            const piece = queue.takePiece(lengths);
            expect(piece === undefined).toBe(model.length === 0);
            if (piece !== undefined) out.push([piece, Buffer.concat(model.splice(0, lengths.count))]);
          } else expect(queue.clear()).toBe(model.splice(0).length);
          expect(queue.frames).toBe(model.length);
          expect(queue.bytes).toBe(model.reduce((sum, { length }) => sum + length, 0));
        }
        for (const [bytes, wanted] of out) expect(wanted.equals(bytes)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('takes frames up to its byte limit, to the byte', () => {
    const queue = new FrameQueue({ frames: 10, bytes: 100 });
    expect(push(queue, Buffer.alloc(101))).toBe(-1);
    expect(push(queue, Buffer.alloc(100))).toBe(0);
    expect(push(queue, Buffer.alloc(1))).toBe(1);
  });

  it('gives a frame longer than a slab memory of its own', () => {
    const queue = new FrameQueue({ frames: 10, bytes: 1_000_000 });
    push(queue, Buffer.from('small'));
    push(queue, Buffer.alloc(SLAB_BYTES + 1, 7));
    expect(queue.takeOne()?.length).toBe(5);
    expect(queue.takeOne()?.every((byte) => byte === 7)).toBe(true);
  });

  it('leaves a slab that is used up and empty', () => {
    const queue = new FrameQueue({ frames: 10, bytes: 1_000_000 });
    for (let tag = 1; tag <= 4; tag++) {
      push(queue, Buffer.alloc(40_000, tag));
      expect(queue.takeOne()).toEqual(new Uint8Array(40_000).fill(tag));
    }
  });

  it('gives back what lies in one piece with the length of each frame', () => {
    const queue = new FrameQueue({ frames: 10, bytes: 1_000 });
    for (const text of ['a', 'bb', 'ccc']) push(queue, Buffer.from(text));
    const lengths = new LengthRing();
    expect(String(queue.takePiece(lengths))).toBe('abbccc');
    expect([lengths.shift(), lengths.shift(), lengths.shift(), lengths.shift()]).toEqual([1, 2, 3, 0]);
  });
});

describe('the ring of lengths', () => {
  it('keeps its order while it grows', () => {
    const ring = new LengthRing();
    for (let i = 1; i <= 40; i++) ring.push(i);
    for (let i = 1; i <= 30; i++) expect(ring.shift()).toBe(i);
    for (let i = 41; i <= 300; i++) ring.push(i);
    expect([ring.count, ring.total]).toEqual([270, (300 * 301 - 30 * 31) / 2]);
    for (let i = 31; i <= 300; i++) expect(ring.shift()).toBe(i);
  });
});
