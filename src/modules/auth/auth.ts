/**
 * auth, digest authentication: challenges, and checks credentials against a table from memory or a file (RFC 3261
 * section 22, RFC 7616, RFC 8760). Names and results are those of Kamailio's auth and auth_db.
 */
import { type Host, defineModule } from '../../engine/module.ts';
import { choice, int, list, str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import { H } from '../../sip/header-names.ts';
import { DIGEST_ALGORITHMS, type DigestAlgorithm } from '../../sip/digest.ts';
import { NonceFactory } from '../../sip/nonce.ts';
import { Challenger } from './challenger.ts';
import { Checker, headerFor } from './checker.ts';
import { CredentialStore } from './credential-store.ts';
import { FailureLimits } from './failure-limits.ts';
import { NonceLedger } from './nonce-ledger.ts';
import { AuthRecords } from './record.ts';

export const MIN_SECRET_BYTES = 16;

const onOff = { choices: { off: ['0', 'no'], on: ['1', 'yes'] }, default: 'off' } as const;

const challengeFunction = (...cfg: readonly string[]) =>
  ({
    cfg,
    routes: ['request', 'failure'],
    args: {
      options: {
        realm: str({ doc: 'Realm; the domain of From when absent or empty.' }),
        flags: int({
          min: 0,
          max: 31,
          doc: 'Bits: 1 qop=auth, 2 qop=auth-int, 4 no 500 when there is no realm, 16 stale=true. Absent: by the parameter qop.',
        }),
      },
    },
    returns: { sent: 1, exempt: 1, error: -1, answered: -3 },
  }) as const;

const checkFunction = (...cfg: readonly string[]) =>
  ({
    cfg,
    routes: ['request', 'failure'],
    args: [
      str({ optional: true, doc: 'Realm; the domain of From when absent or empty.' }),
      str({ optional: true, doc: 'Table of auth_db, where that is loaded; the table of auth has no name.' }),
      int({
        optional: true,
        min: 0,
        max: 3,
        doc: 'Bits: 1 the user must be that of From (REGISTER: and To; PUBLISH: and Request-URI), 2 but not for INVITE, BYE, PRACK, UPDATE and MESSAGE.',
      }),
    ],
    returns: {
      ok: 1,
      error: -1,
      wrongPassword: -2,
      unknownUser: -3,
      staleNonce: -4,
      noCredentials: -5,
      nonceReused: -6,
      mismatch: -8,
      limited: -9,
    },
  }) as const;

const declaration = {
  name: 'auth',
  doc: 'Digest authentication against a table of credentials.',
  params: {
    credentials: list({ default: [], secret: true, doc: 'Lines user[@realm]:password or user@realm:ha1=<hex>.' }),
    credentials_file: str({ doc: 'A file of such lines; # begins a comment.' }),
    secret: str({
      secret: true,
      doc: 'Key of the nonces, at least 16 bytes; random when absent. The same on all nodes of a cluster.',
    }),
    nonce_expire: int({ default: 300, min: 1, max: 86_400, doc: 'Seconds that a nonce is good for.' }),
    qop: choice({
      choices: { none: [''], auth: ['auth'], 'auth-int': ['auth-int'] },
      default: 'auth',
      doc: 'Protection to ask for when a challenge names none by flags.',
    }),
    algorithm: list({ default: ['MD5'], doc: 'Any of SHA-512-256, SHA-256 and MD5: one challenge header for each.' }),
    realm_prefix: str({ default: '', doc: 'Cut off a realm that begins with it.' }),
    nonce_count: choice({ ...onOff, doc: 'The nonce count must grow: an answer heard on the wire is of no use.' }),
    one_time_nonce: choice({ ...onOff, doc: 'A nonce is good for one request.' }),
    force_stateless_reply: choice({ ...onOff, doc: 'Challenge statelessly even if a transaction exists.' }),
    max_failures: int({
      default: 10,
      min: 0,
      doc: 'Wrong credentials from one address, and for one user, until further ones are refused unseen; 0 for no limit.',
    }),
    failure_window: int({ default: 60, min: 1, max: 86_400, doc: 'Seconds after which failures are forgotten.' }),
  },
  functions: {
    challenge: { ...challengeFunction('auth_challenge'), doc: 'Answers 401 to REGISTER, 407 to everything else.' },
    wwwChallenge: { ...challengeFunction('www_challenge'), doc: 'Answers 401.' },
    proxyChallenge: { ...challengeFunction('proxy_challenge'), doc: 'Answers 407.' },
    authenticate: {
      ...checkFunction('auth_check'),
      doc: 'Checks Authorization of a REGISTER, Proxy-Authorization of everything else. ACK, CANCEL and PRACK are ok.',
    },
    wwwAuthenticate: { ...checkFunction('www_authenticate', 'www_authorize'), doc: 'Checks Authorization.' },
    proxyAuthenticate: {
      ...checkFunction('proxy_authenticate', 'proxy_authorize'),
      doc: 'Checks Proxy-Authorization.',
    },
    removeCredentials: {
      cfg: ['consume_credentials'],
      routes: ['request', 'failure'],
      args: [],
      returns: { removed: 1, none: -1 },
      doc: 'Removes the header that the last check accepted, so that nobody behind us sees it.',
    },
  },
  stats: {
    challenges: 'Challenges sent.',
    accepted: 'Requests with valid credentials.',
    rejected: 'Wrong passwords and unknown users.',
    bad_nonces: 'Nonces that were too old, not of ours or used before.',
    limited: 'Credentials refused unseen after too many failures.',
  },
  rpc: {
    'auth.reload': { doc: 'Reads the credentials file again; after an error the old table stays in force.' },
    'auth.stats': { doc: 'Counters, users and nonces forgotten early.' },
  },
} as const;

export const auth = defineModule(declaration, (host) => {
  const { params, stats } = host;
  const store = new CredentialStore({
    listed: params.credentials,
    path: params.credentials_file,
    files: host.world.files,
  });
  const { challenger, checker, records, ledger } = assemble(host, store);
  return {
    functions: {
      challenge: (ctx, options) => challenger.challenge(ctx, headerFor(ctx.message.method), options),
      wwwChallenge: (ctx, options) => challenger.challenge(ctx, H.Authorization, options),
      proxyChallenge: (ctx, options) => challenger.challenge(ctx, H.ProxyAuthorization, options),
      authenticate: (ctx, realm, table, flags) =>
        checker.check(ctx, { header: headerFor(ctx.message.method), realm, table, flags }),
      wwwAuthenticate: (ctx, realm, table, flags) =>
        checker.check(ctx, { header: H.Authorization, realm, table, flags }),
      proxyAuthenticate: (ctx, realm, table, flags) =>
        checker.check(ctx, { header: H.ProxyAuthorization, realm, table, flags }),
      removeCredentials(ctx) {
        const field = records.of(ctx)?.accepted?.field;
        if (field === undefined) return 'none';
        ctx.message.headers.removeField(field);
        return 'removed';
      },
    },
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
