/** Debian's kamailio.cfg as it is, plain and with each of its switches: what users of it do in a day. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificates } from '../../support/tls-fixtures.ts';
import type { Contest, Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';

const domain = 'debian.test';
const textTables = '/usr/share/kamailio/dbtext/kamailio';

/** The tables that Debian's package brings, with these rows. */
function tables(): Readonly<Record<string, string>> {
  const rows: Readonly<Record<string, readonly string[]>> = {
    version: [],
    location: [],
    domain_attrs: [],
    trusted: [],
    subscriber: [
      '1:alice:debian.test:secret:x:x',
      '2:bob:debian.test:word:x:x',
      '3:alice:multi.test:other:x:x',
      '4:bob:multi.test:word:x:x',
    ],
    dbaliases: ['1:robert:debian.test:bob:debian.test'],
    speed_dial: ['1:alice:debian.test:22:debian.test:sip\\:bob@debian.test:B:B:B'],
    domain: ['1:multi.test:multi.test:0'],
    address: ['1:1:127.0.0.7:32:0:trusted'],
  };
  if (!existsSync(textTables)) return {};
  const text = (name: string): string => readFileSync(join(textTables, name), 'latin1').trimEnd();
  return Object.fromEntries(
    Object.entries(rows).map(([name, more]) => [name, `${[text(name), ...more].join('\n')}\n`]),
  );
}

/** The file that Debian's script includes when it exists. */
const local = (more = ''): string => `loadmodule "db_text.so"\nalias="${domain}"\n${more}`;

const answers = { alice: 'secret', bob: 'word' } as const;

async function users(stage: Stage): Promise<void> {
  for (const [user, password] of Object.entries(answers)) {
    await stage.join(user, { user, password, domain, auto: true });
    stage
      .peer(user)
      .acceptCalls()
      .register({ callId: `${stage.id}.${user}@x` });
    await stage.hears(user, '200 REGISTER');
  }
}

const bye = async (stage: Stage, by: 'alice' | 'bob'): Promise<void> => {
  stage.peer(by).bye();
  await stage.hears(by, '200 BYE');
};

const leave = async (stage: Stage): Promise<void> => {
  for (const user of Object.keys(answers)) {
    const before = stage.peer(user).receivedStatus(200, 'REGISTER').length;
    stage.peer(user).register({ callId: `${stage.id}.${user}@x`, expires: 0 });
    await stage.hears(user, '200 REGISTER', before + 1);
  }
};

/** REGISTER, calls that either side ends, and a call to one who has left. */
async function day(stage: Stage): Promise<void> {
  await users(stage);
  stage.alice.on('*', (request, ua) => ua.reply(request, 200));
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '200 INVITE');
  await stage.hears('bob', 'ACK');
  await bye(stage, 'alice');
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '200 INVITE', 2);
  await stage.hears('bob', 'ACK', 2);
  await bye(stage, 'bob');
  await leave(stage);
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '404');
}

/** A call that is cancelled while it rings, and one that is rejected. */
async function noAnswer(stage: Stage): Promise<void> {
  await users(stage);
  stage.bob.acceptCalls([180]);
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '180');
  cancelLast(stage);
  await stage.hears('alice', '487');
  await stage.hears('bob', 'ACK');
  stage.bob.acceptCalls([486]);
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '486');
  await stage.hears('bob', 'ACK', 2);
  await leave(stage);
}

/** The CANCEL of the INVITE that rings: same branch as what alice sent last. */
function cancelLast(stage: Stage): void {
  const reply = stage.alice.receivedStatus(180).at(-1);
  const via = reply?.headers.getAll('Via')[0] ?? '';
  const lines = [
    `CANCEL sip:bob@${domain} SIP/2.0`,
    `Via: ${via.replace(/;(?:rport|received)=[^;]*/g, '')}`,
    'Max-Forwards: 70',
    `From: ${reply?.headers.get('From') ?? ''}`,
    `To: <sip:bob@${domain}>`,
    `Call-ID: ${reply?.callId ?? ''}`,
    `CSeq: ${reply?.cseq?.number ?? 0} CANCEL`,
    'Content-Length: 0',
    '',
    '',
  ];
  stage.alice.send(lines.join('\r\n'));
}

const answered =
  (method: string, uri: string, status: number, options: Parameters<Stage['request']>[2] = {}) =>
  async (stage: Stage): Promise<void> => {
    stage.request(method, uri, options);
    await stage.hears('alice', status);
  };

const scene = (title: string, play: (stage: Stage) => Promise<void>): Scene => ({ title, route: '', play });

const everyday: readonly Scene[] = [
  scene('two users register, call and leave', day),
  scene('a call is cancelled, another rejected', noAnswer),
  scene('a request to a foreign domain is refused', answered('MESSAGE', 'sip:someone@elsewhere.test', 403)),
  scene('a keepalive is answered', answered('OPTIONS', `sip:${domain}`, 200)),
  scene(
    'a request in a dialog that nobody knows',
    answered('INFO', `sip:bob@${domain}`, 404, { to: `<sip:bob@${domain}>;tag=gone` }),
  ),
  scene('a scanner gets no answer', async (stage) => {
    stage.request('OPTIONS', `sip:${domain}`, { headers: [['User-Agent', 'friendly-scanner']] });
  }),
  scene('a request with no hops left', async (stage) => {
    const own = `127.0.0.1:${stage.alice.local.port}`;
    stage.alice.send(
      `MESSAGE sip:bob@${domain} SIP/2.0\nVia: SIP/2.0/UDP ${own};branch=z9hG4bKhops\nFrom: <sip:alice@${domain}>;tag=1\nTo: <sip:bob@${domain}>\nCall-ID: ${stage.callId()}\nCSeq: 1 MESSAGE\nMax-Forwards: 0\nContent-Length: 0\n\n`,
    );
    await stage.hears('alice', 483);
  }),
];

const plain: readonly Scene[] = [
  ...everyday,
  scene('a PUBLISH is refused', answered('PUBLISH', `sip:bob@${domain}`, 404)),
  scene('an address without a user', answered('MESSAGE', `sip:${domain}`, 484)),
  scene('a user who is not there', answered('MESSAGE', `sip:nobody@${domain}`, 404)),
  scene('a method that a binding does not allow', async (stage) => {
    stage.bob.request('REGISTER', `sip:${domain}`, {
      callId: `${stage.id}.reg@x`,
      to: `<sip:picky@${domain}>`,
      from: `<sip:picky@${domain}>;tag=1`,
      headers: [['Allow', 'INVITE, ACK']],
    });
    await stage.hears('bob', 200);
    stage.request('MESSAGE', `sip:picky@${domain}`);
    await stage.hears('alice', 405);
  }),
];

const wrongPassword = async (stage: Stage): Promise<void> => {
  await stage.join('alice', { user: 'alice', password: 'wrong', domain, auto: true });
  stage.alice.register({ callId: stage.callId() });
  await stage.hears('alice', 401, 2);
  stage.request('MESSAGE', `sip:bob@${domain}`);
  await stage.hears('alice', 407, 2);
};

const auth: readonly Scene[] = [
  scene('two users register, call and leave', day),
  scene('a call is cancelled, another rejected', noAnswer),
  scene('a wrong password', wrongPassword),
  scene(
    'nobody from elsewhere calls elsewhere',
    answered('MESSAGE', 'sip:x@elsewhere.test', 403, { from: '<sip:y@other.test>;tag=1' }),
  ),
];

const ipauth: readonly Scene[] = [
  ...auth,
  scene('a trusted address needs no password', async (stage) => {
    await stage.join('alice', { local: { address: '127.0.0.7', port: 0 }, domain });
    stage.request('MESSAGE', `sip:nobody@${domain}`);
    await stage.hears('alice', 404);
  }),
];

const rejectedBy =
  (statuses: readonly number[], final: number) =>
  async (stage: Stage): Promise<void> => {
    await users(stage);
    stage.bob.acceptCalls(statuses);
    stage.invite(`sip:bob@${domain}`);
    await stage.hears('alice', `${final} INVITE`);
    await stage.hears('bob', 'ACK');
    await leave(stage);
  };

const flood = async (stage: Stage): Promise<void> => {
  await stage.join('alice', { local: { address: '127.0.0.9', port: 0 }, domain });
  for (let count = 0; count < 60; count++) stage.request('OPTIONS', `sip:${domain}`);
  await stage.settle();
  const before = stage.alice.receivedStatus(200).length;
  // How many pass depends on when the window of two seconds began; that the address is banned then does not.
  if (before === 0 || before >= 60) throw new Error(`${before} of 60 requests were answered`);
  stage.alice.inbox.clear();
  stage.request('OPTIONS', `sip:${domain}`);
  await stage.settle();
};

const nat = async (stage: Stage): Promise<void> => {
  const own = `127.0.0.1:${stage.bob.local.port}`;
  stage.bob.acceptCalls();
  stage.bob.send(
    `REGISTER sip:${domain} SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKnat\nMax-Forwards: 70\nFrom: <sip:bob@${domain}>;tag=1\nTo: <sip:bob@${domain}>\nCall-ID: ${stage.id}.reg@${own}\nCSeq: 1 REGISTER\nContact: <sip:bob@10.0.0.9:5060>;expires=60\nContent-Length: 0\n\n`,
  );
  await stage.hears('bob', 200);
  stage.request('MESSAGE', `sip:bob@${domain}`);
  await stage.hears('alice', 200);
};

/** What comes of HTTP requests is told to dave, so that it is compared. */
const commands = async (stage: Stage): Promise<void> => {
  const told: string[] = [];
  const call = (method: string, params: readonly string[]): string =>
    JSON.stringify({ jsonrpc: '2.0', method, params, id: 7 });
  const asked: readonly (readonly [path: string, body?: string])[] = [
    ['/RPC', call('core.echo', ['one', 'two'])],
    ['/RPC/x?y', call('core.echo', [])],
    ['/elsewhere', 'x'],
    ['/page'],
  ];
  for (const [path, body] of asked) {
    const post = body === undefined ? {} : { method: 'POST', body };
    const signal = AbortSignal.timeout(3_000);
    const answer = await fetch(`http://127.0.0.1:${stage.server.port}${path}`, { ...post, signal });
    const text = await answer.text();
    // The order of members means nothing.
    const shown = text.startsWith('{') ? JSON.stringify(JSON.parse(text), ['jsonrpc', 'id', 'result']) : text;
    told.push(`${answer.status} ${answer.statusText} ${answer.headers.get('content-type')} ${shown}`);
  }
  stage.alice.request('INFO', stage.uri('dave'), {
    callId: stage.callId(),
    headers: told.map((text, index) => [`X-Answer-${index}`, text] as const),
    via: stage.dave.local,
  });
  await stage.hears('dave', 'INFO');
};

/** Sets a custom parameter while the server runs, over JSON-RPC on its SIP port. */
async function setParameter(stage: Stage, name: readonly [group: string, name: string], value: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'cfg.sets', params: [...name, value], id: 1 });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${stage.server.port}/RPC`, {
    method: 'POST',
    body,
    headers,
    signal: AbortSignal.timeout(3_000),
  });
  if (!answer.ok) throw new Error(`cfg.sets ${name.join('.')}: ${answer.status}`);
}

const toGateway = async (stage: Stage): Promise<void> => {
  await setParameter(stage, ['pstn', 'gw_ip'], '127.0.0.1');
  await setParameter(stage, ['pstn', 'gw_port'], String(stage.carol.local.port));
  await stage.join('alice', { domain, auto: true });
  stage.carol.acceptCalls();
  for (const [index, number] of ['+4312345', '004312345'].entries()) {
    stage.invite(`sip:${number}@${domain}`);
    await stage.hears('alice', '200 INVITE', index + 1);
    await stage.hears('carol', 'ACK', index + 1);
  }
  stage.request('MESSAGE', `sip:+4312345@${domain}`, { from: '<sip:x@elsewhere.test>;tag=1' });
  await stage.hears('alice', 403);
};

const toVoicemail = async (stage: Stage): Promise<void> => {
  await setParameter(stage, ['voicemail', 'srv_ip'], '127.0.0.1');
  await setParameter(stage, ['voicemail', 'srv_port'], String(stage.carol.local.port));
  await users(stage);
  stage.carol.acceptCalls();
  stage.bob.acceptCalls([180, 486]);
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '200 INVITE');
  await stage.hears('carol', 'ACK');
  await leave(stage);
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '200 INVITE', 2);
  await stage.hears('carol', 'ACK', 2);
};

/** alice and bob over TLS, to the port beside that of UDP and TCP; they verify the certificate of the server. */
async function usersOverTls(stage: Stage): Promise<void> {
  const tls = { ...certificates.server, ca: certificates.ca, verify: true, clients: 'nothing' } as const;
  const proxy = { address: '127.0.0.1', port: stage.server.port + 1 };
  for (const user of ['alice', 'bob']) {
    await stage.join(user, { user, domain, auto: true, transport: 'tls', tls, proxy });
    stage
      .peer(user)
      .acceptCalls()
      .register({ callId: `${stage.id}.${user}@x` });
    await stage.hears(user, '200 REGISTER');
  }
}

const callOverTls = async (stage: Stage): Promise<void> => {
  await usersOverTls(stage);
  stage.alice.on('*', (request, ua) => ua.reply(request, 200));
  stage.invite(`sip:bob@${domain}`);
  await stage.hears('alice', '200 INVITE');
  await stage.hears('bob', 'ACK');
  await bye(stage, 'bob');
  await leave(stage);
};

const callFromTlsToUdp = async (stage: Stage): Promise<void> => {
  await usersOverTls(stage);
  await stage.join('carol', { user: 'carol', domain, auto: true });
  stage.carol.acceptCalls().register({ callId: `${stage.id}.carol@x` });
  await stage.hears('carol', '200 REGISTER');
  stage.invite(`sip:carol@${domain}`);
  await stage.hears('alice', '200 INVITE');
  await stage.hears('carol', 'ACK');
  await bye(stage, 'alice');
  await leave(stage);
};

/** As Debian's, with certificates of the tests, and authorities for the servers that are called. */
const tlsFiles: Readonly<Record<string, string>> = {
  'tls.cfg': `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = "PLACE/server.key"
certificate = "PLACE/server.pem"

[client:default]
verify_certificate = yes
require_certificate = yes
ca_list = "PLACE/ca.pem"
`,
  'server.pem': certificates.server.cert,
  'server.key': certificates.server.key,
  'ca.pem': certificates.ca,
};

const overTls = (made: Contest): Contest => ({
  ...made,
  tool: 'tls.so',
  files: { ...made.files, ...tlsFiles },
  flags: (port) => ['-l', `tls:127.0.0.1:${port + 1}`],
});

const contest = (name: string, defines: readonly string[], scenes: readonly Scene[], more = ''): Contest => ({
  name: `debian ${name}`,
  prelude: '',
  cfg: '/etc/kamailio/kamailio.cfg',
  defines: [...defines, 'DBURL="text://PLACE"'],
  files: { ...tables(), 'kamailio-local.cfg': local(more) },
  // One process, as everywhere here: with more of them the order of messages is chance.
  flagsOf: { kamailio: ['-n', '1'] },
  scenes,
});

export const debian: readonly Contest[] = [
  contest('plain', [], plain),
  contest('WITH_AUTH', ['WITH_AUTH'], auth),
  contest('WITH_IPAUTH', ['WITH_AUTH', 'WITH_IPAUTH'], ipauth),
  contest('WITH_NAT', ['WITH_NAT'], [...everyday, scene('a user behind NAT is reached', nat)]),
  contest(
    'WITH_ANTIFLOOD',
    ['WITH_ANTIFLOOD'],
    [...everyday, scene('a flood is stopped and its source banned', flood)],
  ),
  contest('WITH_JSONRPC', ['WITH_JSONRPC'], [...everyday, scene('commands are called on the port of SIP', commands)]),
  contest('WITH_USRLOCDB', ['WITH_USRLOCDB'], everyday),
  overTls(
    contest(
      'WITH_TLS',
      ['WITH_TLS'],
      [
        ...everyday,
        scene('two users call each other over TLS', callOverTls),
        scene('a call from TLS to UDP', callFromTlsToUdp),
      ],
      '#!subst "!/etc/kamailio/tls.cfg!PLACE/tls.cfg!g"\n',
    ),
  ),
  contest(
    'WITH_BLOCK3XX',
    ['WITH_BLOCK3XX'],
    [...everyday, scene('a redirection becomes 404', rejectedBy([302], 404))],
  ),
  contest(
    'WITH_BLOCK401407',
    ['WITH_BLOCK401407'],
    [...everyday, scene('a foreign challenge becomes 404', rejectedBy([407], 404))],
  ),
  contest(
    'WITH_MULTIDOMAIN',
    ['WITH_AUTH', 'WITH_MULTIDOMAIN'],
    [
      ...auth,
      scene('users of a domain of the table call each other', async (stage) => {
        await stage.join('alice', { user: 'alice', password: 'other', domain: 'multi.test', auto: true });
        await stage.join('bob', { user: 'bob', password: 'word', domain: 'multi.test', auto: true });
        stage.bob.acceptCalls().register({ callId: `${stage.id}.bob@x` });
        await stage.hears('bob', '200 REGISTER');
        stage.invite('sip:bob@multi.test');
        await stage.hears('alice', '200 INVITE');
        await stage.hears('bob', 'ACK');
        await bye(stage, 'alice');
      }),
    ],
  ),
  contest(
    'WITH_ALIASDB',
    ['WITH_ALIASDB'],
    [
      ...everyday,
      scene('an alias is called', async (stage) => {
        await users(stage);
        stage.invite(`sip:robert@${domain}`);
        await stage.hears('alice', '200 INVITE');
        await stage.hears('bob', 'ACK');
        await bye(stage, 'alice');
      }),
    ],
  ),
  contest(
    'WITH_SPEEDDIAL',
    ['WITH_SPEEDDIAL'],
    [
      ...everyday,
      scene('a short number is called', async (stage) => {
        await users(stage);
        stage.invite(`sip:22@${domain}`);
        await stage.hears('alice', '200 INVITE');
        await stage.hears('bob', 'ACK');
        await bye(stage, 'alice');
      }),
    ],
  ),
  contest(
    'WITH_PSTN',
    ['WITH_PSTN', 'WITH_JSONRPC'],
    [
      ...everyday,
      scene('no gateway is defined', answered('MESSAGE', `sip:+4312345@${domain}`, 404)),
      scene('numbers go to the gateway', toGateway),
    ],
  ),
  contest(
    'WITH_VOICEMAIL',
    ['WITH_VOICEMAIL', 'WITH_JSONRPC'],
    [
      ...everyday,
      scene('no voicemail is defined: busy stays busy', rejectedBy([486], 486)),
      scene(
        'no voicemail is defined: no message waiting',
        answered('SUBSCRIBE', `sip:bob@${domain}`, 404, { headers: [['Event', 'message-summary']] }),
      ),
      scene('busy and absent users have voicemail', toVoicemail),
    ],
  ),
];
