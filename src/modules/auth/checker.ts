/**
 * The check of credentials: digest, nonce, replay, limits (RFC 7616 section 3.4, RFC 3261 section 22). An unknown user
 * takes the time of a wrong password and counts as one.
 */
import type { RequestContext } from '../../engine/context.ts';
import type { Log } from '../../engine/log.ts';
import type { Counter } from '../../engine/module.ts';
import { type DigestAlgorithm, digestResponse, sameDigest } from '../../sip/digest.ts';
import { H } from '../../sip/header-names.ts';
import type { NonceFactory } from '../../sip/nonce.ts';
import type { Clock } from '../../world/world.ts';
import type { CredentialStore } from './credential-store.ts';
import type { Credential } from './api.ts';
import { expectedHa1 } from './credential-table.ts';
import type { Attempt, FailureLimits } from './failure-limits.ts';
import { isOwnIdentity } from './identity.ts';
import type { NonceLedger, ReplayRule } from './nonce-ledger.ts';
import { type CredentialsHeader, type Presented, presentedFor } from './presented.ts';
import { realmOf } from './realm.ts';
import type { AuthRecords } from './record.ts';

export type Outcome =
  | 'ok'
  | 'error'
  | 'wrongPassword'
  | 'unknownUser'
  | 'staleNonce'
  | 'noCredentials'
  | 'nonceReused'
  | 'mismatch'
  | 'limited';

export interface CheckerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: CredentialStore;
  readonly nonces: NonceFactory;
  readonly ledger: NonceLedger;
  readonly limits: FailureLimits;
  readonly records: AuthRecords;
  readonly settings: CheckerSettings;
  readonly stats: Readonly<Record<'accepted' | 'rejected' | 'bad_nonces' | 'limited', Counter>>;
}

export interface CheckerSettings {
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonceSeconds: number;
  readonly realmPrefix: string;
  readonly nonceCount: boolean;
  readonly oneTimeNonce: boolean;
}

/** What a route asks: the realm and the table as it named them, and Kamailio's flags. */
export interface Question {
  readonly header: CredentialsHeader;
  readonly realm: string | undefined;
  readonly table: string | undefined;
  readonly flags: number | undefined;
}

/**
 * RFC 3261 section 22.1: "Servers MUST NOT attempt to challenge an ACK", nor a CANCEL, which cannot be sent again. As in
 * Kamailio PRACK passes with them.
 */
export const EXEMPT: ReadonlySet<string> = new Set(['ACK', 'CANCEL', 'PRACK']);

export class Checker {
  readonly #parts: CheckerParts;

  constructor(parts: CheckerParts) {
    this.#parts = parts;
  }

  check(ctx: RequestContext, question: Question): Outcome {
    const { settings, records } = this.#parts;
    records.put(ctx, { badNonce: false, accepted: undefined });
    if (EXEMPT.has(ctx.message.method)) return 'ok';
    const realm = realmOf(ctx.message, question.realm, settings.realmPrefix);
    if (realm === undefined) return 'error';
    const presented = presentedFor(ctx.message.headers, question.header, realm, settings.algorithms);
    if (presented === 'none') return 'noCredentials';
    if (presented === 'malformed') return 'error';
    return this.#judge(ctx, presented, realm, question);
  }

  #judge(ctx: RequestContext, presented: Presented, realm: string, { table, flags }: Question): Outcome {
    const { clock, limits, ledger, store, records, stats } = this.#parts;
    const now = clock.now();
    const { entry, source } = store.find(presented.user, realm, table);
    const attempt = { address: ctx.received.flow.remote.address, user: entry?.user ?? presented.user, realm };
    if (limits.isLimited(attempt, now)) {
      stats.limited.value++;
      return 'limited';
    }
    const nonce = this.#nonceOutcome(ctx, presented, realm);
    if (nonce !== 'ok') return nonce;
    if (!this.#isRight(ctx, presented, entry, realm)) {
      this.#failed(attempt);
      return entry === undefined ? 'unknownUser' : 'wrongPassword';
    }
    limits.succeeded(attempt, now);
    ledger.use(presented.nonce, countOf(presented), this.#rule(presented), now);
    if (!isOwnIdentity(ctx.message, attempt.user, flags ?? 0)) return 'mismatch';
    stats.accepted.value++;
    records.put(ctx, { badNonce: false, accepted: { user: attempt.user, realm, field: presented.field } });
    source?.accepted?.(ctx, { user: presented.user, realm, ...(table === undefined ? {} : { table }) });
    return 'ok';
  }

  /** RFC 7616 section 3.3: stale is for an invalid nonce; one that we do not know is no better than an old one. */
  #nonceOutcome(ctx: RequestContext, presented: Presented, realm: string): Outcome {
    const { clock, nonces, ledger, settings, stats, records } = this.#parts;
    const verdict = nonces.check(presented.nonce, clock.wall(), settings.nonceSeconds, realm);
    const rule = this.#rule(presented);
    const isReplay = verdict === 'fresh' && ledger.isReplay(presented.nonce, countOf(presented), rule, clock.now());
    if (verdict === 'fresh' && !isReplay) return 'ok';
    stats.bad_nonces.value++;
    records.put(ctx, { badNonce: true, accepted: undefined });
    if (isReplay) return 'nonceReused';
    return verdict === 'stale' ? 'staleNonce' : 'error';
  }

  /** The uri is as the client saw it, "because proxies are allowed to change the Request-Line" (RFC 2617 section 3.2.2). */
  #isRight(ctx: RequestContext, presented: Presented, entry: Credential | undefined, realm: string): boolean {
    const { algorithm, nonce, nc, cnonce, qop, uri, user } = presented;
    const expected = expectedHa1(entry, algorithm, user, realm);
    const { method } = ctx.message;
    const body = qop === 'auth-int' ? Buffer.from(ctx.message.body, 'latin1') : undefined;
    const response = digestResponse({ algorithm, ha1: expected.ha1, nonce, nc, cnonce, qop, method, uri, body });
    return sameDigest(response, presented.response) && expected.usable;
  }

  /** An answer without nc can only be told from its replay by using each nonce once. */
  #rule({ qop }: Presented): ReplayRule {
    const { nonceCount, oneTimeNonce } = this.#parts.settings;
    if (nonceCount && qop !== undefined) return 'count';
    return nonceCount || oneTimeNonce ? 'once' : 'off';
  }

  /** The name of the user stays out of the log: people type their password there. */
  #failed(attempt: Attempt): void {
    const { limits, log, clock, stats } = this.#parts;
    stats.rejected.value++;
    if (limits.failed(attempt, clock.now())) {
      log.write('notice', 'too many wrong credentials: refused for a while', { source: attempt.address });
    }
  }
}

const countOf = ({ nc }: Presented): number => (nc === '' ? 0 : Number.parseInt(nc, 16));

/** REGISTER is for us as its server, everything else for us as a proxy. */
export function headerFor(method: string): CredentialsHeader {
  return method === 'REGISTER' ? H.Authorization : H.ProxyAuthorization;
}
