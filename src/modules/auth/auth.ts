/**
 * auth, digest authentication: challenges, and checks credentials against a table from memory or a file (RFC 3261
 * section 22, RFC 7616, RFC 8760). Names and results are those of Kamailio's auth and auth_db.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Functions } from '../../engine/declaration.ts';
import { type Host, defineModule } from '../../engine/module.ts';
import { ViaductError } from '../../errors.ts';
import { H } from '../../sip/header-names.ts';
import { DIGEST_ALGORITHMS, type DigestAlgorithm } from '../../sip/digest.ts';
import { NonceFactory } from '../../sip/nonce.ts';
import { type ChallengeOptions, type ChallengeOutcome, Challenger } from './challenger.ts';
import { Checker, headerFor } from './checker.ts';
import { CredentialStore } from './credential-store.ts';
import { declaration } from './declaration.ts';
import { FailureLimits } from './failure-limits.ts';
import { NonceLedger } from './nonce-ledger.ts';
import { hasCredentials } from './presented.ts';
import { AuthRecords } from './record.ts';
import { headerLines, SecretCheck } from './secret-check.ts';

export const MIN_SECRET_BYTES = 16;

export const auth = defineModule(declaration, (host) => {
  const { params, stats } = host;
  const store = new CredentialStore({
    listed: params.credentials,
    path: params.credentials_file,
    files: host.world.files,
  });
  const { challenger, checker, records, ledger } = assemble(host, store);
  return {
    functions: functionsOf(challenger, checker, records),
    api: { user: (ctx) => records.user(ctx), supply: (source) => store.supply(source) },
    start: async () => {
      await store.load();
      if (store.table.size === 0 && !store.isSupplied)
        host.log.write('warn', 'there are no credentials: nobody can log in');
    },
    rpc: {
      'auth.reload': async () => {
        await store.load();
        return { users: store.table.size };
      },
      'auth.stats': () => ({
        ...Object.fromEntries(Object.entries(stats).map(([name, { value }]) => [name, value])),
        users: store.table.size,
        nonces_forgotten: ledger.forgotten,
      }),
    },
  };
});

function functionsOf(challenger: Challenger, checker: Checker, records: AuthRecords): Functions<typeof declaration> {
  const withSecret = new SecretCheck(checker, challenger);
  const proxy = H.ProxyAuthorization;
  return {
    challenge: about((ctx, options) => challenger.challenge(ctx, headerFor(ctx.message.method), options)),
    wwwChallenge: about((ctx, options) => challenger.challenge(ctx, H.Authorization, options)),
    proxyChallenge: about((ctx, options) => challenger.challenge(ctx, proxy, options)),
    authenticate: (ctx, realm, table, flags) =>
      checker.check(ctx, { header: headerFor(ctx.message.method), realm, table, flags }),
    wwwAuthenticate: (ctx, realm, table, method) =>
      checker.check(ctx, { header: H.Authorization, realm, table, method }),
    proxyAuthenticate: (ctx, realm, table) => checker.check(ctx, { header: proxy, realm, table }),
    authenticateWith(ctx, ...given) {
      const [realm, text, flags, checks] = given;
      return withSecret.check(ctx, { header: headerFor(ctx.message.method), realm, text, flags, checks });
    },
    wwwAuthenticateWith(ctx, ...given) {
      const [realm, text, flags, method] = given;
      return withSecret.check(ctx, { header: H.Authorization, realm, text, flags, method });
    },
    proxyAuthenticateWith: (ctx, realm, text, flags) => withSecret.check(ctx, { header: proxy, realm, text, flags }),
    hasCredentials: ({ message }, realm) => hasCredentials(message.headers, realm),
    wwwChallengeText(ctx, realm, flags, variable) {
      const text = headerLines(challenger.headers(ctx, H.Authorization, { realm, flags }));
      if (text === undefined) return 'error';
      variable.write?.(ctx, text);
      return 'written';
    },
    removeCredentials(ctx) {
      const field = records.of(ctx)?.accepted?.field;
      if (field === undefined) return 'none';
      ctx.message.headers.removeField(field);
      return 'removed';
    },
  };
}

/** Nonce key, used nonces and failures outlive a reload, each as long as the parameters that shape it stay. */
function assemble(host: Host<typeof declaration>, store: CredentialStore) {
  const { params, engine, log, stats, world } = host;
  const { clock } = world;
  const nonces = new NonceFactory(nonceKey(params.secret) ?? host.state('secret', () => world.random.bytes(32)));
  const ledger = host.state(`nonces ${params.nonce_expire}`, () => new NonceLedger(params.nonce_expire));
  const limits = host.state(
    `failures ${params.max_failures} ${params.failure_window}`,
    () => new FailureLimits({ maxFailures: params.max_failures, windowMs: params.failure_window * 1000 }),
  );
  const records = new AuthRecords(host.slot('record'));
  const algorithms = algorithmsOf(params.algorithm);
  const realmPrefix = params.realm_prefix;
  const nonceParts = {
    register: params.auth_checks_register,
    outside: params.auth_checks_no_dlg,
    inDialog: params.auth_checks_in_dlg,
  };
  const challenger = new Challenger({
    engine,
    nonces,
    records,
    stats,
    settings: {
      algorithms,
      realmPrefix,
      qop: params.qop === 'none' ? undefined : params.qop,
      forceStateless: params.force_stateless_reply === 'on',
      nonceParts,
    },
  });
  const checker = new Checker({
    ...{ clock, log, store, nonces, ledger, limits, records, stats },
    settings: {
      algorithms,
      realmPrefix,
      nonceSeconds: params.nonce_expire,
      nonceCount: params.nonce_count === 'on',
      oneTimeNonce: params.one_time_nonce === 'on',
      authInfo: params.add_authinfo_hdr === 'on',
      nonceParts,
    },
  });
  return { challenger, checker, records, ledger };
}

function nonceKey(secret: string | undefined): Uint8Array | undefined {
  if (secret === undefined) return undefined;
  const key = Buffer.from(secret, 'utf8');
  if (key.length >= MIN_SECRET_BYTES) return key;
  throw new ViaductError('PARAM_VALUE', `auth.secret takes at least ${MIN_SECRET_BYTES} bytes, not ${key.length}`);
}

type Challenging = (ctx: RequestContext, options?: ChallengeOptions) => ChallengeOutcome;

/** In an onreply route it is the request that is challenged, through its transaction; in the core reply route nobody. */
const about =
  (challenge: Challenging) =>
  (ctx: RequestContext | ReplyContext, options?: ChallengeOptions): ChallengeOutcome => {
    const request = 'branches' in ctx ? ctx : ctx.route === 'onreply' ? ctx.request : undefined;
    return request === undefined ? 'answered' : challenge(request, options);
  };

/** RFC 8760 section 2.3: the challenges stand in the order of our preference, so strongest first. */
function algorithmsOf(names: readonly string[]): readonly DigestAlgorithm[] {
  const offered = DIGEST_ALGORITHMS.filter((algorithm) => !algorithm.endsWith('-sess'));
  const unknown = names.find((name) => !offered.some((algorithm) => algorithm === name));
  if (unknown === undefined && names.length > 0) return offered.filter((algorithm) => names.includes(algorithm));
  throw new ViaductError(
    'PARAM_VALUE',
    `auth.algorithm takes ${offered.join(', ')}, not ${JSON.stringify(unknown ?? '')}`,
  );
}
