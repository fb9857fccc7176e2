/** What holds for every transaction machine whatever happens to it, in any order, at any time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effects } from '../../src/transaction/effect.ts';
import { InviteClient } from '../../src/transaction/invite-client.ts';
import { InviteServer } from '../../src/transaction/invite-server.ts';
import { NonInviteClient } from '../../src/transaction/non-invite-client.ts';
import { NonInviteServer } from '../../src/transaction/non-invite-server.ts';
import type { InviteClientConfig } from '../../src/transaction/timers.ts';
import type { Instant } from '../../src/util/time.ts';
import { at, type Machine, message, runOut } from './timeline.ts';

interface Step {
  readonly wait: number;
  readonly input: number;
  readonly status: number;
}

type Input = (now: Instant, status: number) => Effects;

interface Subject extends Machine {
  readonly state: string;
}

interface Driven {
  readonly tx: Subject;
  /** `onDeadline` is one of them, called at any time. */
  readonly inputs: readonly Input[];
}

const REPLY = message('reply');

const kinds: Record<string, (config: InviteClientConfig) => Driven> = {
  InviteServer: (config) => {
    const tx = new InviteServer(config);
    const inputs: Input[] = [
      (now) => tx.onDeadline(now),
      (now, status) => tx.onResponse(now, status, message(String(status))),
      () => tx.onRetransmission(),
      (now) => tx.onAck(now),
      () => tx.onTransportError(),
    ];
    return { tx, inputs };
  },
  NonInviteServer: (config) => {
    const tx = new NonInviteServer(config);
    const inputs: Input[] = [
      (now) => tx.onDeadline(now),
      (now, status) => tx.onResponse(now, status, message(String(status))),
      () => tx.onRetransmission(),
      () => tx.onTransportError(),
    ];
    return { tx, inputs };
  },
  InviteClient: (config) => {
    const tx = new InviteClient(at(0), REPLY, config);
    const cancelled: Input = (now) => {
      tx.onCancelled(now);
      return [];
    };
    const inputs: Input[] = [
      (now) => tx.onDeadline(now),
      (now, status) => tx.onResponse(now, status),
      (now) => tx.acked(now, REPLY),
      cancelled,
      () => tx.onTransportError(),
    ];
    return { tx, inputs };
  },
  NonInviteClient: (config) => {
    const tx = new NonInviteClient(at(0), REPLY, config);
    const inputs: Input[] = [
      (now) => tx.onDeadline(now),
      (now, status) => tx.onResponse(now, status),
      () => tx.onTransportError(),
    ];
    return { tx, inputs };
  },
};

const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40_000 })),
  input: fc.nat(4),
  status: fc.oneof(fc.constantFrom(100, 180, 200, 486), fc.integer({ min: 100, max: 699 })),
});

const config: fc.Arbitrary<InviteClientConfig> = fc
  .record({
    t1: fc.integer({ min: 1, max: 1_000 }),
    t2: fc.integer({ min: 1_000, max: 8_000 }),
    t4: fc.integer({ min: 1, max: 8_000 }),
    reliable: fc.boolean(),
    frTimerMs: fc.integer({ min: 1, max: 60_000 }),
    frInvTimerMs: fc.integer({ min: 1, max: 300_000 }),
  })
  .map(({ t1, t2, t4, ...rest }) => ({ timers: { t1, t2, t4 }, ...rest }));

interface Moment {
  readonly now: Instant;
  readonly before: { readonly state: string; readonly deadline: Instant | undefined };
  readonly input: number;
  readonly effects: Effects;
  readonly tx: Subject;
}

/** Plays a life the way the driver does: what is due fires first, then the input comes. */
function play(make: (config: InviteClientConfig) => Driven, config: InviteClientConfig, steps: readonly Step[]) {
  const { tx, inputs } = make(config);
  const life: Moment[] = [];
  let now = at(0);
  const call = (index: number, status: number) => {
    const before = { state: tx.state, deadline: tx.deadline };
    const effects = inputs[index % inputs.length]?.(now, status) ?? [];
    life.push({ now, before, input: index % inputs.length, effects, tx });
    return { deadline: tx.deadline };
  };
  for (const { wait, input, status } of steps) {
    now = at(now + wait);
    call(0, status);
    const { deadline } = call(input, status);
    if (deadline !== undefined) expect(deadline).toBeGreaterThanOrEqual(now);
  }
  return { tx, life, now };
}

describe.each(Object.keys(kinds))('%s, whatever happens', (name) => {
  const make = kinds[name];
  if (make === undefined) throw new Error(name);
  const check = (holds: (played: ReturnType<typeof play>) => void) =>
    fc.assert(
      fc.property(config, fc.array(step, { maxLength: 20 }), (timers, steps) => holds(play(make, timers, steps))),
      { numRuns: 300 },
    );

  it('has no deadline in the past after a call', () => check(() => undefined));

  it('does nothing when onDeadline comes before the deadline', () => {
    check(({ tx, now }) => {
      const { deadline, state } = tx;
      if (deadline !== undefined && deadline <= now) return;
      expect(tx.onDeadline(now)).toEqual([]);
      if (deadline !== undefined) expect(tx.onDeadline(at(deadline - 1))).toEqual([]);
      expect([tx.deadline, tx.state]).toEqual([deadline, state]);
    });
  });

  it('is terminated once, as its last effect, and silent for ever after', () => {
    check(({ life, tx }) => {
      const all = life.flatMap(({ effects }) => effects.map(({ kind }) => kind));
      const end = all.indexOf('terminated');
      expect(end === -1 || end === all.length - 1).toBe(true);
      expect(tx.state === 'terminated').toBe(end !== -1);
      if (end !== -1) expect(tx.deadline).toBeUndefined();
    });
  });

  it('asks for at most two things a call', () => {
    check(({ life }) => {
      for (const { effects } of life) expect(effects.length).toBeLessThanOrEqual(2);
    });
  });

  it('ends by itself, within 40 timer events, once it has a deadline', () => {
    fc.assert(
      fc.property(config, fc.array(step, { maxLength: 10 }), (timers, steps) => {
        const tame = { ...timers, timers: { t1: 500, t2: 4_000, t4: 5_000 } };
        const { tx } = play(make, tame, steps);
        if (tx.deadline === undefined) return;
        runOut(tx, 40);
        expect(tx.state).toBe('terminated');
      }),
      { numRuns: 200 },
    );
  });
});

const RESPONSE = 1;

/** The statuses that the machine let out when the user replied (not their repetitions). */
function passed(life: readonly Moment[]): number[] {
  return life
    .filter(({ input }) => input === RESPONSE)
    .flatMap(({ effects }) =>
      effects.flatMap((e) => (e.kind === 'send' ? [Number(new TextDecoder().decode(e.bytes))] : [])),
    );
}

const lives = (name: string, holds: (life: readonly Moment[]) => void) => {
  const make = kinds[name];
  if (make === undefined) throw new Error(name);
  fc.assert(
    fc.property(config, fc.array(step, { maxLength: 20 }), (timers, steps) => holds(play(make, timers, steps).life)),
    { numRuns: 500 },
  );
};

describe('one final reply per request', () => {
  it('passes a NonInviteServer at most once, and nothing after it', () => {
    lives('NonInviteServer', (life) => {
      const statuses = passed(life);
      const final = statuses.findIndex((status) => status >= 200);
      expect(final === -1 || final === statuses.length - 1).toBe(true);
    });
  });

  it('passes an InviteServer at most once, except that only 2xx may follow a 2xx', () => {
    lives('InviteServer', (life) => {
      const statuses = passed(life);
      const final = statuses.findIndex((status) => status >= 200);
      if (final === -1) return;
      const [first = 0, ...later] = statuses.slice(final);
      if (first >= 300) expect(later).toEqual([]);
      else for (const status of later) expect(Math.floor(status / 100)).toBe(2);
    });
  });

  it('reaches the user of an InviteClient as one class: one 300-699, or any number of 2xx', () => {
    lives('InviteClient', (life) => {
      const acks = life.filter(({ effects }) => effects.some(({ kind }) => kind === 'ack')).length;
      expect(acks).toBeLessThanOrEqual(1);
      const states = new Set(life.map(({ before }) => before.state));
      expect(states.has('accepted') && states.has('completed')).toBe(false);
    });
  });
});
