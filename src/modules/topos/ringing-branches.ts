/** Requests of ours that wait for replies, and the branches of those that ring: INVITEs without a final reply. */
import type { Crossing } from './crossing.ts';
import { type RingingInvite, RingingInvites } from './ringing-invites.ts';

/** A request that waits for replies. */
export interface WaitingRequest {
  readonly crossing: Crossing;
  readonly callId: string;
  /** Whether its caller still has no final reply. */
  readonly rings: () => boolean;
  /** Its caller has its final reply, but the fork may have lost and still be to answer. */
  isLeftOver: boolean;
  /** Whether the store may have a record of it. */
  isWritten: boolean;
  /** undefined for what no CANCEL of ours could end. */
  readonly invite: RingingInvite | undefined;
}

export class RingingBranches {
  readonly #all = new Map<string, WaitingRequest>();
  /** The same by their callers. */
  readonly invites = new RingingInvites();

  /** A branch that is stamped again, for another transport, replaces itself. */
  begins(waiting: WaitingRequest): void {
    const { branch } = waiting.crossing;
    const before = this.#all.get(branch);
    this.#all.set(branch, waiting);
    if (waiting.invite !== undefined) this.invites.begins(waiting.invite);
    if (before === undefined) return;
    waiting.isWritten = before.isWritten;
    if (before.invite !== undefined) this.invites.ends(before.invite);
  }

  /** A branch has its final reply: its caller may ring on, with others. */
  take(branch: string): WaitingRequest | undefined {
    const waiting = this.#all.get(branch);
    if (waiting !== undefined) this.#all.delete(branch);
    return waiting;
  }

  /** Those whose callers still wait. A fork that lost has until the next time to answer. */
  *ringing(): Iterable<WaitingRequest> {
    for (const [branch, waiting] of this.#all) {
      if (waiting.rings()) yield waiting;
      else if (!waiting.isLeftOver) waiting.isLeftOver = true;
      else {
        this.#all.delete(branch);
        if (waiting.invite !== undefined) this.invites.ends(waiting.invite);
      }
    }
  }
}
