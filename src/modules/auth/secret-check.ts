/**
 * Checks with a secret that the route brings (Kamailio's pv_auth_check and its like). After a failure the challenge may
 * wait in an AVP for a reply of the route.
 */
import type { RequestContext } from '../../engine/context.ts';
import { type ChallengeHeader, type Challenger, QOP_AUTH, QOP_AUTH_INT, STALE } from './challenger.ts';
import type { Checker, Outcome } from './checker.ts';
import type { CredentialsHeader } from './presented.ts';

/** AVP with the challenge, a header line. */
export const CHALLENGE_AVP = 'digest_challenge';

/** Kamailio's bits. */
const IS_HASH = 1;
const NO_QOP = 2;
const WITH_AUTH = 4;
const WITH_AUTH_INT = 8;

export interface SecretQuestion {
  readonly header: CredentialsHeader;
  readonly realm: string;
  /** Password or hash. */
  readonly text: string;
  readonly flags: number;
  readonly checks?: number;
  readonly method?: string | undefined;
}

export class SecretCheck {
  readonly #checker: Checker;
  readonly #challenger: Challenger;

  constructor(checker: Checker, challenger: Challenger) {
    this.#checker = checker;
    this.#challenger = challenger;
  }

  check(ctx: RequestContext, { header, realm, text, flags, checks, method }: SecretQuestion): Outcome {
    const kind = (flags & IS_HASH) === 0 ? 'password' : 'hash';
    const outcome = this.#checker.check(ctx, { header, realm, method, flags: checks, secret: { kind, text } });
    if (outcome === 'ok' || (flags & (NO_QOP | WITH_AUTH | WITH_AUTH_INT)) === 0) return outcome;
    const line = headerLines(this.#challenger.headers(ctx, header, { realm, flags: challengeFlags(flags) }));
    if (line !== undefined) ctx.state.avps.set(CHALLENGE_AVP, [line]);
    return outcome;
  }
}

function challengeFlags(flags: number): number {
  const qop = (flags & WITH_AUTH_INT) !== 0 ? QOP_AUTH_INT : (flags & WITH_AUTH) !== 0 ? QOP_AUTH : 0;
  return qop | (flags & STALE);
}

export const headerLines = (headers: readonly ChallengeHeader[] | undefined): string | undefined =>
  headers?.map(([name, value]) => `${name}: ${value}\r\n`).join('');
