/** The bounded tables of auth: failures by network and user, and nonces that were used. */
import { describe, expect, it } from 'vitest';
import {
  ACQUAINTANCE_MS,
  FailureLimits,
  type FailureLimitOptions,
  networkOf,
} from '../../../src/modules/auth/failure-limits.ts';
import { NonceLedger } from '../../../src/modules/auth/nonce-ledger.ts';
import { type Instant, after } from '../../../src/util/time.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const START: Instant = new VirtualClock().now();
const limits = (options: Partial<FailureLimitOptions> = {}) =>
  new FailureLimits({ maxFailures: 2, windowMs: 1000, ...options });
const by = (address: string, user = 'alice') => ({ address, user, realm: 'r' });

describe('networkOf', () => {
  it.each([
    ['10.0.0.1', '10.0.0.2', false],
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.2', false],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1', true],
  ])('takes %s and %s for one source: %s', (a, b, same) => {
    expect(networkOf(a) === networkOf(b)).toBe(same);
  });
});

describe('FailureLimits', () => {
  it('says which failure was the last one allowed', () => {
    const table = limits();
    expect(table.failed(by('10.0.0.1', 'a'), START)).toBe(false);
    expect(table.isLimited(by('10.0.0.1', 'c'), START)).toBe(false);
    expect(table.failed(by('10.0.0.1', 'b'), START)).toBe(true);
    expect(table.isLimited(by('10.0.0.1', 'c'), START)).toBe(true);
  });

  it('forgets when the window that began with the first failure is over', () => {
    const table = limits();
    table.failed(by('10.0.0.1'), START);
    table.failed(by('10.0.0.1'), after(START, 900));
    expect(table.isLimited(by('10.0.0.1'), after(START, 999))).toBe(true);
    expect(table.isLimited(by('10.0.0.1'), after(START, 1000))).toBe(false);
  });

  it('does not let who owns an account buy further guesses by logging in', () => {
    const table = limits();
    for (const user of ['a', 'b']) {
      table.succeeded(by('10.0.0.1', 'mallory'), START);
      table.failed(by('10.0.0.1', user), START);
    }
    expect(table.isLimited(by('10.0.0.1', 'c'), START)).toBe(true);
    expect(table.isLimited(by('10.0.0.1', 'mallory'), START)).toBe(false);
  });

  it('limits who logged in from here as well, by his own failures', () => {
    const table = limits();
    table.succeeded(by('10.0.0.1'), START);
    table.failed(by('10.0.0.1'), START);
    table.failed(by('10.0.0.1'), START);
    expect(table.isLimited(by('10.0.0.1'), START)).toBe(true);
    expect(table.isLimited(by('10.0.0.1', 'bob'), START)).toBe(false);
    expect(table.isLimited(by('10.0.0.2'), START)).toBe(false);
  });

  it('remembers who logged in for a while', () => {
    const later = after(START, ACQUAINTANCE_MS - 1);
    const table = limits({ maxFailures: 1 });
    table.succeeded(by('10.0.0.1'), START);
    table.failed(by('10.0.0.1', 'bob'), later);
    expect(table.isLimited(by('10.0.0.1'), later)).toBe(false);
    expect(table.isLimited(by('10.0.0.1'), after(later, 1))).toBe(true);
  });

  it('remembers as many suspects as it may, and lets the oldest go', () => {
    const table = limits({ maxFailures: 1, maxSuspects: 2 });
    for (const n of [1, 2, 3]) table.failed(by(`10.0.0.${n}`, `user${n}`), START);
    const limited = [1, 2, 3].map((n) => table.isLimited(by(`10.0.0.${n}`, 'nobody'), START));
    expect(limited).toEqual([false, true, true]);
  });
});

describe('NonceLedger', () => {
  it('remembers a nonce for as long as any clock may call it fresh', () => {
    const ledger = new NonceLedger(10);
    ledger.use('n', 1, 'count', START);
    expect(ledger.isReplay('n', 1, 'count', after(START, 20_000))).toBe(true);
    expect(ledger.isReplay('n', 1, 'count', after(START, 21_000))).toBe(false);
  });

  it('remembers nothing when nobody asks', () => {
    const ledger = new NonceLedger(10);
    ledger.use('n', 1, 'off', START);
    expect(ledger.isReplay('n', 1, 'once', START)).toBe(false);
  });

  it('forgets the nonce used longest ago when it is full, and counts that', () => {
    const ledger = new NonceLedger(10, 2);
    for (const nonce of ['a', 'b', 'a', 'c']) ledger.use(nonce, 1, 'count', START);
    expect(['a', 'b', 'c'].map((nonce) => ledger.isReplay(nonce, 1, 'count', START))).toEqual([true, false, true]);
    expect(ledger.forgotten).toBe(1);
  });
});
