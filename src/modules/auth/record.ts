/** What auth remembers of a request between its functions. */
import type { RequestContext, RequestState } from '../../engine/context.ts';
import type { Slot } from '../../engine/exchange.ts';
import type { Field } from '../../sip/field.ts';
import type { AuthUser } from './api.ts';

/** AVPs of the request that logged in, for routes. */
export const USER_AVP = 'auth_user';
export const REALM_AVP = 'auth_realm';

export interface AuthRecord {
  /** Whose it is: an ACK or CANCEL shares the exchange of its INVITE, but nobody logged in with it. */
  readonly state: RequestState;
  /** The client used a nonce that is too old or not of ours: it may try again without asking its user. */
  readonly badNonce: boolean;
  readonly accepted: (AuthUser & { readonly field: Field }) | undefined;
}

export class AuthRecords {
  readonly #slot: Slot<AuthRecord>;

  constructor(slot: Slot<AuthRecord>) {
    this.#slot = slot;
  }

  of(ctx: RequestContext): AuthRecord | undefined {
    const record = this.#slot.of(ctx.exchange);
    return record?.state === ctx.state ? record : undefined;
  }

  user(ctx: RequestContext): AuthUser | undefined {
    return this.of(ctx)?.accepted;
  }

  /** Replaces what an earlier check of this request found. */
  put(ctx: RequestContext, found: Omit<AuthRecord, 'state'>): void {
    this.#slot.put(ctx.exchange, { state: ctx.state, ...found });
    if (found.accepted === undefined) {
      ctx.state.avps.delete(USER_AVP);
      ctx.state.avps.delete(REALM_AVP);
    } else {
      ctx.state.avps.set(USER_AVP, [found.accepted.user]);
      ctx.state.avps.set(REALM_AVP, [found.accepted.realm]);
    }
  }
}
