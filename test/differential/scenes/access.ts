/** Who may, and where they are: authentication, registration, lookup, NAT, path, permissions, floods. */
import type { SipResponse } from '../../../src/sip/message.ts';
import { loading } from '../beginnings.ts';
import type { Contest, Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';

const where = ['rr', 'corex', 'usrloc', 'registrar', 'path', 'nathelper'];
const who = ['auth', 'db_text', 'auth_db', 'alias_db', 'permissions', 'cfgutils'];

const prelude = `
${loading(...where, ...who)}
modparam("db_text", "db_mode", 1)
modparam("auth_db|alias_db|permissions", "db_url", TABLES)
modparam("auth_db", "calculate_ha1", 1)
modparam("auth_db", "password_column", "password")
modparam("auth_db", "load_credentials", "")
modparam("tm", "contacts_avp", "tm_contacts")
modparam("tm", "contact_flows_avp", "tm_flows")
modparam("tm", "failure_reply_mode", 3)
modparam("registrar", "max_expires", 3600)
modparam("registrar", "min_expires", 10)
modparam("registrar", "method_filtering", 1)
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 0)
modparam("registrar", "xavp_cfg", "regcfg")
modparam("registrar", "xavp_rcd", "rcd")
modparam("usrloc", "use_domain", 1)
modparam("usrloc", "nat_bflag", 6)
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")

route[CALLS] {
  if (is_method("CANCEL")) {
    if (t_check_trans()) { t_relay(); }
    exit;
  }
  if (is_method("ACK")) { t_check_trans(); exit; }
}
route[RELAY] { t_relay(); exit; }
route[LOCATE] {
  $var(a) = lookup("location");
  if ($var(a) < 0) {
    append_to_reply("X-Lookup: $var(a)\\r\\n");
    sl_send_reply("404", "Not located");
    exit;
  }
  append_hf("X-Lookup: $var(a) [$du] $bf\\r\\n");
}
`;

const files = {
  version: 'table_name(string) table_version(int)\nsubscriber:7\ndbaliases:1\naddress:6\ntrusted:6\nlocation:9\n',
  subscriber:
    'id(int,auto) username(string) domain(string) password(string) ha1(string,null) ha1b(string,null)\n1:alice:example.org:secret::\n2:bob:example.org:word::\n',
  dbaliases:
    'id(int,auto) alias_username(string) alias_domain(string) username(string) domain(string)\n1:1000:example.org:bob:example.org\n',
  address:
    'id(int,auto) grp(int) ip_addr(string) mask(int) port(int) tag(string,null)\n1:1:127.0.0.1:32:0:loopback\n2:2:10.0.0.0:8:0:ten\n',
  trusted:
    'id(int,auto) src_ip(string) proto(string) from_pattern(string,null) ruri_pattern(string,null) tag(string,null) priority(int)\n',
};

/** Alice asks; the first challenge is answered with this password. */
const challenged =
  (method: string, password: string, final: number, domain = 'example.org') =>
  async (stage: Stage): Promise<void> => {
    await stage.join('alice', { password, domain });
    stage.bob.on('*', (request, ua) => ua.reply(request, 200));
    const request = method === 'REGISTER' ? stage.alice.register({ callId: stage.callId() }) : stage.request(method);
    await stage.alice.until(
      () => stage.alice.receivedStatus(401).length + stage.alice.receivedStatus(407).length > 0,
      3_000,
    );
    const challenge = [...stage.alice.receivedStatus(401), ...stage.alice.receivedStatus(407)][0];
    if (challenge !== undefined) stage.alice.authenticate(request, challenge);
    await stage.alice.until(() => finals(stage).length > 1, 3_000);
    if (final === 200) await stage.hears('alice', 200);
  };

const finals = (stage: Stage): readonly SipResponse[] =>
  stage.alice.receivedStatus().filter(({ status }) => status >= 200);

const authentication: readonly Scene[] = [
  {
    title: 'a request without credentials is challenged: 407',
    route:
      'if (!auth_check("$fd", "subscriber", "1")) { auth_challenge("$fd", "0"); exit; } sl_send_reply("200", "Let in");',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 407);
    },
  },
  {
    title: 'a REGISTER without credentials is challenged: 401',
    route:
      'if (!auth_check("$fd", "subscriber", "1")) { auth_challenge("$fd", "0"); exit; } sl_send_reply("200", "Let in");',
    play: async (stage) => {
      stage.alice.register({ callId: stage.callId() });
      await stage.hears('alice', 401);
    },
  },
  {
    title: 'a challenge with qop',
    route: 'auth_challenge("$fd", "1"); exit;',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 407);
    },
  },
  {
    title: 'the right password of the text table',
    route:
      'if (!auth_check("$fd", "subscriber", "1")) { auth_challenge("$fd", "0"); exit; } append_to_reply("X-Who: $au|$ar|$adu|$aU|$ad\\r\\n"); sl_send_reply("200", "Let in");',
    play: challenged('MESSAGE', 'secret', 200),
  },
  {
    title: 'the right password with qop',
    route:
      'if (!auth_check("$fd", "subscriber", "1")) { auth_challenge("$fd", "1"); exit; } sl_send_reply("200", "Let in");',
    play: challenged('MESSAGE', 'secret', 200),
  },
  {
    title: 'a wrong password, and the code that tells',
    route:
      '$var(a) = auth_check("$fd", "subscriber", "1"); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); auth_challenge("$fd", "0"); exit; } sl_send_reply("200", "Let in");',
    play: challenged('MESSAGE', 'wrong', 407),
  },
  {
    title: 'a user that is not in the table',
    route:
      '$var(a) = auth_check("example.org", "subscriber", "0"); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); auth_challenge("example.org", "0"); exit; } sl_send_reply("200", "Let in");',
    play: async (stage) => {
      await stage.join('alice', { password: 'secret', user: 'mallory' });
      const request = stage.request('MESSAGE');
      await stage.hears('alice', 407);
      const challenge = stage.alice.receivedStatus(407)[0];
      if (challenge !== undefined) stage.alice.authenticate(request, challenge);
      await stage.hears('alice', 407, 2);
    },
  },
  {
    title: 'the domain of the user is not looked at without use_domain',
    route:
      '$var(a) = auth_check("$fd", "subscriber", "0"); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); auth_challenge("$fd", "0"); exit; } sl_send_reply("200", "Let in");',
    play: challenged('MESSAGE', 'secret', 200, 'example.net'),
  },
  {
    title: 'the user of From is not the one who authenticates',
    route:
      '$var(a) = auth_check("example.org", "subscriber", "1"); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); auth_challenge("example.org", "0"); exit; } sl_send_reply("200", "Let in");',
    play: async (stage) => {
      await stage.join('alice', { password: 'secret' });
      const request = stage.request('MESSAGE', 'bob', { from: '<sip:bob@example.org>;tag=1' });
      await stage.hears('alice', 407);
      const challenge = stage.alice.receivedStatus(407)[0];
      if (challenge !== undefined) stage.alice.authenticate(request, challenge);
      await stage.hears('alice', 407, 2);
    },
  },
  {
    title: 'an INVITE is challenged without a transaction, and its ACK is absorbed',
    route:
      'if (is_method("ACK")) { sl_send_reply("500", "Not absorbed"); append_hf("X: 1\\r\\n"); t_relay(); exit; } auth_challenge("example.org", "0"); exit;',
    play: async (stage) => {
      const invite = stage.invite();
      await stage.hears('alice', 407);
      const response = stage.alice.receivedStatus(407)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
  {
    title: 'an INVITE is challenged in its transaction',
    route: 'route(CALLS); t_newtran(); auth_challenge("example.org", "0"); exit;',
    play: async (stage) => {
      const invite = stage.invite();
      await stage.hears('alice', 407);
      const response = stage.alice.receivedStatus(407)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
  {
    title: 'credentials are consumed before the request goes on',
    route:
      'if (!auth_check("$fd", "subscriber", "1")) { auth_challenge("$fd", "0"); exit; } consume_credentials(); route(RELAY);',
    play: challenged('MESSAGE', 'secret', 200),
  },
  {
    title: 'credentials of another realm are not looked at',
    route:
      '$var(a) = auth_check("$fd", "subscriber", "0"); append_to_reply("X-Code: $var(a)\\r\\n"); sl_send_reply("403", "No");',
    play: async (stage) => {
      stage.request('MESSAGE', 'bob', {
        headers: [
          [
            'Proxy-Authorization',
            'Digest username="alice", realm="elsewhere.org", nonce="1", uri="sip:bob@example.org", response="00000000000000000000000000000000"',
          ],
        ],
      });
      await stage.hears('alice', 403);
    },
  },
  {
    title: 'a stale nonce',
    route:
      '$var(a) = auth_check("example.org", "subscriber", "0"); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); auth_challenge("example.org", "0"); exit; } sl_send_reply("200", "Let in");',
    play: async (stage) => {
      stage.request('MESSAGE', 'bob', {
        headers: [
          [
            'Proxy-Authorization',
            'Digest username="alice", realm="example.org", nonce="ZzZzZzZzZzZzZzZzZzZzZzZzZzZzZzZz", uri="sip:bob@example.org", response="00000000000000000000000000000000"',
          ],
        ],
      });
      await stage.hears('alice', 407);
    },
  },
  {
    title: 'a password of the script: proxy_authenticate by variables',
    route:
      'if (!pv_proxy_authenticate("example.org", "secret", "0")) { proxy_challenge("example.org", "0"); exit; } sl_send_reply("200", "Let in");',
    play: challenged('MESSAGE', 'secret', 200),
  },
  {
    title: 'a password of the script: www_authenticate by variables',
    route:
      'if (!pv_www_authenticate("example.org", "secret", "0")) { www_challenge("example.org", "1"); exit; } sl_send_reply("200", "Let in");',
    play: challenged('REGISTER', 'secret', 200),
  },
  {
    title: 'codes of pv_auth_check, and the challenge that it leaves in an AVP',
    route:
      '$var(a) = pv_auth_check("example.org", "secret", "4", "1"); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); append_to_reply("$avp(digest_challenge)"); t_newtran(); t_reply("407", "Who"); exit; } append_to_reply("X-Code: $var(a)\\r\\n"); sl_send_reply("200", "Let in");',
    play: challenged('MESSAGE', 'secret', 200),
  },
  {
    title: 'pv_auth_check and a user that is not the caller',
    route:
      '$var(a) = pv_auth_check("example.org", "secret", "0", "1"); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); auth_challenge("example.org", "0"); exit; } sl_send_reply("200", "Let in");',
    play: async (stage) => {
      await stage.join('alice', { password: 'secret', user: 'mallory' });
      const request = stage.request('MESSAGE', 'bob', { from: '<sip:alice@example.org>;tag=1' });
      await stage.hears('alice', 407);
      const challenge = stage.alice.receivedStatus(407)[0];
      if (challenge !== undefined) stage.alice.authenticate(request, challenge);
      await stage.hears('alice', 407, 2);
    },
  },
  {
    title: 'has_credentials and consume_credentials look, and judge nothing',
    route:
      '$var(a) = has_credentials("example.org"); $var(b) = has_credentials("example.net"); $var(c) = consume_credentials();',
    show: ['$var(a)', '$var(b)', '$var(c)'],
    play: async (stage) => {
      stage.request('OPTIONS', 'bob', {
        headers: [
          ['Authorization', 'Digest username="alice", realm="example.org", nonce="x", uri="sip:x", response="0"'],
        ],
      });
      await stage.hears('alice', 200);
      stage.request('OPTIONS');
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'auth_get_www_authenticate gives the header',
    route:
      '$var(a) = auth_get_www_authenticate("example.org", "1", "$var(w)"); append_to_reply("X-Code: $var(a)\\r\\n"); append_to_reply("$var(w)"); sl_send_reply("401", "Who");',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 401);
    },
  },
];

/** Users are scenes of their own, so that registrations do not meet. */
const registering =
  (count: number) =>
  async (stage: Stage): Promise<void> => {
    stage.alice.register({
      callId: stage.callId(),
      to: `<sip:${stage.id}@example.org>`,
      from: `<sip:${stage.id}@example.org>;tag=1`,
    });
    await stage.hears('alice', 200, count);
  };

/** Registers, then carol sends a request to the user. */
const reached =
  (more: { headers?: readonly (readonly [string, string])[]; expect?: number } = {}) =>
  async (stage: Stage): Promise<void> => {
    const aor = `sip:${stage.id}@example.org`;
    stage.bob.on('*', (request, ua) => ua.reply(request, 200));
    stage.bob.request('REGISTER', 'sip:example.org', {
      callId: `${stage.id}.reg@x`,
      to: `<${aor}>`,
      from: `<${aor}>;tag=1`,
      headers: more.headers ?? [],
    });
    await stage.hears('bob', '200 REGISTER');
    stage.request('MESSAGE', aor);
    await stage.alice.until(() => finals(stage).length > 0, 3_000);
  };

const save = 'if (is_method("REGISTER")) { $var(a) = save("location"); exit; }';

/** A REGISTER by hand, with Contact and other lines of its own. */
const register = (stage: Stage, cseq: number, ...lines: readonly string[]): string =>
  [
    `REGISTER sip:example.org SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bK${stage.id}${cseq}`,
    'Max-Forwards: 70',
    `From: <sip:${stage.id}@example.org>;tag=1`,
    `To: <sip:${stage.id}@example.org>`,
    `Call-ID: ${stage.id}.hand@x`,
    `CSeq: ${cseq} REGISTER`,
    ...lines,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

/** One REGISTER after the other, each waits for its answer. */
const registers =
  (...list: readonly (readonly string[])[]) =>
  async (stage: Stage): Promise<void> => {
    for (const [index, lines] of list.entries()) {
      stage.alice.send(register(stage, index + 1, ...lines));
      await stage.alice.until(() => finals(stage).length > index, 3_000);
    }
  };

const registration: readonly Scene[] = [
  { title: 'a binding is saved and told', route: save, play: registering(1) },
  {
    title: 'a binding is looked up and the request goes there',
    route: `${save} route(LOCATE); route(RELAY);`,
    play: reached(),
  },
  {
    title: 'nobody is registered',
    route: `${save} route(LOCATE); route(RELAY);`,
    play: async (stage) => {
      stage.request('MESSAGE', `sip:${stage.id}@example.org`);
      await stage.hears('alice', 404);
    },
  },
  {
    title: 'a registration is asked for, changed and removed',
    route: save,
    play: registers(
      ['Contact: <sip:a@192.0.2.1:5070>', 'Expires: 60'],
      [],
      ['Contact: <sip:a@192.0.2.1:5070>;expires=120;q=0.7'],
      ['Contact: <sip:a@192.0.2.1:5070>;expires=0'],
      [],
    ),
  },
  {
    title: 'several bindings with q values, in one header and in two',
    route: save,
    play: registers(
      [
        'Contact: <sip:a@192.0.2.1>;q=0.3;expires=60, <sip:b@192.0.2.2>;q=0.9;expires=70',
        'Contact: <sip:c@192.0.2.3>;expires=80',
      ],
      [],
    ),
  },
  {
    title: 'all bindings are removed with a star',
    route: save,
    play: registers(
      ['Contact: <sip:a@192.0.2.1>', 'Contact: <sip:b@192.0.2.2>', 'Expires: 60'],
      ['Contact: *', 'Expires: 0'],
      [],
    ),
  },
  { title: 'a star with a lifetime is refused', route: save, play: registers(['Contact: *', 'Expires: 60']) },
  {
    title: 'a lifetime that is too long is shortened',
    route: save,
    play: registers(['Contact: <sip:a@192.0.2.1>', 'Expires: 99999']),
  },
  {
    title: 'a lifetime that is too short is lengthened',
    route: save,
    play: registers(['Contact: <sip:a@192.0.2.1>;expires=3']),
  },
  {
    title: 'an older CSeq of the same call is refused',
    route: save,
    play: async (stage) => {
      stage.alice.send(register(stage, 5, 'Contact: <sip:a@192.0.2.1>;expires=60'));
      await stage.hears('alice', 200);
      stage.alice.send(register(stage, 4, 'Contact: <sip:a@192.0.2.1>;expires=90'));
      await stage.alice.until(() => finals(stage).length > 1, 3_000);
    },
  },
  {
    title: 'a Contact that cannot be read is refused',
    route: save,
    play: registers(['Contact: <sip:', 'Expires: 60']),
  },
  {
    title: 'no reply when the script forbids it',
    route:
      'if (is_method("REGISTER")) { $var(a) = save("location", "0x02"); append_to_reply("X-Code: $var(a)\\r\\n"); sl_send_reply("202", "By hand"); exit; }',
    play: async (stage) => {
      stage.alice.send(register(stage, 1, 'Contact: <sip:a@192.0.2.1>;expires=60'));
      await stage.hears('alice', 202);
    },
  },
  {
    title: 'only one binding is kept where the script wants one',
    route: 'if (is_method("REGISTER")) { save("location", "0x04"); exit; }',
    play: registers(['Contact: <sip:a@192.0.2.1>;expires=60'], ['Contact: <sip:b@192.0.2.2>;expires=60'], []),
  },
  {
    title: 'a request to two bindings forks',
    route: `${save} route(CALLS); route(LOCATE); route(RELAY);`,
    play: async (stage) => {
      const aor = `sip:${stage.id}@example.org`;
      const headers = [['Contact', `<${stage.uri('carol')}>;expires=60`]] as const;
      stage.bob.on('*', (request, ua) => ua.reply(request, 404));
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.bob.request('REGISTER', 'sip:example.org', {
        callId: `${stage.id}.reg@x`,
        to: `<${aor}>`,
        from: `<${aor}>;tag=1`,
        headers,
      });
      await stage.hears('bob', '200 REGISTER');
      stage.request('MESSAGE', aor);
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'the higher q goes first into the Request-URI',
    route: `${save} lookup("location"); append_to_reply("X-First: $ru $(branch(uri)[0]) $branch(count)\\r\\n"); sl_send_reply("200", "OK"); exit;`,
    play: async (stage) => {
      await registers(['Contact: <sip:a@192.0.2.1>;q=0.3;expires=60', 'Contact: <sip:b@192.0.2.2>;q=0.9;expires=60'])(
        stage,
      );
      stage.request('MESSAGE', `sip:${stage.id}@example.org`);
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'contacts are tried in the order of their q, those of one q together',
    route: `${save} route(LOCATE); $var(b) = t_load_contacts(); $var(c) = t_next_contacts(); append_hf("X-Codes: $var(b) $var(c)\\r\\n"); t_on_failure("THIS"); route(RELAY);`,
    blocks:
      'failure_route[THIS] { $var(b) = t_next_contacts(); append_hf("X-Next: $var(b)\\r\\n"); if ($var(b) == 1) { t_on_failure("THIS"); t_relay(); } }',
    play: async (stage) => {
      const answers = [
        [stage.bob, 404],
        [stage.carol, 480],
        [stage.dave, 488],
      ] as const;
      for (const [peer, status] of answers) peer.on('*', (request, ua) => ua.reply(request, status));
      const contact = (name: string, q: string): string => `Contact: <${stage.uri(name)}>;q=${q};expires=60`;
      stage.alice.send(register(stage, 1, contact('bob', '0.3'), contact('carol', '0.9'), contact('dave', '0.3')));
      await stage.hears('alice', 200);
      stage.request('MESSAGE', `sip:${stage.id}@example.org`);
      await stage.alice.until(() => finals(stage).length > 1, 3_000);
    },
  },
  {
    title: 'contacts of one q are tried at once',
    route: `${save} route(LOCATE); $var(b) = t_load_contacts(); $var(c) = t_next_contacts(); append_hf("X-Codes: $var(b) $var(c)\\r\\n"); route(RELAY);`,
    play: async (stage) => {
      for (const peer of [stage.bob, stage.carol]) peer.on('*', (request, ua) => ua.reply(request, 404));
      const contact = (name: string): string => `Contact: <${stage.uri(name)}>;expires=60`;
      stage.alice.send(register(stage, 1, contact('bob'), contact('carol')));
      await stage.hears('alice', 200);
      stage.request('MESSAGE', `sip:${stage.id}@example.org`);
      await stage.alice.until(() => finals(stage).length > 1, 3_000);
    },
  },
  {
    title: 'a method that the binding does not allow',
    route: `${save} route(LOCATE); route(RELAY);`,
    play: reached({ headers: [['Allow', 'INVITE, ACK, BYE']] }),
  },
  {
    title: 'registered and unregister',
    route: `${save} $var(a) = registered("location"); $var(b) = unregister("location", "$ru"); $var(c) = registered("location");`,
    show: ['$var(a)', '$var(b)', '$var(c)'],
    play: async (stage) => {
      await registers(['Contact: <sip:a@192.0.2.1>;expires=60'])(stage);
      stage.request('OPTIONS', `sip:${stage.id}@example.org`);
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'a path is stored and becomes the route',
    route: `${save} route(LOCATE); route(RELAY);`,
    play: async (stage) => {
      const aor = `sip:${stage.id}@example.org`;
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.bob.request('REGISTER', 'sip:example.org', {
        callId: `${stage.id}.reg@x`,
        to: `<${aor}>`,
        from: `<${aor}>;tag=1`,
        headers: [
          ['Path', `<${stage.uri('carol')};lr>`],
          ['Supported', 'path'],
        ],
      });
      await stage.hears('bob', '200 REGISTER');
      stage.request('MESSAGE', aor);
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'add_path adds us to a REGISTER that goes on',
    route: 'add_path(); $du = $hdr(X-bob); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('REGISTER', 'sip:example.org');
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'add_path with a user, and add_path_received',
    route: 'if ($hdr(X-Do) == "user") add_path("edge"); else add_path_received(); $du = $hdr(X-bob); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('REGISTER', 'sip:example.org', { headers: [['X-Do', 'user']] });
      await stage.hears('alice', 200);
      stage.request('REGISTER', 'sip:example.org');
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'the reply that save left out is sent later',
    route: 'save("location", "0x02"); append_to_reply("X-Later: 1\\r\\n"); reg_send_reply();',
    play: registers(['Contact: <sip:b@127.0.0.1:1>'], ['Contact: *']),
  },
  {
    title: 'the script limits the contacts of a user',
    route: 'if (is_method("REGISTER")) { $xavp(regcfg=>max_contacts) = 1; save("location"); exit; }',
    play: registers(['Contact: <sip:b@127.0.0.1:1>'], ['Contact: <sip:c@127.0.0.1:1>']),
  },
  {
    title: 'the script says preference and lifetime',
    route:
      'if (is_method("REGISTER")) { $xavp(regcfg=>q) = 700; $xavp(regcfg[0]=>expires) = 300; save("location"); exit; }',
    play: registers(['Contact: <sip:b@127.0.0.1:1>;q=0.2']),
  },
  {
    title: 'lookup and registered describe the contact',
    route:
      'if (is_method("REGISTER")) { save("location"); exit; } $var(a) = lookup("location"); append_to_reply("X-A: $var(a) $xavp(rcd=>contact) $xavp(rcd=>received)\\r\\n"); $xavp(regcfg=>match_callid) = "nope"; $var(b) = registered("location", "$tu", 1); $xavp(regcfg=>match_contact) = "sip:b@127.0.0.1:1"; $var(c) = registered("location", "$tu", 4, 2); append_to_reply("X-B: $var(b) $var(c)\\r\\n"); sl_send_reply("200", "Found");',
    play: async (stage) => {
      await registers(['Contact: <sip:b@127.0.0.1:1>'])(stage);
      const aor = `sip:${stage.id}@example.org`;
      stage.request('MESSAGE', aor, { to: `<${aor}>` });
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'contacts are fetched and freed',
    route:
      'if (is_method("REGISTER")) { save("location"); exit; } $var(a) = reg_fetch_contacts("location", "$ru", "p"); $var(b) = $ulc(p=>count) + 0; $var(c) = $ulc(p=>addr); $var(d) = reg_fetch_contacts("location", "sip:nobody@example.org", "q"); $var(e) = reg_free_contacts("p"); append_to_reply("X-A: $var(a) $var(b) $var(c) $var(d) $var(e)\\r\\n"); sl_send_reply("200", "Fetched");',
    play: async (stage) => {
      await registers(['Contact: <sip:b@127.0.0.1:1>', 'Contact: <sip:c@127.0.0.1:1>'])(stage);
      stage.request('MESSAGE', `sip:${stage.id}@example.org`);
      await stage.hears('alice', 200);
    },
  },
];

const nat: readonly Scene[] = [
  {
    title: 'nat_uac_test looks at Contact, Via, SDP and ports',
    route:
      '$var(a) = nat_uac_test("1"); $var(b) = nat_uac_test("2"); $var(c) = nat_uac_test("8"); $var(d) = nat_uac_test("16"); $var(x) = nat_uac_test("19"); $var(y) = nat_uac_test("64"); $var(z) = nat_uac_test("32");',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)', '$var(x)', '$var(y)', '$var(z)'],
    play: async (stage) => {
      stage.request('OPTIONS');
      await stage.hears('alice', 200);
      stage.alice.send(
        `OPTIONS sip:x@y SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKnat;rport\nFrom: <sip:a@b>;tag=1\nTo: <sip:x@y>\nCall-ID: ${stage.callId()}\nCSeq: 1 OPTIONS\nContact: <sip:alice@192.168.1.1>\nMax-Forwards: 7\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'set_contact_alias writes where the request came from',
    route: 'force_rport(); set_contact_alias(); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.alice.send(
        `MESSAGE ${stage.uri('bob')} SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKnat2\nFrom: <sip:a@b>;tag=1\nTo: <sip:x@y>\nCall-ID: ${stage.callId()}\nCSeq: 1 MESSAGE\nContact: <sip:alice@192.168.1.1;x=1>;q=0.5\nMax-Forwards: 7\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'handle_ruri_alias turns the alias into the destination',
    route: '$var(a) = handle_ruri_alias(); append_hf("X-Code: $var(a) [$du]\\r\\n"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE', `sip:someone@192.0.2.77;alias=127.0.0.1~${stage.bob.local.port}~1`);
      await stage.hears('alice', 200);
      stage.request('MESSAGE', 'bob');
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'fix_nated_contact rewrites the Contact',
    route: 'fix_nated_contact(); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.alice.send(
        `MESSAGE ${stage.uri('bob')} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKnat4\nFrom: <sip:a@b>;tag=1\nTo: <sip:x@y>\nCall-ID: ${stage.callId()}\nCSeq: 1 MESSAGE\nContact: "A" <sip:alice@192.168.1.1:5070;transport=udp>;x=y\nMax-Forwards: 7\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'fix_nated_register keeps the source of a binding, and lookup sends there',
    route:
      'if (is_method("REGISTER")) { force_rport(); fix_nated_register(); setbflag(6); save("location"); exit; } route(LOCATE); if (isbflagset(6)) append_hf("X-Nat: yes\\r\\n"); route(RELAY);',
    play: async (stage) => {
      const aor = `sip:${stage.id}@example.org`;
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.bob.send(
        `REGISTER sip:example.org SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKnat5\nMax-Forwards: 70\nFrom: <${aor}>;tag=1\nTo: <${aor}>\nCall-ID: ${stage.id}.reg@x\nCSeq: 1 REGISTER\nContact: <sip:bob@10.0.0.9:5060>;expires=60\nContent-Length: 0\n\n`,
      );
      await stage.hears('bob', 200);
      stage.request('MESSAGE', aor);
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'fix_nated_sdp rewrites the address of the media',
    route: 'fix_nated_sdp("2"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE', 'bob', {
        contentType: 'application/sdp',
        body: 'v=0\r\no=- 1 1 IN IP4 192.168.1.1\r\ns=-\r\nc=IN IP4 192.168.1.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n',
      });
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'is_rfc1918 tells private addresses',
    route: '$var(a) = is_rfc1918("10.1.2.3"); $var(b) = is_rfc1918("8.8.8.8"); $var(c) = is_rfc1918("172.20.0.1");',
    show: ['$var(a)', '$var(b)', '$var(c)'],
  },
  {
    title: 'nat_uac_test looks at the first Contact',
    route: '$var(a) = nat_uac_test("1");',
    show: ['$var(a)'],
    play: async (stage) => {
      stage.request('OPTIONS', 'bob', { headers: [['Contact', '<sip:alice@10.1.2.3:5060>']] });
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'add_contact_alias and its return codes',
    route: '$var(a) = add_contact_alias(); append_hf("X-Codes: $var(a)\\r\\n"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE', 'bob', { headers: [] });
      await stage.hears('alice', 200);
      stage.alice.send(
        `MESSAGE ${stage.uri('bob')} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKnat3\nFrom: <sip:a@b>;tag=1\nTo: <sip:x@y>\nCall-ID: ${stage.callId()}\nCSeq: 1 MESSAGE\nContact: <sip:alice@192.168.1.1>\nMax-Forwards: 7\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'nat_uac_test and several contacts in one header',
    route: '$var(a) = nat_uac_test("1"); $var(b) = nat_uac_test("128");',
    show: ['$var(a)', '$var(b)'],
    play: async (stage) => {
      stage.alice.send(
        `OPTIONS sip:x@y SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKnat7\nFrom: <sip:a@b>;tag=1\nTo: <sip:x@y>\nCall-ID: ${stage.callId()}\nCSeq: 1 OPTIONS\nContact: <sip:a@1.1.1.1:${stage.alice.local.port}>, <sip:a@10.1.1.1>\nMax-Forwards: 7\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'add_contact_alias with an address, and with a transport that says enough',
    route:
      'if ($hdr(X-Do) == "given") $var(a) = add_contact_alias("1.2.3.4", "5070", "tcp"); else $var(a) = add_contact_alias(); append_hf("X-Code: $var(a)\\r\\n"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE', 'bob', { headers: [['X-Do', 'given']] });
      await stage.hears('alice', 200);
      const { port } = stage.alice.local;
      stage.alice.send(
        `MESSAGE ${stage.uri('bob')} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKnat8\nFrom: <sip:a@b>;tag=1\nTo: <sip:x@y>\nCall-ID: ${stage.callId()}\nCSeq: 1 MESSAGE\nContact: <sip:alice@127.0.0.1:${port};transport=udp>\nMax-Forwards: 7\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'add_rcv_param as a parameter of the header and of the URI',
    route:
      '$var(a) = add_rcv_param(); $var(b) = add_rcv_param("1"); append_hf("X-Code: $var(a) $var(b)\\r\\n"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
];

const tables: readonly Scene[] = [
  {
    title: 'the source address is in a group of the address table',
    route:
      '$var(a) = allow_source_address(); $var(b) = allow_source_address("2"); $var(c) = allow_address("2", "10.1.2.3", "5060"); $var(d) = allow_address("2", "11.1.2.3", "5060");',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)'],
  },
  {
    title: 'an alias of the table becomes the Request-URI',
    route:
      '$ru = "sip:1000@example.org"; $var(a) = alias_db_lookup("dbaliases"); $var(b) = $ru; $ru = "sip:1001@example.org"; $var(c) = alias_db_lookup("dbaliases"); $var(d) = $ru;',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)'],
  },
  {
    title: 'the group of the source address',
    route: '$var(a) = allow_source_address_group();',
    show: ['$var(a)'],
  },
  {
    title: 'groups of addresses: hosts first, then networks by their group',
    route:
      '$var(a) = allow_address_group("10.1.9.9", "5060"); $var(b) = allow_address_group("11.1.1.1", "0"); $var(c) = allow_address_group("127.0.0.1", "1"); $var(d) = allow_trusted("127.0.0.9", "udp", "sip:a@b");',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)'],
  },
  {
    title: 'permission files that are not there allow everything',
    route:
      '$var(a) = allow_routing("/nowhere/at-all"); $var(u) = "sip:x@y"; $var(b) = allow_uri("/nowhere/at-all", "$var(u)"); $var(c) = allow_register("/nowhere/at-all");',
    show: ['$var(a)', '$var(b)', '$var(c)'],
  },
];

export const access: Contest = {
  name: 'access',
  prelude,
  files,
  scenes: [...authentication, ...registration, ...nat, ...tables],
};
