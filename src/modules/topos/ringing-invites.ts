/** INVITEs that wait for their final reply, by the transaction of their caller: which branches a CANCEL has to end. */
import type { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';
import { invitesText, sentInvite } from './sent-invite.ts';

/** One branch. */
export interface RingingInvite {
  /** Where in the store all branches of its caller are. */
  readonly key: string;
  /** As it leaves, from the end of the turn on. */
  readonly copy: SipRequest;
  readonly flow: Flow;
}

/** Those of one caller. */
interface Branches {
  readonly all: Set<RingingInvite>;
  /** Whether the store may have a record of them. */
  isWritten: boolean;
}

export class RingingInvites {
  readonly #byCaller = new Map<string, Branches>();
  /** Keys of those with a branch that the store does not have. */
  readonly news = new Set<string>();

  begins(invite: RingingInvite): void {
    const known = this.#byCaller.get(invite.key);
    if (known === undefined) this.#byCaller.set(invite.key, { all: new Set([invite]), isWritten: false });
    else known.all.add(invite);
    this.news.add(invite.key);
  }

  written(key: string): void {
    const known = this.#byCaller.get(key);
    if (known !== undefined) known.isWritten = true;
  }

  /** Whether there is a record to take back: no other branch of its caller rings. */
  ends(invite: RingingInvite): boolean {
    const known = this.#byCaller.get(invite.key);
    if (known?.all.delete(invite) !== true || known.all.size > 0) return false;
    this.#byCaller.delete(invite.key);
    this.news.delete(invite.key);
    return known.isWritten;
  }

  /** As a record; undefined when none rings. */
  text(key: string, owner: string): string | undefined {
    const known = this.#byCaller.get(key);
    return (
      known &&
      invitesText(
        [...known.all].map(({ copy, flow }) => sentInvite(copy, flow)),
        owner,
      )
    );
  }
}
