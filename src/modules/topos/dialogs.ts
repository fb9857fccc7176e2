/**
 * The dialogs of this node, by id and by Call-ID. Each lives until a while after its last request; an early one as long
 * as its INVITE rings, an ended one long enough for what still crosses its BYE.
 */
import type { Counter } from '../../engine/module.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Dialog, Leg } from './dialog.ts';
import type { Side } from './keys.ts';

/** 64*T1 twice over: what is still on its way when a dialog ends arrives within it. */
export const LINGER_MS = 64_000;
/** Dialogs looked at without a pause, so that no message waits for long. */
export const SWEEP_SLICE = 1_000;

export interface Lifetimes {
  readonly earlyMs: number;
  readonly dialogMs: number;
}

/** A dialog as one side of it sees it. */
export interface Standing {
  readonly dialog: Dialog;
  /** Who sent the message. */
  readonly side: Side;
  /** The leg of B that it concerns; undefined before B has a tag. */
  readonly leg: Leg | undefined;
}

/** Hears of what another node would have to know. */
export interface DialogWatcher {
  /** It is new, or may have changed. */
  changed(dialog: Dialog): void;
  /** It has come to nothing. One that expires is not told. */
  gone(dialog: Dialog): void;
}

interface Entry {
  readonly dialog: Dialog;
  expires: Instant;
  /** Whether its INVITE still rings: then it outlives its time. */
  rings: (() => boolean) | undefined;
}

export class Dialogs {
  watcher: DialogWatcher | undefined = undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #byCall = new Map<string, readonly Dialog[]>();
  readonly #expired: Counter;
  #max: number;
  #lifetimes: Lifetimes;
  #sweeping: Iterator<Entry> | undefined = undefined;

  constructor(max: number, lifetimes: Lifetimes, expired: Counter) {
    this.#max = max;
    this.#lifetimes = lifetimes;
    this.#expired = expired;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The limits of another program. What is there keeps its time until it is heard of again. */
  tune(max: number, lifetimes: Lifetimes): void {
    this.#max = max;
    this.#lifetimes = lifetimes;
  }

  /** `full`: there is room for no more. */
  add(dialog: Dialog, now: Instant, rings?: () => boolean): 'added' | 'full' {
    if (this.#entries.size >= this.#max) return 'full';
    this.#entries.set(dialog.id, { dialog, expires: after(now, this.lifeOf(dialog)), rings });
    this.#byCall.set(dialog.callId, [...(this.#byCall.get(dialog.callId) ?? []), dialog]);
    this.watcher?.changed(dialog);
    return 'added';
  }

  /** Takes over a dialog of another node, unless it is here already. undefined: there is no room. */
  adopt(dialog: Dialog, now: Instant): Dialog | undefined {
    const known = this.get(dialog.id, now);
    if (known !== undefined) return known;
    return this.add(dialog, now) === 'added' ? dialog : undefined;
  }

  /** Milliseconds that a dialog lives from its last sign of life. */
  lifeOf({ phase, lifeMs }: Dialog): number {
    switch (phase) {
      case 'early':
        return this.#lifetimes.earlyMs;
      case 'confirmed':
        return lifeMs ?? this.#lifetimes.dialogMs;
      case 'ended':
        return LINGER_MS;
    }
  }

  get(id: string, now: Instant): Dialog | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || this.#isOver(entry, now)) return undefined;
    return entry.dialog;
  }

  ofCall(callId: string): readonly Dialog[] {
    return this.#byCall.get(callId) ?? NONE;
  }

  /** It was written to. */
  changed(dialog: Dialog): void {
    if (this.#entries.has(dialog.id)) this.watcher?.changed(dialog);
  }

  /** It was heard of again. */
  touch(dialog: Dialog, now: Instant): void {
    const entry = this.#entries.get(dialog.id);
    if (entry === undefined) return;
    entry.expires = after(now, this.lifeOf(dialog));
    if (dialog.phase !== 'early') entry.rings = undefined;
    this.watcher?.changed(dialog);
  }

  delete(dialog: Dialog): void {
    if (this.#entries.has(dialog.id)) this.watcher?.gone(dialog);
    this.#forget(dialog);
  }

  #forget(dialog: Dialog): void {
    if (!this.#entries.delete(dialog.id)) return;
    const others = this.ofCall(dialog.callId).filter((other) => other !== dialog);
    if (others.length === 0) this.#byCall.delete(dialog.callId);
    else this.#byCall.set(dialog.callId, others);
  }

  /** A confirmed one is back, if it was forgotten meanwhile: a 2xx can come late. */
  restore(dialog: Dialog, now: Instant): void {
    if (!this.#entries.has(dialog.id)) this.add(dialog, now);
    else this.touch(dialog, now);
  }

  /** Forgets what has expired, a slice at a time: `more` until it has been through all. */
  sweep(now: Instant): 'done' | 'more' {
    this.#sweeping ??= this.#entries.values();
    for (let left = SWEEP_SLICE; left > 0; left--) {
      const next = this.#sweeping.next();
      if (next.done === true) {
        this.#sweeping = undefined;
        return 'done';
      }
      if (!this.#isOver(next.value, now)) continue;
      this.#expired.value++;
      this.#forget(next.value.dialog);
    }
    return 'more';
  }

  values(): Iterable<Dialog> {
    return [...this.#entries.values()].map(({ dialog }) => dialog);
  }

  #isOver(entry: Entry, now: Instant): boolean {
    if (entry.expires > now) return false;
    if (entry.rings?.() !== true) return true;
    entry.expires = after(now, this.lifeOf(entry.dialog));
    return false;
  }
}

const NONE: readonly never[] = [];
