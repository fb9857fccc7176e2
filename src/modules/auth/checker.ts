/**
 * The check of credentials: digest, nonce, replay, limits (RFC 7616 section 3.4, RFC 3261 section 22). An unknown user
 * takes the time of a wrong password and counts as one.
 */
import type { RequestContext } from '../../engine/context.ts';
import type { Log } from '../../engine/log.ts';
import type { Counter } from '../../engine/module.ts';
import { type DigestAlgorithm, digestResponse, sameDigest } from '../../sip/digest.ts';
import { H } from '../../sip/header-names.ts';
import { NONCE_LENGTH, type NonceFactory } from '../../sip/nonce.ts';
import { quote } from '../../sip/quoted.ts';
import type { Clock } from '../../world/world.ts';
import type { CredentialStore, FoundCredential } from './credential-store.ts';
import type { Credential } from './api.ts';
import { type Expected, expectedHa1 } from './credential-table.ts';
import type { Attempt, FailureLimits } from './failure-limits.ts';
import { isOwnIdentity } from './identity.ts';
import { nonceBinding, type NonceParts } from './nonce-binding.ts';
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
  readonly nonceParts: NonceParts;
  /** Add Authentication-Info to the reply. */
  readonly authInfo: boolean;
}

/** What a route asks: the realm and the table as it named them, and Kamailio's flags. */
export interface Question {
  readonly header: CredentialsHeader;
  readonly realm: string | undefined;
  readonly table?: string | undefined;
  readonly flags?: number | undefined;
  /** The method that the answer is for; that of the request when absent. */
  readonly method?: string | undefined;
  /** The secret of whoever answers, instead of one out of the tables. */
  readonly secret?: GivenSecret;
}

/** Hashes are H(user:realm:password) in hexadecimal digits. */
export type GivenSecret = { readonly kind: 'password' | 'hash'; readonly text: string };

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
    if (presented === 'malformed' || question.secret?.text === '') return 'error';
    return this.#judge(ctx, presented, realm, question);
  }

  #judge(ctx: RequestContext, presented: Presented, realm: string, question: Question): Outcome {
    const { clock, limits, ledger, store, records, stats } = this.#parts;
    const { table, flags, secret } = question;
    const now = clock.now();
    const { entry, source } =
      secret === undefined ? store.find(presented.user, realm, table) : given(presented, secret);
    const attempt = { address: ctx.received.flow.remote.address, user: entry?.user ?? presented.user, realm };
    if (limits.isLimited(attempt, now)) {
      stats.limited.value++;
      return 'limited';
    }
    const nonce = this.#nonceOutcome(ctx, presented, realm);
    if (nonce !== 'ok') return nonce;
    const method = question.method ?? ctx.message.method;
    const expected = expectedHa1(entry, presented.algorithm, presented.user, realm);
    if (!isRight(ctx, presented, expected, method)) {
      this.#failed(attempt);
      return entry === undefined ? 'unknownUser' : 'wrongPassword';
    }
    limits.succeeded(attempt, now);
    ledger.use(presented.nonce, countOf(presented), this.#rule(presented), now);
    if (!isOwnIdentity(ctx.message, attempt.user, flags ?? 0)) return 'mismatch';
    stats.accepted.value++;
    this.#confirm(ctx, presented, expected.ha1, realm);
    records.put(ctx, { badNonce: false, accepted: { user: attempt.user, realm, field: presented.field } });
    source?.accepted?.(ctx, { user: presented.user, realm, ...(table === undefined ? {} : { table }) });
    return 'ok';
  }

  /** RFC 7616 section 3.3: stale tells a client to try again. One that made its nonce up is told nothing. */
  #nonceOutcome(ctx: RequestContext, presented: Presented, realm: string): Outcome {
    const { clock, nonces, ledger, settings, stats, records } = this.#parts;
    const binding = nonceBinding(ctx, realm, settings.nonceParts);
    const verdict = nonces.check(presented.nonce, clock.wall(), settings.nonceSeconds, binding);
    const rule = this.#rule(presented);
    const isReplay = verdict === 'fresh' && ledger.isReplay(presented.nonce, countOf(presented), rule, clock.now());
    if (verdict === 'fresh' && !isReplay) return 'ok';
    stats.bad_nonces.value++;
    records.put(ctx, { badNonce: isReplay || verdict === 'stale', accepted: undefined });
    if (isReplay) return rule === 'count' ? 'staleNonce' : 'nonceReused';
    return verdict === 'stale' || presented.nonce.length === NONCE_LENGTH ? 'staleNonce' : 'error';
  }

  /** RFC 7616 section 3.5: the answer of a server that knows the secret too, and the nonce for the next request. */
  #confirm(ctx: RequestContext, presented: Presented, secret: string, realm: string): void {
    const { clock, nonces, settings } = this.#parts;
    const { state } = ctx;
    if (!settings.authInfo) return;
    const { algorithm, nonce, nc, cnonce, qop, uri } = presented;
    const next = settings.oneTimeNonce
      ? nonces.make(clock.wall(), nonceBinding(ctx, realm, settings.nonceParts))
      : nonce;
    // The body of the reply is not known yet: "auth" is what can be promised.
    const response = digestResponse({
      algorithm,
      ha1: secret,
      nonce,
      nc,
      cnonce,
      qop,
      method: '',
      uri,
      body: undefined,
    });
    const counted = qop === undefined ? '' : `, qop=${qop}, rspauth="${response}", cnonce=${quote(cnonce)}, nc=${nc}`;
    state.replyHeaders = [...state.replyHeaders, ['Authentication-Info', `nextnonce="${next}"${counted}`]];
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

/** The uri is as the client saw it, "because proxies are allowed to change the Request-Line" (RFC 2617 section 3.2.2). */
function isRight({ message }: RequestContext, presented: Presented, expected: Expected, method: string): boolean {
  const { algorithm, nonce, nc, cnonce, qop, uri } = presented;
  const body = qop === 'auth-int' ? Buffer.from(message.body, 'latin1') : undefined;
  const response = digestResponse({ algorithm, ha1: expected.ha1, nonce, nc, cnonce, qop, method, uri, body });
  return sameDigest(response, presented.response) && expected.usable;
}

/** Whoever answers is taken by his name; a domain behind it belongs to the hash alone. */
function given({ user, algorithm }: Presented, { kind, text }: GivenSecret): FoundCredential {
  const at = user.lastIndexOf('@');
  const hash = kind === 'hash' ? text.toLowerCase() : undefined;
  const entry: Credential = {
    user: at > 0 ? user.slice(0, at) : user,
    password: kind === 'password' ? text : undefined,
    md5: algorithm === 'MD5' ? hash : undefined,
    sha256: algorithm === 'SHA-256' ? hash : undefined,
  };
  return { entry, source: undefined };
}

const countOf = ({ nc }: Presented): number => (nc === '' ? 0 : Number.parseInt(nc, 16));

/** REGISTER is for us as its server, everything else for us as a proxy. */
export function headerFor(method: string): CredentialsHeader {
  return method === 'REGISTER' ? H.Authorization : H.ProxyAuthorization;
}
