/** Virtual time for transaction machines: runs a machine from deadline to deadline and notes what it asked for. */
import type { Effects } from '../../src/transaction/effect.ts';
import type { TransactionConfig } from '../../src/transaction/timers.ts';
import { DEFAULT_TIMERS } from '../../src/transaction/timers.ts';
import type { Instant } from '../../src/util/time.ts';

export const at = (ms: number) => ms as Instant;

export const UDP: TransactionConfig = { timers: DEFAULT_TIMERS, reliable: false };
export const TCP: TransactionConfig = { timers: DEFAULT_TIMERS, reliable: true };

/** Bytes that read as `text`, so that a send in an expectation tells what was sent. */
export const message = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Effects as short words: 'send 180', 'deliver', 'timeout C', 'terminated finished'. */
export function words(effects: Effects): string[] {
  return effects.map((effect) => {
    switch (effect.kind) {
      case 'send':
        return `send ${new TextDecoder().decode(effect.bytes)}`;
      case 'timeout':
        return `timeout ${effect.which}`;
      case 'terminated':
        return `terminated ${effect.why}`;
      case 'deliver':
      case 'ack':
      case 'unsent':
        return effect.kind;
    }
  });
}

export interface Machine {
  readonly deadline: Instant | undefined;
  onDeadline(now: Instant): Effects;
}

/** Fires every deadline on time until none is left, at most `steps` times. */
export function runOut(machine: Machine, steps = 100): string[] {
  const log: string[] = [];
  for (let step = 0; step < steps; step += 1) {
    const due = machine.deadline;
    if (due === undefined) return log;
    for (const word of words(machine.onDeadline(due))) log.push(`${due} ${word}`);
  }
  throw new Error(`still a deadline after ${steps} steps: ${log.slice(-3).join(', ')}`);
}
