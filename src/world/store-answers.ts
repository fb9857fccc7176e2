/**
 * Commands that a store has sent and that wait for their answers. Each has its time limit, and a server of which nothing
 * has been heard for several of them is silent.
 */
import { after, type Instant } from '../util/time.ts';
import type { Call } from './store-record.ts';
import type { Clock } from './world.ts';

/** Commands that wait for an answer; further ones are not sent. A server takes these well within the time limit. */
export const MAX_PENDING = 4_096;
/** Time limits without any answer, from the first command that got none, before the server counts as silent. */
export const SILENT_LIMITS = 2;

export type Answer = { readonly kind: 'answer'; readonly value: unknown } | { readonly kind: 'down' | 'refused' };

export interface Pending {
  readonly deadline: Instant;
  /** undefined once it is settled. */
  settle: ((answer: Answer) => void) | undefined;
  /** The script that it runs, while the server is thought to know it. */
  call: Call | undefined;
}

export interface AnswerEvents {
  /** A command got no answer in time. */
  late(): void;
  silent(forMs: number): void;
}

/** Settled ones at the front of the line before it is shortened. */
const SHORTEN = 256;
const DOWN: Answer = { kind: 'down' };

export class Answers {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #on: AnswerEvents;
  /**
   * In the order they were sent, which is that of their deadlines and mostly that of their answers. A Set would do, but
   * the tables that it outgrows hold on to each other and to all that was ever in them until the next full collection.
   */
  readonly #line: (Pending | undefined)[] = [];
  /** Where the oldest is that waits, or the end. */
  #first = 0;
  #waiting = 0;
  /** When the first command was sent that nothing has been heard after. */
  #silentSince: Instant | undefined = undefined;
  #cancelWake: (() => void) | undefined = undefined;

  constructor(clock: Clock, timeoutMs: number, on: AnswerEvents) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#on = on;
  }

  get isFull(): boolean {
    return this.#waiting >= MAX_PENDING;
  }

  wait(settle: (answer: Answer) => void, call: Call | undefined): Pending {
    const now = this.#clock.now();
    const pending: Pending = { deadline: after(now, this.#timeoutMs), settle, call };
    this.#silentSince ??= now;
    this.#line.push(pending);
    this.#waiting++;
    this.#arm();
    return pending;
  }

  /** The server said something, this or another thing. */
  answered(pending: Pending, answer: Answer): void {
    this.#silentSince = undefined;
    this.settle(pending, answer);
  }

  /** The first answer counts. */
  settle(pending: Pending, answer: Answer): void {
    const { settle } = pending;
    if (settle === undefined) return;
    pending.settle = undefined;
    pending.call = undefined;
    this.#waiting--;
    this.#advance();
    settle(answer);
  }

  /** Nothing that was sent is answered any more. */
  giveUp(): void {
    for (const pending of [...this.#line]) if (pending !== undefined) this.settle(pending, DOWN);
  }

  /** What comes next is the first thing to be heard. */
  heardOf(): void {
    this.#silentSince = undefined;
  }

  /** When all that waits now has come to its end. */
  async settled(): Promise<void> {
    const last = this.#line.at(-1);
    if (last?.settle === undefined) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (last.settle === undefined) resolve();
        else this.#clock.wake(after(this.#clock.now(), 1), look);
      };
      look();
    });
  }

  stop(): void {
    this.#cancelWake?.();
  }

  #advance(): void {
    const line = this.#line;
    while (this.#first < line.length && line[this.#first]?.settle === undefined) line[this.#first++] = undefined;
    if (this.#first === line.length) line.length = 0;
    else if (this.#first >= SHORTEN) line.splice(0, this.#first);
    else return;
    this.#first = 0;
  }

  #arm(): void {
    if (this.#cancelWake !== undefined) return;
    const oldest = this.#line[this.#first];
    if (oldest === undefined) return;
    // The answers may be there already while we were busy: they are read before the turn ends.
    this.#cancelWake = this.#clock.wake(oldest.deadline, () => this.#clock.defer(() => this.#overdue()));
  }

  #overdue(): void {
    this.#cancelWake = undefined;
    const now = this.#clock.now();
    let isLate = false;
    for (const pending of [...this.#line]) {
      if (pending?.settle === undefined) continue;
      if (pending.deadline > now) break;
      this.#on.late();
      isLate = true;
      this.settle(pending, DOWN);
    }
    const silentMs = this.#silentSince === undefined ? 0 : now - this.#silentSince;
    if (isLate && silentMs >= SILENT_LIMITS * this.#timeoutMs) this.#on.silent(silentMs);
    this.#arm();
  }
}
