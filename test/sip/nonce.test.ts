/** Nonces that carry their own proof. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NONCE_LENGTH, NonceFactory } from '../../src/sip/nonce.ts';
import type { WallTime } from '../../src/util/time.ts';

const at = (seconds: number, microseconds = 0): WallTime => (seconds * 1_000_000 + microseconds) as WallTime;
const made = at(1_795_143_000, 123_456);
const factory = new NonceFactory(Buffer.alloc(32, 'k'));
const LIFETIME = 300;
const later = (seconds: number, microseconds = 0): WallTime => at(1_795_143_000 + seconds, 123_456 + microseconds);

describe('NonceFactory', () => {
  it('takes its nonce up to the end of its life and calls it stale after that', () => {
    const nonce = factory.make(made);
    expect(factory.check(nonce, made, LIFETIME)).toBe('fresh');
    expect(factory.check(nonce, later(LIFETIME), LIFETIME)).toBe('fresh');
    expect(factory.check(nonce, later(LIFETIME, 1), LIFETIME)).toBe('stale');
  });

  it('takes a nonce of a clock that is ahead, but not of one that is far ahead', () => {
    const nonce = factory.make(made);
    expect(factory.check(nonce, later(-LIFETIME), LIFETIME)).toBe('fresh');
    expect(factory.check(nonce, later(-LIFETIME, -1), LIFETIME)).toBe('stale');
  });

  it('knows the nonces of another node with the same key, and of no other key', () => {
    const nonce = factory.make(made);
    expect(new NonceFactory(Buffer.alloc(32, 'k')).check(nonce, made, LIFETIME)).toBe('fresh');
    expect(new NonceFactory(Buffer.alloc(32, 'K')).check(nonce, made, LIFETIME)).toBe('forged');
  });

  it('binds a nonce to what was said when it was made', () => {
    const nonce = factory.make(made, 'example.com');
    expect(factory.check(nonce, made, LIFETIME, 'example.com')).toBe('fresh');
    expect(factory.check(nonce, made, LIFETIME, 'example.org')).toBe('forged');
    expect(factory.check(nonce, made, LIFETIME)).toBe('forged');
  });

  it('makes nonces that need no escaping in a quoted string and differ by the microsecond', () => {
    const nonce = factory.make(made);
    expect(nonce).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(nonce).toHaveLength(NONCE_LENGTH);
    expect(factory.make(later(0, 1))).not.toBe(nonce);
  });

  it('calls a nonce forged when any one character was changed', () => {
    const nonce = factory.make(made);
    for (let i = 0; i < nonce.length; i++) {
      const other = nonce[i] === 'A' ? 'B' : 'A';
      expect(factory.check(nonce.slice(0, i) + other + nonce.slice(i + 1), made, LIFETIME)).toBe('forged');
    }
  });

  it('calls other spellings of the same bytes forged', () => {
    const at63 = [...Array(200).keys()].map((i) => factory.make(later(i))).find((nonce) => /[-_]/.test(nonce)) ?? '';
    expect(at63).toMatch(/[-_]/);
    const classic = at63.replaceAll('-', '+').replaceAll('_', '/');
    expect(Buffer.from(classic, 'base64')).toEqual(Buffer.from(at63, 'base64url'));
    expect(factory.check(classic, made, LIFETIME)).toBe('forged');
  });

  it('calls anything that it did not make forged', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ minLength: 24, maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc.string({ unit: 'binary', minLength: NONCE_LENGTH, maxLength: NONCE_LENGTH }),
    );
    fc.assert(fc.property(text, (nonce) => void expect(factory.check(nonce, made, LIFETIME)).toBe('forged')));
  });
});
