/**
 * Records of other nodes, or of this one before it was started again, read when a message needs one that memory does not
 * have. Who asks for the same waits for the same read; what is no whole record counts as missing and is removed.
 */
import type { SipRequest } from '../../sip/message.ts';
import { plainBranch } from '../../transaction/branch.ts';
import type { Clock } from '../../world/world.ts';
import type { Store } from '../../world/store.ts';
import type { Dialog } from './dialog.ts';
import { crossingPlace, dialogPlace, invitePlace, keylessPlace, ticketPlace } from './places.ts';
import type { Owned } from './record-fields.ts';
import { type KeylessDialog, readCrossing, readDialog, readKeyless, type StoredCrossing } from './record.ts';
import { readInvites, type SentInvite } from './sent-invite.ts';
import { readTicket, type TicketTarget } from './tickets.ts';

/** Reads under way; a message that would need a further one is refused. */
export const MAX_READS = 1_000;

/** `away`: the store could not say. */
export type Lookup<T> =
  | { readonly kind: 'found'; readonly value: T; readonly owner: string; readonly leftMs: number }
  | { readonly kind: 'missing' | 'away' };

const MISSING = { kind: 'missing' } as const;
const AWAY = { kind: 'away' } as const;

export interface LookupCounts {
  reads: number;
  /** Records that were not whole, not of this form, or of something else than their key says. */
  broken: number;
  /** Messages that had to be refused because the store was away or too many waited. */
  away: number;
}

export class Lookups {
  readonly counts: LookupCounts = { reads: 0, broken: 0, away: 0 };
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #dialogs = new Map<string, Promise<Lookup<Dialog>>>();
  readonly #crossings = new Map<string, Promise<Lookup<StoredCrossing>>>();
  readonly #keyless = new Map<string, Promise<Lookup<readonly KeylessDialog[]>>>();
  readonly #invites = new Map<string, Promise<Lookup<readonly SentInvite[]>>>();
  readonly #tickets = new Map<string, Promise<Lookup<TicketTarget>>>();

  #reading = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  dialog(id: string, callId: string): Promise<Lookup<Dialog>> {
    return this.#shared(this.#dialogs, dialogPlace(callId, id), (text, version) => {
      const read = readDialog(text);
      if (read?.value.id !== id || read.value.callId !== callId) return undefined;
      read.value.version = version;
      return read;
    });
  }

  crossing(branch: string, callId: string): Promise<Lookup<StoredCrossing>> {
    return this.#shared(this.#crossings, crossingPlace(callId, branch), (text) => {
      const read = readCrossing(text);
      return read !== undefined && plainBranch(read.value.branch) === plainBranch(branch) ? read : undefined;
    });
  }

  ticket(id: string): Promise<Lookup<TicketTarget>> {
    return this.#shared(this.#tickets, ticketPlace(id), readTicket);
  }

  /** Dialogs of a call that are known by their tags. */
  keyless(callId: string): Promise<Lookup<readonly KeylessDialog[]>> {
    return this.#shared(this.#keyless, keylessPlace(callId), readKeyless);
  }

  /** What was sent because of the INVITE that this CANCEL is about. */
  invites({ callId, topVia, cseq }: SipRequest): Promise<Lookup<readonly SentInvite[]>> | undefined {
    if (callId === undefined || topVia === undefined) return undefined;
    return this.#shared(this.#invites, invitePlace(callId, topVia, cseq?.number), readInvites);
  }

  #shared<T>(
    running: Map<string, Promise<Lookup<T>>>,
    key: string,
    decode: (text: string, version: number) => Owned<T> | undefined,
  ): Promise<Lookup<T>> {
    const known = running.get(key);
    if (known !== undefined) return known;
    if (this.#reading >= MAX_READS) {
      this.counts.away++;
      return Promise.resolve(AWAY);
    }
    this.#reading++;
    const read = this.#read(key, decode).finally(() => {
      this.#reading--;
      running.delete(key);
    });
    running.set(key, read);
    return read;
  }

  async #read<T>(key: string, decode: (text: string, version: number) => Owned<T> | undefined): Promise<Lookup<T>> {
    this.counts.reads++;
    const seen = await this.#store.look(key);
    if (seen.kind === 'none') return MISSING;
    if (seen.kind !== 'value') {
      this.counts.away++;
      return AWAY;
    }
    const { record } = seen.value;
    const read = record && decode(record.value, record.version);
    if (record === undefined || read === undefined) {
      this.counts.broken++;
      void this.#store.drop({ key }, record?.version ?? Number.MAX_SAFE_INTEGER);
      return MISSING;
    }
    const leftMs = record.expires - this.#clock.wall() / 1000;
    return leftMs > 0 ? { kind: 'found', value: read.value, owner: read.owner, leftMs } : MISSING;
  }
}
