/** CSeq numbers and methods, to the edge of 32 bits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CSEQ_LIMIT, formatCSeq, parseCSeq } from '../../src/sip/cseq.ts';

describe('CSeq', () => {
  it.each([
    ['1 INVITE', { number: 1, method: 'INVITE' }],
    ['0009  \t INVITE', { number: 9, method: 'INVITE' }],
    [`${CSEQ_LIMIT} BYE`, { number: CSEQ_LIMIT, method: 'BYE' }],
    [
      "139122385 !interesting-Method0123456789_*+`.%indeed'~",
      { number: 139122385, method: "!interesting-Method0123456789_*+`.%indeed'~" },
    ],
  ])('reads %s', (text, cseq) => {
    expect(parseCSeq(text)).toEqual(cseq);
  });

  it.each([
    '',
    '1',
    '1 ',
    'INVITE',
    '1INVITE',
    '-1 INVITE',
    '1 INVITE x',
    '1 INV,ITE',
    `${CSEQ_LIMIT + 1} BYE`,
    '36893488147419103232 REGISTER',
  ])('refuses %j', (text) => {
    expect(parseCSeq(text)).toBeUndefined();
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.nat(CSEQ_LIMIT), (number) => {
        expect(parseCSeq(formatCSeq({ number, method: 'ACK' }))).toEqual({ number, method: 'ACK' });
      }),
    );
  });
});
