/** The timer values of RFC 3261 Table 4, per transport. */
import { describe, expect, it } from 'vitest';
import {
  backOff,
  DEFAULT_TIMER_C_MS,
  DEFAULT_TIMERS,
  lifetime,
  linger,
  timerD,
  timerI,
  timerJ,
  timerK,
} from '../../src/transaction/timers.ts';
import { TCP, UDP } from './timeline.ts';

it('has the defaults of RFC 3261 Table 4', () => {
  expect(DEFAULT_TIMERS).toEqual({ t1: 500, t2: 4_000, t4: 5_000 });
  expect(DEFAULT_TIMER_C_MS).toBeGreaterThan(180_000);
  expect(lifetime(DEFAULT_TIMERS)).toBe(32_000);
});

it.each([
  ['D', timerD, 32_000],
  ['I', timerI, 5_000],
  ['J', timerJ, 32_000],
  ['K', timerK, 5_000],
])('waits with timer %s over UDP and not at all over TCP', (_, timer, ms) => {
  expect([timer(UDP), timer(TCP)]).toEqual([ms, 0]);
});

it('keeps timer D at 32 s when T1 is short, and at 64*T1 when it is long', () => {
  const withT1 = (t1: number) => timerD({ ...UDP, timers: { ...DEFAULT_TIMERS, t1 } });
  expect([withT1(100), withT1(500), withT1(1_000)]).toEqual([32_000, 32_000, 64_000]);
});

it('doubles an interval up to T2', () => {
  expect([500, 1_999, 2_000, 2_001, 4_000].map((ms) => backOff(ms, DEFAULT_TIMERS))).toEqual([
    1_000, 3_998, 4_000, 4_000, 4_000,
  ]);
});

describe('linger', () => {
  const short = { ...DEFAULT_TIMERS, linger: 5_000 };

  it('is 64*T1 unless it was set', () => {
    expect(linger(DEFAULT_TIMERS)).toBe(32_000);
    expect(linger(short)).toBe(5_000);
  });

  it('shortens D and J over unreliable transports, and nothing that still waits for an answer', () => {
    expect(timerD({ timers: short, reliable: false })).toBe(5_000);
    expect(timerJ({ timers: short, reliable: false })).toBe(5_000);
    expect(lifetime(short)).toBe(32_000);
  });
});
