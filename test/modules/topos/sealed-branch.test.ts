/** What is sealed into a branch is read by who has the secret and by nobody else, and never makes it long. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BranchSealer, MAX_SEALED_BRANCH, type WayBack } from '../../../src/modules/topos/sealed-branch.ts';
import { lengthen, shorten } from '../../../src/modules/topos/via-text.ts';
import { BranchFactory, parseBranch, plainBranch } from '../../../src/transaction/branch.ts';

const factory = new BranchFactory({ node: 3, worker: 1 }, new Uint8Array(12).fill(7));
const fresh = (): string => factory.branch(factory.nextId(), 0);
const sealer = new BranchSealer('a secret of two nodes');

const VIA = 'SIP/2.0/UDP 192.168.10.20:5060;branch=z9hG4bK-524287-1---0a1b2c3d4e5f;rport=5060;received=10.0.0.2';
const ID = '0123456789abcdef0123456789abcdef';

const header = fc.stringMatching(/^[!-~\x80-\xff][ -~\x80-\xff]{0,30}$/);
const way: fc.Arbitrary<WayBack> = fc.record({
  vias: fc.array(fc.oneof(header, fc.constant(VIA)), { minLength: 1, maxLength: 3 }),
  recordRoutes: fc.array(header, { maxLength: 2 }),
  from: fc.constantFrom('a', 'b'),
  dialog: fc.option(
    fc.record({ id: fc.stringMatching(/^(?:[A-Za-z0-9_]{1,12}-)?[0-9a-f]{32}$/), opens: fc.boolean() }),
    { nil: undefined },
  ),
});

describe('a sealed branch', () => {
  it('gives back what was sealed, or stayed as it was because it would be too long', () => {
    fc.assert(
      fc.property(way, (given) => {
        const plain = fresh();
        const branch = sealer.seal(plain, given);
        expect(plainBranch(branch)).toBe(plain);
        expect(branch.length).toBeLessThanOrEqual(MAX_SEALED_BRANCH);
        expect(sealer.open(branch)).toEqual(branch === plain ? undefined : given);
      }),
      { numRuns: 300 },
    );
  });

  it('holds a usual Via with a dialog, and two without received and rport', () => {
    const dialog = { id: ID, opens: true };
    const parts = { recordRoutes: [], from: 'a', dialog } as const;
    const second = 'SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKabc123';
    for (const vias of [[VIA], ['SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKdef456', second]]) {
      expect(sealer.open(sealer.seal(fresh(), { ...parts, vias }))?.vias).toEqual(vias);
    }
  });

  it('is used to the last character of its limit, and not beyond', () => {
    const sealed = (length: number): string =>
      sealer.seal(factory.branch('x'.repeat(20), 0), {
        vias: ['v'.repeat(length)],
        ...{ recordRoutes: [], from: 'a', dialog: undefined },
      });
    const lengths = Array.from({ length: 150 }, (_, n) => sealed(n + 1).length);
    expect(Math.max(...lengths)).toBe(MAX_SEALED_BRANCH);
    expect(lengths.at(-1)).toBeLessThan(50);
  });

  it('is the same for the same request, and another for another branch', () => {
    const given: WayBack = { vias: [VIA], recordRoutes: [], from: 'a', dialog: undefined };
    const [one, other] = [fresh(), fresh()];
    expect(sealer.seal(one, given)).toBe(sealer.seal(one, given));
    const seals = [one, other].map((plain) => parseBranch(sealer.seal(plain, given))?.seal);
    expect(new Set(seals).size).toBe(2);
  });

  it('is nothing to who has another secret', () => {
    const branch = sealer.seal(fresh(), { vias: [VIA], recordRoutes: [], from: 'b', dialog: undefined });
    expect(new BranchSealer('another').open(branch)).toBeUndefined();
    expect(sealer.open(branch)).toBeDefined();
  });

  it('is nothing once a character of it was changed, removed or added, or moved to another branch', () => {
    const given: WayBack = { vias: [VIA], recordRoutes: [], from: 'a', dialog: { id: ID, opens: false } };
    const branch = sealer.seal(fresh(), given);
    const [, seal = ''] = branch.split('.s');
    fc.assert(
      fc.property(fc.nat(branch.length - 1), fc.constantFrom('A', '0', '_', '-', '.', 's', 'z'), (at, character) => {
        const changed = branch.slice(0, at) + character + branch.slice(at + 1);
        if (changed !== branch) expect(sealer.open(changed)).toBeUndefined();
        expect(sealer.open(branch.slice(0, at))).toBeUndefined();
        expect(sealer.open(branch.slice(0, at) + character + branch.slice(at))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
    expect(sealer.open(`${fresh()}.s${seal}`)).toBeUndefined();
  });

  it('is nothing in what others write', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{22,200}$/), (seal) => {
        expect(sealer.open(`${fresh()}.s${seal}`)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    for (const branch of ['', 'z9hG4bK1', fresh(), `${fresh()}.s`]) expect(sealer.open(branch)).toBeUndefined();
  });
});

describe('Vias in few bytes', () => {
  it('come back as they were', () => {
    const piece = fc.constantFrom(
      'SIP/2.0/UDP ',
      ';branch=z9hG4bK',
      ';received=',
      ';rport=5060',
      '192.168.',
      ':5060',
      'x',
    );
    const value = fc.array(fc.oneof(piece, header), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        expect(lengthen(shorten(values) ?? '-')).toEqual(values);
      }),
      { numRuns: 300 },
    );
  });

  it('are left alone when they hold control characters', () => {
    expect(shorten([VIA, 'SIP/2.0/UDP a;x=\u0001'])).toBeUndefined();
    expect(shorten(['SIP/2.0/UDP\t a'])).toBeUndefined();
  });

  it('are about half as long', () => {
    expect(shorten([VIA])?.length).toBeLessThan(VIA.length * 0.65);
  });
});
