/** maxfwd: results and headers as the real Kamailio 5.6.3 gave them for the same requests. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { maxfwd } from '../../../src/modules/maxfwd/maxfwd.ts';
import { rigOf, written } from '../../support/contexts.ts';

const rig = await rigOf([maxfwd]);
const withHops = (hops: string | undefined) =>
  rig.request(written({ headers: hops === undefined ? [] : [`Max-Forwards: ${hops}`] }));

describe('process', () => {
  it.each([
    [undefined, 'added', '10'],
    ['70', 'decremented', '69'],
    ['71', 'decremented', '70'],
    ['72', 'decremented', '70'],
    ['256', 'decremented', '70'],
    ['99999', 'decremented', '70'],
    ['1', 'decremented', '0'],
    ['07', 'decremented', '6'],
    ['0', 'exhausted', '0'],
    ['100000', 'malformed', '100000'],
    ['abc', 'malformed', 'abc'],
    ['-1', 'malformed', '-1'],
    ['+5', 'malformed', '+5'],
  ])('makes of %s: %s, and leaves %s', (given, outcome, left) => {
    const ctx = withHops(given);
    expect(rig.modules.maxfwd.process(ctx, 10)).toBe(outcome);
    expect(ctx.message.headers.getAll('Max-Forwards')).toEqual([left]);
  });

  it('calls an empty header malformed, where Kamailio reads a 0', () => {
    expect(rig.modules.maxfwd.process(withHops(''), 10)).toBe('malformed');
  });

  it('lowers to max_limit what is higher', async () => {
    const low = await rigOf([use(maxfwd, { max_limit: 5 })]);
    const ctx = low.request(written({ headers: ['Max-Forwards: 70'] }));
    low.modules.maxfwd.process(ctx, 70);
    expect(ctx.message.maxForwards).toBe(5);
  });

  it('ends every forwarding loop', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 255 }), (first, initial) => {
        const ctx = withHops(String(first));
        let turns = 0;
        while (rig.modules.maxfwd.process(ctx, initial) === 'decremented') turns++;
        expect(turns).toBeLessThanOrEqual(71);
      }),
      { numRuns: 100 },
    );
  });
});

describe('isBelow', () => {
  it.each([
    [undefined, 'missing'],
    ['0', 'below'],
    ['9', 'below'],
    ['10', 'notBelow'],
    ['11', 'notBelow'],
    ['99999', 'notBelow'],
    ['100000', 'malformed'],
    ['abc', 'malformed'],
  ])('compares %s with 10: %s', (given, outcome) => {
    expect(rig.modules.maxfwd.isBelow(withHops(given), 10)).toBe(outcome);
  });
});

it('gives kamailio.cfg the numbers of Kamailio', () => {
  const { process, isBelow } = maxfwd.decl.functions;
  expect(process.returns).toEqual({ decremented: 1, added: 2, exhausted: -1, malformed: -2 });
  expect(isBelow.returns).toEqual({ below: 1, notBelow: -1, missing: -2, malformed: -3 });
});
