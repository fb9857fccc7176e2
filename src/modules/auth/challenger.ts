/**
 * Challenges: 401 with WWW-Authenticate, 407 with Proxy-Authenticate, one header for each algorithm (RFC 3261 section 22,
 * RFC 7616 section 3.3, RFC 8760 section 2.3).
 */
import type { ReplyOrder, ReplyOutcome, RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Counter } from '../../engine/module.ts';
import type { DigestAlgorithm, DigestQop } from '../../sip/digest.ts';
import { H } from '../../sip/header-names.ts';
import type { NonceFactory } from '../../sip/nonce.ts';
import { quote } from '../../sip/quoted.ts';
import { EXEMPT } from './checker.ts';
import { nonceBinding, type NonceParts } from './nonce-binding.ts';
import type { CredentialsHeader } from './presented.ts';
import { realmOf } from './realm.ts';
import type { AuthRecords } from './record.ts';

/** Kamailio's bits for the challenge functions. */
export const QOP_AUTH = 1;
export const QOP_AUTH_INT = 2;
export const NO_500 = 4;
export const STALE = 16;

export type ChallengeHeader = readonly [name: string, value: string];
export type ChallengeOutcome = 'sent' | 'exempt' | 'answered' | 'error';

export interface ChallengeOptions {
  readonly realm?: string | undefined;
  /** Without them the parameter `qop` decides. */
  readonly flags?: number | undefined;
}

export interface ChallengerParts {
  readonly engine: Engine;
  readonly nonces: NonceFactory;
  readonly records: AuthRecords;
  readonly settings: ChallengerSettings;
  readonly stats: Readonly<Record<'challenges', Counter>>;
}

export interface ChallengerSettings {
  /** Strongest first. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly qop: DigestQop | undefined;
  readonly realmPrefix: string;
  readonly forceStateless: boolean;
  readonly nonceParts: NonceParts;
}

export class Challenger {
  readonly #parts: ChallengerParts;

  constructor(parts: ChallengerParts) {
    this.#parts = parts;
  }

  challenge(ctx: RequestContext, header: CredentialsHeader, options: ChallengeOptions = {}): ChallengeOutcome {
    const { stats } = this.#parts;
    if (EXEMPT.has(ctx.message.method)) return 'exempt';
    const flags = options.flags ?? 0;
    const headers = this.headers(ctx, header, options);
    if (headers === undefined) {
      if ((flags & NO_500) === 0) this.#reply(ctx, { status: 500, reason: 'Server Internal Error' });
      return 'error';
    }
    const isProxy = header === H.ProxyAuthorization;
    const outcome = this.#reply(ctx, {
      status: isProxy ? 407 : 401,
      reason: isProxy ? 'Proxy Authentication Required' : 'Unauthorized',
      headers,
    });
    if (outcome !== 'sent') return 'answered';
    stats.challenges.value++;
    return 'sent';
  }

  /** One header for each algorithm; undefined without a realm. */
  headers(
    ctx: RequestContext,
    header: CredentialsHeader,
    { realm: named, flags }: ChallengeOptions,
  ): readonly ChallengeHeader[] | undefined {
    const { settings, records } = this.#parts;
    const realm = realmOf(ctx.message, named, settings.realmPrefix);
    if (realm === undefined) return undefined;
    const qop = flags === undefined ? settings.qop : qopOf(flags);
    const stale = ((flags ?? 0) & STALE) !== 0 || records.of(ctx)?.badNonce === true;
    const name = header === H.ProxyAuthorization ? 'Proxy-Authenticate' : 'WWW-Authenticate';
    const nonce = this.#nonce(ctx, realm);
    return settings.algorithms.map((algorithm) => [name, this.#text({ realm, nonce, algorithm, qop, stale })] as const);
  }

  #nonce(ctx: RequestContext, realm: string): string {
    const { nonces, engine, settings } = this.#parts;
    return nonces.make(engine.world.clock.wall(), nonceBinding(ctx, realm, settings.nonceParts));
  }

  #text({ realm, nonce, algorithm, qop, stale }: ChallengeParts): string {
    const { settings } = this.#parts;
    let text = `Digest realm=${quote(realm)}, nonce="${nonce}"`;
    if (qop !== undefined) text += `, qop="${qop}"`;
    if (stale) text += ', stale=true';
    // Absent means MD5 (RFC 7616 section 3.3), and old phones know nothing else.
    const isPlain = algorithm === 'MD5' && settings.algorithms.length === 1;
    return isPlain ? text : `${text}, algorithm=${algorithm}`;
  }

  #reply(ctx: RequestContext, order: ReplyOrder): ReplyOutcome {
    const { engine, settings } = this.#parts;
    if (!settings.forceStateless || ctx.state.answered) return engine.reply(ctx, order);
    const bytes = engine.replies.stateless(ctx.message, order, ctx.state).serialize();
    engine.sendReply(ctx, { status: order.status, bytes, cause: ctx.cause });
    return 'sent';
  }
}

interface ChallengeParts {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  readonly qop: DigestQop | undefined;
  readonly stale: boolean;
}

function qopOf(flags: number): DigestQop | undefined {
  if ((flags & QOP_AUTH_INT) !== 0) return 'auth-int';
  return (flags & QOP_AUTH) !== 0 ? 'auth' : undefined;
}
