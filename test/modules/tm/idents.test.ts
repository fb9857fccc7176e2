/** The numbers of a transaction: no two have the same, and what is over is not found. */
import { describe, expect, it } from 'vitest';
import { Idents, type Named } from '../../../src/modules/tm/idents.ts';
import { SimRandom } from '../../../src/testing/sim-random.ts';

const named = (): Named => ({ resume: () => 'notSuspended', reply: () => 'answered' });
const fixed = (value: number) => ({ u32: () => value });

describe('the numbers of a transaction', () => {
  it('find it, both together only', () => {
    const idents = new Idents();
    const one = named();
    const { index, label } = idents.give(one, 'a@b', new SimRandom(1, 'x'));
    expect(idents.find(index, label)).toBe(one);
    expect([idents.find(index + 1, label), idents.find(index, label + 1)]).toEqual([undefined, undefined]);
  });

  it('are an index of 16 bits and a label below 2^31 that begins again at 1', () => {
    const idents = new Idents();
    const last = 0x7fff_fffe;
    const labels = [1, 2].map((i) => idents.give(named(), `${i}`, fixed(last)).label);
    expect(labels).toEqual([0x7fff_ffff, 1]);
    expect(idents.give(named(), 'any', fixed(0)).index).toBeLessThan(65_536);
  });

  it('are not given again while somebody has them', () => {
    const idents = new Idents();
    const random = fixed(0x7fff_fffe);
    const first = idents.give(named(), 'a', random);
    expect([first.label, idents.give(named(), 'b', random).label, idents.size]).toEqual([0x7fff_ffff, 1, 2]);
    idents.forget(first);
    expect([idents.find(first.index, first.label), idents.size]).toEqual([undefined, 1]);
  });
});
