/** Our own branches: unique, legal tokens, and readable again by every worker. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BranchFactory,
  formatBranch,
  MAX_BRANCH_NUMBER,
  MAX_ID_LENGTH,
  MIN_RANDOM_BYTES,
  type OwnBranch,
  parseBranch,
} from '../../src/transaction/branch.ts';

const random = Uint8Array.from({ length: MIN_RANDOM_BYTES }, (_, i) => 255 - i * 17);
const number = fc.nat(MAX_BRANCH_NUMBER);
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const own: fc.Arbitrary<OwnBranch> = fc.record({ node: number, worker: number, id, index: number });

describe('a branch of ours', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(own, (branch) => {
        expect(parseBranch(formatBranch(branch))).toEqual(branch);
      }),
    );
  });

  it('begins with the magic cookie and is a token (RFC 3261 §8.1.1.7, §25.1)', () => {
    fc.assert(
      fc.property(own, (branch) => {
        expect(formatBranch(branch)).toMatch(/^z9hG4bK[A-Za-z0-9\-.!%*_+`'~]+$/);
      }),
    );
  });

  it('has one spelling: what is read is written again as it was', () => {
    const unit = fc.constantFrom('0', '1', '9', 'a', 'z', 'A', '.', '_');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (rest) => {
        const text = `z9hG4bKvd.${rest}`;
        const branch = parseBranch(text);
        if (branch !== undefined) expect(formatBranch(branch)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['of somebody else', 'z9hG4bKnashds8'],
    ['of Kamailio', 'z9hG4bK1d32.a3b1c1e4000000000000000000000000.0'],
    ['without cookie', 'vd.1.2.abc.0'],
    ['with a cookie in other case', 'Z9HG4BKvd.1.2.abc.0'],
    ['without index', 'z9hG4bKvd.1.2.abc'],
    ['with a part too many', 'z9hG4bKvd.1.2.abc.0.0'],
    ['with an empty id', 'z9hG4bKvd.1.2..0'],
    ['with a leading zero', 'z9hG4bKvd.01.2.abc.0'],
    ['with capitals in a number', 'z9hG4bKvd.A.2.abc.0'],
    ['with a newline at the end', 'z9hG4bKvd.1.2.abc.0\n'],
    ['that is empty', ''],
  ])('is not seen in one %s', (_, text) => {
    expect(parseBranch(text)).toBeUndefined();
  });

  it('is read up to the highest node, worker and index, and not above', () => {
    const top = MAX_BRANCH_NUMBER.toString(36);
    const above = (MAX_BRANCH_NUMBER + 1).toString(36);
    expect(parseBranch(`z9hG4bKvd.${top}.${top}.x.${top}`)).toEqual({
      node: MAX_BRANCH_NUMBER,
      worker: MAX_BRANCH_NUMBER,
      id: 'x',
      index: MAX_BRANCH_NUMBER,
    });
    expect(parseBranch(`z9hG4bKvd.${above}.0.x.0`)).toBeUndefined();
    expect(parseBranch(`z9hG4bKvd.0.${above}.x.0`)).toBeUndefined();
    expect(parseBranch(`z9hG4bKvd.0.0.x.${above}`)).toBeUndefined();
  });

  it('is read with an id of the longest length, and not longer', () => {
    expect(parseBranch(`z9hG4bKvd.0.0.${'x'.repeat(MAX_ID_LENGTH)}.0`)?.id).toHaveLength(MAX_ID_LENGTH);
    expect(parseBranch(`z9hG4bKvd.0.0.${'x'.repeat(MAX_ID_LENGTH + 1)}.0`)).toBeUndefined();
  });
});

describe('BranchFactory', () => {
  it('makes branches that name their owner', () => {
    const factory = new BranchFactory({ node: 7, worker: 3 }, random);
    const transaction = factory.nextId();
    expect(parseBranch(factory.branch(transaction, 2))).toEqual({ node: 7, worker: 3, id: transaction, index: 2 });
  });

  it('never makes an id twice', () => {
    const factory = new BranchFactory({ node: 0, worker: 0 }, random);
    const ids = new Set(Array.from({ length: 10_000 }, () => factory.nextId()));
    expect(ids.size).toBe(10_000);
  });

  it('makes other ids than a factory with other random bytes: every byte counts', () => {
    const first = new BranchFactory({ node: 0, worker: 0 }, random).nextId();
    for (let i = 0; i < MIN_RANDOM_BYTES; i += 1) {
      const other = random.map((byte, at) => (at === i ? byte ^ 1 : byte));
      expect(new BranchFactory({ node: 0, worker: 0 }, other).nextId()).not.toBe(first);
    }
  });

  it('makes keys of branch and method that are short and belong to no other pair (RFC 3261 §17.1.3)', () => {
    const factory = new BranchFactory({ node: 7, worker: 3 }, random);
    const branch = factory.branch(factory.nextId(), 0);
    const key = factory.clientKey(branch, 'INVITE');
    expect(key).toBe('1.0 INVITE');
    // A CANCEL has the branch of its INVITE.
    expect(factory.clientKey(branch, 'CANCEL')).not.toBe(key);
    const text = fc.oneof(
      fc.string(),
      fc.nat(branch.length).map((length) => branch.slice(length)),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('INVITE', 'NVITE', ''), (other, method) => {
        expect(factory.clientKey(other, method) === key).toBe(other === branch && method === 'INVITE');
      }),
    );
  });

  it('refuses less than 96 bits of randomness', () => {
    expect(() => new BranchFactory({ node: 0, worker: 0 }, random.subarray(1))).toThrow(RangeError);
  });

  it.each([
    { node: -1, worker: 0 },
    { node: 0, worker: 1.5 },
    { node: MAX_BRANCH_NUMBER + 1, worker: 0 },
    { node: 0, worker: Number.NaN },
  ])('refuses the owner %j', (owner) => {
    expect(() => new BranchFactory(owner, random)).toThrow(RangeError);
  });
});
