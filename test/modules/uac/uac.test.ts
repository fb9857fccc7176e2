/** uac: challenges answered on behalf of a caller, other names in From and To, and requests of our own. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { digestResponse, ha1 } from '../../../src/sip/digest.ts';
import { parseCredentials } from '../../../src/sip/credentials.ts';
import { MAX_LOCAL_REQUESTS } from '../../../src/engine/local-requests.ts';
import { uac } from '../../../src/modules/uac/uac.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import type { SipRequest } from '../../../src/sip/message.ts';
import { ScriptedUa } from '../../../src/testing.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const LISTEN = ['udp:10.0.0.10:5060'];
const CHALLENGE = 'Digest realm="gw", nonce="n1", qop="auth", algorithm=SHA-256, opaque="o"';

/** Whether the credentials in this header are those of `user` with `password` in realm gw. */
function fits(request: SipRequest | undefined, header: string, user: string, password: string): boolean {
  const params = parseCredentials(request?.headers.get(header) ?? '')?.params;
  const get = (name: string): string => params?.get(name) ?? '';
  const expected = digestResponse({
    algorithm: 'SHA-256',
    ha1: ha1('SHA-256', user, 'gw', password),
    nonce: 'n1',
    nc: get('nc'),
    cnonce: get('cnonce'),
    qop: 'auth',
    method: request?.method ?? '',
    uri: request?.uri ?? '',
    body: undefined,
  });
  return get('username') === user && get('opaque') === 'o' && get('response') === expected;
}

/** A gateway that challenges what bears no credentials. */
function challenging(ua: ScriptedUa, status: 401 | 407): void {
  const [ask, answer] =
    status === 401
      ? (['WWW-Authenticate', 'Authorization'] as const)
      : (['Proxy-Authenticate', 'Proxy-Authorization'] as const);
  ua.on('ACK', () => undefined).on('*', (request) => {
    if (request.headers.has(answer)) ua.reply(request, 200);
    else ua.reply(request, status, { headers: [[ask, CHALLENGE]] });
  });
}

async function stage(
  params: Parameters<typeof use<typeof uac.decl>>[1],
  avps: Readonly<Record<string, string>> = {},
  mode?: 0 | 1,
) {
  const kinds: unknown[] = [];
  const outcomes: string[] = [];
  const events: unknown[] = [];
  const rig = await moduleRig([tm, use(uac, params)], {
    listen: LISTEN,
    routes: (fn) => ({
      async request(ctx) {
        for (const [name, value] of Object.entries(avps)) ctx.state.avps.set(name, [value]);
        fn.tm.onFailure(ctx, 'challenged');
        await fn.tm.relay(ctx);
      },
      failure: {
        async challenged(ctx) {
          const outcome = fn.uac.auth(ctx, mode);
          outcomes.push(outcome);
          if (outcome === 'answered') await fn.tm.relay(ctx);
        },
      },
      event: {
        'uac:reply': (ctx) => {
          kinds.push([rig.read(ctx, 'uac_req', 'evtype'), ctx.message.kind]);
          events.push([rig.read(ctx, 'uac_req', 'evcode'), rig.read(ctx, 'uac_req', 'evparam')]);
        },
      },
    }),
  });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: rig.sim.host(address),
      local: { address, port: 5060 },
      transport: 'udp',
      user,
      proxy: { address: '10.0.0.10', port: 5060 },
    });
  const alice = await agent('alice', '10.0.0.1');
  const gateway = await agent('gw', '10.0.0.2');
  return {
    ...rig,
    alice,
    gateway,
    outcomes,
    events,
    kinds,
    fn: rig.modules.uac,
    counter: (name: string) => rig.proxy.program.modules.find(({ decl }) => decl.name === 'uac')?.stats[name]?.value,
  };
}

describe('auth', () => {
  it.each([
    [401, 'Authorization'],
    [407, 'Proxy-Authorization'],
  ] as const)('answers a %d of a gateway, and the call goes through', async (status, header) => {
    const played = await stage({ credential: 'me:gw:pass:word' });
    challenging(played.gateway, status);
    played.alice.acceptCalls();
    played.alice.invite('sip:bob@10.0.0.2');
    await played.sim.runFor(5000);
    const invites = played.gateway.received('INVITE');
    expect([played.outcomes, invites.length, fits(invites.at(-1), header, 'me', 'pass:word')]).toEqual([
      ['answered'],
      2,
      true,
    ]);
  });

  it('takes the secret of the AVPs before those of the parameter', async () => {
    const played = await stage(
      {
        credential: 'me:gw:pass',
        auth_username_avp: '$avp(u)',
        auth_password_avp: '$avp(p)',
        auth_realm_avp: '$avp(r)',
      },
      { u: 'own', p: 'secret', r: '' },
    );
    challenging(played.gateway, 407);
    played.alice.acceptCalls();
    played.alice.invite('sip:bob@10.0.0.2');
    await played.sim.runFor(5000);
    expect(fits(played.gateway.received('INVITE').at(-1), 'Proxy-Authorization', 'own', 'secret')).toBe(true);
  });

  it.each([
    ['an unknown realm', { credential: 'me:other:pass' }, 407, 'unknownRealm'],
    ['another failure', { credential: 'me:gw:pass' }, 404, 'notChallenged'],
  ] as const)('leaves %s to the caller', async (_, params, status, outcome) => {
    const played = await stage(params);
    if (status === 407) challenging(played.gateway, 407);
    else played.gateway.on('*', (request, ua) => ua.reply(request, 404)).on('ACK', () => undefined);
    played.alice.acceptCalls();
    played.alice.invite('sip:bob@10.0.0.2');
    await played.sim.runFor(5000);
    expect([played.outcomes, played.gateway.received('INVITE').length]).toEqual([[outcome], 1]);
  });

  it.each([
    ['the hash of SHA-256', ha1('SHA-256', 'me', 'gw', 'pass'), 1, 'answered'],
    ['a hash of another algorithm', ha1('MD5', 'me', 'gw', 'pass'), 1, 'unknownRealm'],
    ['a password where a hash is meant', 'pass', 1, 'unknownRealm'],
    ['a password', 'pass', 0, 'answered'],
  ] as const)('takes %s by its mode', async (_, secret, mode, outcome) => {
    const played = await stage({ credential: `me:gw:${secret}` }, {}, mode);
    challenging(played.gateway, 407);
    played.alice.invite('sip:bob@10.0.0.2');
    await played.sim.runFor(5000);
    expect(played.outcomes).toEqual([outcome]);
    const [, second] = played.gateway.received('INVITE');
    if (outcome === 'answered') expect(fits(second, 'Proxy-Authorization', 'me', 'pass')).toBe(true);
  });

  it('needs user, realm and password', async () => {
    await expect(moduleRig([use(uac, { credential: ['a:b:c', 'a:b'] })])).rejects.toThrow('uac.credential, item 2');
  });
});

describe('replace', () => {
  it.each([
    ['<sip:alice@example.com>;tag=f1', ['sip:x@y'], '<sip:x@y>;tag=f1'],
    ['"A" <sip:alice@example.com>;tag=f1', ['sip:x@y'], '"A" <sip:x@y>;tag=f1'],
    ['"A" <sip:alice@example.com>;tag=f1', ['"B"', ''], '"B" <sip:alice@example.com>;tag=f1'],
    ['"A" <sip:alice@example.com>;tag=f1', ['"B"'], '"B" <sip:alice@example.com>;tag=f1'],
    ['"A" <sip:alice@example.com>;tag=f1', ['', 'sip:x@y'], '<sip:x@y>;tag=f1'],
    ['sip:alice@example.com;tag=f1', ['B', 'sip:x@y'], 'B <sip:x@y>;tag=f1'],
  ])('%s by %j gives %s', async (from, [first = '', uri], expected) => {
    const rig = await moduleRig([uac]);
    const ctx = rig.request(written().replace('From: <sip:alice@example.com>;tag=f1', `From: ${from}`));
    expect([rig.modules.uac.replaceFrom(ctx, first, uri), ctx.message.headers.get('From')]).toEqual([
      'replaced',
      expected,
    ]);
    expect(ctx.message.fromTag).toBe('f1');
  });

  it.each([
    ['not a uri', undefined],
    ['"x" <sip:evil@h>;tag=z, "y', 'sip:x@y'],
    ['"', 'sip:x@y'],
  ])('writes nothing that would be read as something else: %j, %j', async (first, uri) => {
    const rig = await moduleRig([uac]);
    const ctx = rig.request(written());
    expect([rig.modules.uac.replaceTo(ctx, first, uri), ctx.message.headers.get('To')]).toEqual([
      'malformed',
      '<sip:bob@example.com>',
    ]);
  });
});

describe('reqSend', () => {
  const described = async (more: Readonly<Record<string, string>> = {}, params: Parameters<typeof stage>[0] = {}) => {
    const played = await stage(params);
    const ctx = played.request(written());
    const fields = {
      method: 'MESSAGE',
      ruri: 'sip:gw@10.0.0.2',
      furi: 'sip:me@h',
      turi: 'sip:you@h',
      hdrs: 'X-A: 1\r\nContent-Type: text/plain\r\n',
      body: 'hi',
      evroute: '1',
      evparam: 'p',
      ...more,
    };
    for (const [name, value] of Object.entries(fields)) played.write(ctx, 'uac_req', name, value);
    return { ...played, send: () => played.fn.reqSend(ctx), ctx };
  };

  it('sends what was described, through the door, and tells the answer', async () => {
    const played = await described();
    played.gateway.acceptCalls();
    expect(played.send()).toBe('sent');
    await played.sim.runFor(1000);
    const [message] = played.gateway.received('MESSAGE');
    expect([message?.from?.uri, message?.to?.uri, message?.headers.get('X-A'), message?.body]).toEqual([
      'sip:me@h',
      'sip:you@h',
      '1',
      'hi',
    ]);
    expect([played.events, played.counter('sent'), played.counter('answered')]).toEqual([[['200', 'p']], 1, 1]);
    await played.sim.runFor(10_000);
    expect(played.proxy.program.modules.map(({ instance }) => instance.pending?.() ?? 0)).toEqual([0, 0]);
  });

  it('answers a challenge once, with a CSeq that is one higher', async () => {
    const played = await described({ auser: 'me', apasswd: 'pw' });
    challenging(played.gateway, 401);
    played.send();
    await played.sim.runFor(1000);
    const messages = played.gateway.received('MESSAGE');
    expect(messages.map(({ cseq }) => cseq?.number)).toEqual([10, 11]);
    expect([fits(messages[1], 'Authorization', 'me', 'pw'), played.events]).toEqual([true, [['200', 'p']]]);
  });

  it('gives up on who challenges again and again', async () => {
    const played = await described({ auser: 'me', apasswd: 'pw' });
    played.gateway.on('*', (request, ua) => ua.reply(request, 401, { headers: [['WWW-Authenticate', CHALLENGE]] }));
    played.send();
    await played.sim.runFor(1000);
    expect([played.gateway.received('MESSAGE').length, played.events]).toEqual([2, [['401', 'p']]]);
  });

  it('repeats the request, and reports 408 when nobody answers', async () => {
    const played = await described({ ouri: 'sip:10.9.9.9' });
    played.send();
    await played.sim.runFor(31_000);
    expect(played.events).toEqual([]);
    await played.sim.runFor(2000);
    expect([played.events, played.kinds]).toEqual([[['408', 'p']], [['2', 'request']]]);
  });

  it('runs the event route on the reply itself', async () => {
    const played = await described();
    played.gateway.acceptCalls();
    played.send();
    await played.sim.runFor(1000);
    expect(played.kinds).toEqual([['1', 'response']]);
  });

  it('sends from the socket that it is told', async () => {
    expect((await described({ sock: 'udp:10.0.0.10:5060' })).send()).toBe('sent');
    expect((await described({ sock: 'udp:10.0.0.10:5061' })).send()).toBe('malformed');
    expect((await described({ sock: 'x' })).send()).toBe('malformed');
  });

  it.each([[{ method: 'ACK' }], [{ method: 'CANCEL' }], [{ method: 'A B' }], [{ ruri: 'junk' }], [{ furi: '' }]])(
    'sends nothing with %j',
    async (more) => {
      expect((await described(more)).send()).toBe('malformed');
    },
  );

  it('lets no header of its own be written twice', async () => {
    const played = await described({ hdrs: 'Via: x\r\nCSeq: 9 BYE\r\nX: 1\r\n' });
    played.send();
    await played.sim.runFor(1000);
    const [message] = played.gateway.received('MESSAGE');
    expect([message?.vias.length, message?.cseq?.method, message?.headers.get('X')]).toEqual([1, 'MESSAGE', '1']);
  });

  it('forgets what was described when `all` is written', async () => {
    const played = await described();
    played.write(played.ctx, 'uac_req', 'all', null);
    expect([played.read(played.ctx, 'uac_req', 'method'), played.send()]).toEqual([null, 'malformed']);
  });

  it('waits for a bounded number of answers', async () => {
    const played = await described({ ouri: 'sip:10.9.9.9', evroute: '0' });
    for (let i = 0; i < MAX_LOCAL_REQUESTS; i++) if (played.send() !== 'sent') throw new Error(`only ${i}`);
    expect(played.send()).toBe('full');
  });
});

it('says that From and To are restored in replies only where rr cannot keep them', async () => {
  const said = async (listed: Parameters<typeof moduleRig>[0]) =>
    (await moduleRig(listed)).log.map(({ message }) => message).filter((message) => message.includes('restored'));
  expect(await said([uac])).toHaveLength(1);
  expect(await said([use(rr, { append_fromtag: 0 }), uac])).toHaveLength(1);
  expect(await said([rr, uac])).toEqual([]);
  expect(await said([use(uac, { restore_mode: 'none' })])).toEqual([]);
});
