/** Masked Call-IDs: deterministic, reversible with the key, and nothing without it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallIdMask, IV_BYTES, MASK_PREFIX, MAX_MASKABLE } from '../../../src/modules/topos/callid-mask.ts';

const mask = new CallIdMask('one secret');
const callId = fc.string({
  unit: fc.integer({ min: 33, max: 255 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
});
const masked = (id: string): string => mask.mask(id) ?? '';

describe('a masked Call-ID', () => {
  it('is read by everybody who has the secret, and looks the same each time', () => {
    fc.assert(
      fc.property(callId, (id) => {
        expect(new CallIdMask('one secret').unmask(masked(id))).toBe(id);
        expect(masked(id)).toBe(masked(id));
      }),
      { numRuns: 200 },
    );
  });

  it('is one word of RFC 3261, with its prefix in front and nothing of the original', () => {
    const text = masked('a84b4c76e66710@pc33.atlanta.example');
    expect(text).toMatch(/^tpsc-[A-Za-z0-9_-]+$/);
    expect(Buffer.from(text.slice(MASK_PREFIX.length), 'base64url').toString('latin1')).not.toContain('atlanta');
  });

  it('differs for ids that differ in one letter, from its first characters on', () => {
    const [a, b] = [masked('call-1@host'), masked('call-2@host')];
    expect(a.slice(0, 12)).not.toBe(b.slice(0, 12));
    expect(a.slice(-8)).not.toBe(b.slice(-8));
  });

  it('cannot be read with another secret', () => {
    expect(new CallIdMask('another secret').unmask(masked('call@host'))).toBeUndefined();
  });

  it('is refused with any of its bits turned over', () => {
    const bytes = Buffer.from(masked('call@host').slice(MASK_PREFIX.length), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const forged = Buffer.from(bytes);
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(mask.unmask(MASK_PREFIX + forged.toString('base64url'))).toBeUndefined();
    }
  });

  it.each([
    ['an id of somebody else', 'a84b4c76e66710@pc33'],
    ['the prefix alone', MASK_PREFIX],
    ['an IV and nothing behind it', MASK_PREFIX + Buffer.alloc(IV_BYTES).toString('base64url')],
    ['what base64url does not know', `${MASK_PREFIX}####`],
    ['itself with more behind it', `${masked('call@host')}@host`],
    ['itself in another spelling', `${masked('call@host')}=`],
  ])('is not %s', (_, text) => {
    expect(mask.unmask(text)).toBeUndefined();
  });

  it('has room for ids of up to 512 characters and no more', () => {
    const longest = 'x'.repeat(MAX_MASKABLE);
    expect(mask.unmask(masked(longest))).toBe(longest);
    expect(mask.mask(`${longest}x`)).toBeUndefined();
  });

  it('survives random text without a throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(mask.unmask(MASK_PREFIX + text)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
