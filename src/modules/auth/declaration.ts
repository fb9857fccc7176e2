/** What auth declares: parameters, functions, counters and commands, under the names of Kamailio's auth and auth_db. */
import { choice, int, list, pv, str } from '../../engine/spec.ts';

const onOff = { choices: { off: ['0', 'no'], on: ['1', 'yes'] }, default: 'off' } as const;

const realm = str({ optional: true, doc: 'Realm; the domain of From when absent or empty.' });
const table = str({ optional: true, doc: 'Table of auth_db, where that is loaded; the table of auth has no name.' });
const method = str({ optional: true, doc: 'Method that the answer is for; that of the request when absent.' });
const identity =
  'Bits: 1 the user must be that of From (REGISTER: and To; PUBLISH: and Request-URI), 2 but not for INVITE, BYE, PRACK, UPDATE and MESSAGE.';

const checked = {
  ok: 1,
  error: -1,
  wrongPassword: -2,
  unknownUser: -3,
  staleNonce: -4,
  noCredentials: -5,
  nonceReused: -6,
  mismatch: -8,
  limited: -9,
} as const;
const routes = ['request', 'failure'] as const;

const secret = [
  str({ doc: 'Realm; the domain of From when empty.' }),
  str({ doc: 'Password, or hash, of whoever answers.' }),
  int({
    min: 0,
    max: 31,
    doc: 'Bits: 1 it is a hash; 2, 4 and 8 after a failure `$avp(digest_challenge)` holds a challenge without qop, with `auth` or with `auth-int`; 16 that one says stale=true.',
  }),
] as const;

const challengeFunction = (...cfg: readonly string[]) =>
  ({
    cfg,
    routes: [...routes, 'reply', 'onreply'],
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
    cfgArity: [2],
    returns: { sent: 1, exempt: 1, error: -1, answered: -3 },
  }) as const;

const checkBits = (name: string) =>
  int({
    default: 0,
    min: 0,
    max: 15,
    doc: `What a nonce for ${name} is bound to, bits: 1 Request-URI, 2 Call-ID, 4 tag of From, 8 source address.`,
  });

const unused = (value: number) =>
  int({ default: value, min: 0, doc: 'Has no meaning here: used nonces are in one table with a limit.' });

export const declaration = {
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
    auth_checks_register: checkBits('a REGISTER'),
    auth_checks_no_dlg: checkBits('another request outside of a dialog'),
    auth_checks_in_dlg: checkBits('a request within a dialog'),
    add_authinfo_hdr: choice({
      ...onOff,
      doc: 'Add Authentication-Info to the reply: proof that we know the secret too.',
    }),
    nonce_auth_max_drift: int({
      default: 3,
      min: 0,
      doc: 'Has no meaning here: a nonce may be as far ahead of our clock as it may be old.',
    }),
    use_domain: choice({ ...onOff, doc: 'Accepted; the domains of From and To are not compared.' }),
    nid_pool_no: unused(1),
    nc_array_size: unused(1_048_576),
    nc_array_order: unused(20),
    otn_in_flight_no: unused(1_048_576),
    otn_in_flight_order: unused(20),
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
      cfg: ['auth_check'],
      routes,
      args: [realm, table, int({ optional: true, min: 0, max: 3, doc: identity })],
      returns: checked,
      doc: 'Checks Authorization of a REGISTER, Proxy-Authorization of everything else. ACK, CANCEL and PRACK are ok.',
    },
    wwwAuthenticate: {
      cfg: ['www_authenticate', 'www_authorize'],
      routes,
      args: [realm, table, method],
      returns: checked,
      doc: 'Checks Authorization.',
    },
    proxyAuthenticate: {
      cfg: ['proxy_authenticate', 'proxy_authorize'],
      routes,
      args: [realm, table],
      returns: checked,
      doc: 'Checks Proxy-Authorization.',
    },
    authenticateWith: {
      cfg: ['pv_auth_check'],
      routes,
      args: [...secret, int({ min: 0, max: 3, doc: identity })],
      returns: checked,
      doc: 'As authenticate, with a secret of the route.',
    },
    wwwAuthenticateWith: {
      cfg: ['pv_www_authenticate', 'pv_www_authorize'],
      routes,
      args: [...secret, method],
      returns: checked,
      doc: 'Checks Authorization with a secret of the route.',
    },
    proxyAuthenticateWith: {
      cfg: ['pv_proxy_authenticate', 'pv_proxy_authorize'],
      routes,
      args: secret,
      returns: checked,
      doc: 'Checks Proxy-Authorization with a secret of the route.',
    },
    hasCredentials: {
      cfg: ['has_credentials'],
      routes,
      args: [str({ doc: 'Realm.' })],
      returns: 'boolean',
      doc: 'Whether some Authorization or Proxy-Authorization is for this realm. Nothing is checked.',
    },
    wwwChallengeText: {
      cfg: ['auth_get_www_authenticate'],
      routes,
      args: [
        str({ doc: 'Realm; the domain of From when empty.' }),
        int({ min: 0, max: 31, doc: 'Bits as in challenge.' }),
        pv({ writable: true, doc: 'Variable that gets the header.' }),
      ],
      returns: { written: 1, error: -1 },
      doc: 'Writes WWW-Authenticate, as a line for `append_to_reply`, into a variable.',
    },
    removeCredentials: {
      cfg: ['consume_credentials'],
      routes,
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
