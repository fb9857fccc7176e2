/** Scripted user agents, in virtual time and once over real sockets: the script is the same. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import { parseCredentials } from '../../src/sip/credentials.ts';
import { digestResponse, ha1 } from '../../src/sip/digest.ts';
import { Simulator } from '../../src/testing/simulator.ts';
import { ScriptedUa, type UaOptions } from '../../src/testing/user-agent.ts';
import type { Endpoint } from '../../src/world/world.ts';
import { nodeWorld } from '../../src/world/node/world.ts';

let sim: Simulator;
beforeEach(() => {
  sim = new Simulator({ seed: 1 });
});

const at = (address: string, port = 5060): Endpoint => ({ address, port });

function ua(user: string, address: string, options: Partial<UaOptions> = {}): Promise<ScriptedUa> {
  return ScriptedUa.start({ world: sim.host(address), local: at(address), user, domain: 'example.com', ...options });
}

async function twoAgents(options: Partial<UaOptions> = {}): Promise<[ScriptedUa, ScriptedUa]> {
  return [await ua('alice', '10.0.0.1', options), await ua('bob', '10.0.0.2', options)];
}

describe('a call', () => {
  it.each(['udp', 'tcp', 'tls'] as const)('runs over %s from INVITE to BYE', async (transport) => {
    const [alice, bob] = await twoAgents({ transport });
    bob.acceptCalls();
    alice.invite('sip:bob@10.0.0.2');
    await sim.run();
    alice.ack2xx();
    alice.bye();
    await sim.run();
    const suffix = transport === 'udp' ? '' : `;transport=${transport}`;
    expect(bob.lines()).toEqual([
      'INVITE sip:bob@10.0.0.2',
      `ACK sip:bob@10.0.0.2:5060${suffix}`,
      `BYE sip:bob@10.0.0.2:5060${suffix}`,
    ]);
    expect(alice.lines()).toEqual(['180 Ringing (INVITE)', '200 OK (INVITE)', '200 OK (BYE)']);
    const [invite, ack] = bob.received();
    expect(ack?.cseq).toEqual({ number: invite?.cseq?.number, method: 'ACK' });
    expect(ack?.toTag).toBe(alice.receivedStatus(200, 'INVITE')[0]?.toTag);
    expect(ack?.topVia?.branch).not.toBe(invite?.topVia?.branch);
    expect([alice.faults, bob.faults, alice.inbox.malformed]).toEqual([[], [], []]);
  });

  it('can be hung up by the callee', async () => {
    const [alice, bob] = await twoAgents();
    bob.acceptCalls();
    alice.acceptCalls();
    alice.invite('sip:bob@10.0.0.2');
    await sim.run();
    bob.bye();
    await sim.run();
    const [bye] = alice.received('BYE');
    const [ok] = alice.receivedStatus(200, 'INVITE');
    expect([bye?.uri, bye?.fromTag, bye?.toTag]).toEqual(['sip:alice@10.0.0.1:5060', ok?.toTag, ok?.fromTag]);
    expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
  });

  it('takes the route that the proxies recorded, in the order of each side', async () => {
    const [alice, bob] = await twoAgents();
    const [near, far] = [await ua('near', '10.0.1.1'), await ua('far', '10.0.1.2')];
    bob.acceptCalls([200]);
    alice.acceptCalls();
    const recorded = ['<sip:10.0.1.2;lr>', '<sip:10.0.1.1;lr>'];
    alice.invite('sip:bob@10.0.0.2', { headers: recorded.map((route) => ['Record-Route', route] as const) });
    await sim.run();
    expect(alice.receivedStatus(200)[0]?.headers.values(H.RecordRoute)).toEqual(recorded);
    alice.ack2xx();
    bob.bye();
    await sim.run();
    expect(near.received()[0]?.headers.values(H.Route)).toEqual(recorded.toReversed());
    expect(far.received()[0]?.headers.values(H.Route)).toEqual(recorded);
    expect([near.lines(), far.lines()]).toEqual([['ACK sip:bob@10.0.0.2:5060'], ['BYE sip:alice@10.0.0.1:5060']]);
  });

  it('is cancelled hop by hop and its 487 acknowledged with the branch of the INVITE', async () => {
    const [alice, bob] = await twoAgents();
    bob.acceptCalls([180]);
    const invite = alice.invite('sip:bob@10.0.0.2');
    await sim.run();
    alice.cancel(invite);
    await sim.run();
    const [gone] = alice.receivedStatus(487);
    expect(alice.lines()).toEqual(['180 Ringing (INVITE)', '200 OK (CANCEL)', '487 Request Terminated (INVITE)']);
    if (gone !== undefined) alice.ackNegative(invite, gone);
    await sim.run();
    const branches = bob.received().map(({ method, topVia }) => `${method} ${topVia?.branch}`);
    const branch = invite.topVia?.branch;
    expect(branches).toEqual([`INVITE ${branch}`, `CANCEL ${branch}`, `ACK ${branch}`]);
  });

  it('does nothing that the script does not say', async () => {
    const [alice, bob] = await twoAgents();
    alice.invite('sip:bob@10.0.0.2');
    await sim.run();
    expect([bob.lines(), alice.lines()]).toEqual([['INVITE sip:bob@10.0.0.2'], []]);
    bob.on('INVITE', (request) => bob.reply(request, 486));
    alice.invite('sip:bob@10.0.0.2');
    await sim.run();
    expect(bob.lines()).toEqual(['INVITE sip:bob@10.0.0.2', 'INVITE sip:bob@10.0.0.2']);
    expect(alice.lines()).toEqual(['486 Busy Here (INVITE)']);
  });
});

describe('replies', () => {
  it('go to the source when rport asks for it, with what the source was', async () => {
    const [alice, bob] = await twoAgents();
    bob.acceptCalls();
    alice.request('OPTIONS', 'sip:bob@10.0.0.2');
    await sim.run();
    const via = alice.receivedStatus(200)[0]?.topVia;
    expect([via?.received, via?.rport]).toEqual(['10.0.0.1', 5060]);
  });

  it('go to the port in the Via when it does not', async () => {
    const [alice, bob] = await twoAgents();
    const other = await ua('other', '10.0.0.1', { local: at('10.0.0.1', 7000) });
    bob.acceptCalls();
    alice.send(
      [
        'OPTIONS sip:bob@10.0.0.2 SIP/2.0',
        'Via: SIP/2.0/UDP 10.0.0.1:7000;branch=z9hG4bKx',
        'From: <sip:a@b>;tag=1',
        'To: <sip:b@b>',
        'Call-ID: x',
        'CSeq: 1 OPTIONS',
        '',
        '',
      ].join('\n'),
      bob.local,
    );
    await sim.run();
    expect([alice.lines(), other.lines()]).toEqual([[], ['200 OK (OPTIONS)']]);
  });

  it('carry what the script adds', async () => {
    const [alice, bob] = await twoAgents();
    bob.on('OPTIONS', (request) =>
      bob.reply(request, 503, { reason: 'Later', headers: [['Retry-After', '9']], body: 'x' }),
    );
    alice.request('OPTIONS', 'sip:bob@10.0.0.2');
    await sim.run();
    const [busy] = alice.receivedStatus(503, 'OPTIONS');
    expect([busy?.reason, busy?.headers.get(H.RetryAfter), busy?.body]).toEqual(['Later', '9', 'x']);
  });

  it('cannot answer a request that somebody else received', async () => {
    const [alice, bob] = await twoAgents();
    const options = alice.request('OPTIONS', 'sip:bob@10.0.0.2');
    expect(() => bob.reply(options, 200)).toThrow('did not receive');
  });
});

describe('credentials', () => {
  /** A registrar that accepts what it can compute itself. */
  function guard(registrar: ScriptedUa, algorithm: 'MD5' | 'SHA-256'): void {
    const nonce = 'n0nce';
    registrar.on('*', (request) => {
      if (request.method === 'ACK') return;
      const given = parseCredentials(request.headers.get(H.ProxyAuthorization) ?? '')?.params;
      const { method, uri } = request;
      const secret = ha1(algorithm, 'alice', 'example.com', 'wonderland');
      const [nc, cnonce] = [given?.get('nc') ?? '', given?.get('cnonce') ?? ''];
      const input = { algorithm, ha1: secret, nonce, nc, cnonce, qop: 'auth', method, uri, body: undefined } as const;
      if (given?.get('response') === digestResponse(input)) registrar.reply(request, 200);
      else {
        const challenge = `Digest realm="example.com", nonce="${nonce}", algorithm=${algorithm}, qop="auth,auth-int"`;
        registrar.reply(request, 407, { headers: [['Proxy-Authenticate', challenge]] });
      }
    });
  }

  it.each(['MD5', 'SHA-256'] as const)('answer a %s challenge with a new CSeq and branch', async (algorithm) => {
    const [alice, bob] = await twoAgents({ password: 'wonderland', proxy: at('10.0.0.2') });
    guard(bob, algorithm);
    const register = alice.register({ expires: 60 });
    await sim.run();
    const [challenge] = alice.receivedStatus(407);
    expect(alice.receivedStatus(200)).toEqual([]);
    const again = challenge && alice.authenticate(register, challenge);
    await sim.run();
    expect(alice.receivedStatus(200, 'REGISTER')).toHaveLength(1);
    expect([again?.cseq?.number, again?.callId, again?.fromTag]).toEqual([2, register.callId, register.fromTag]);
    expect(again?.topVia?.branch).not.toBe(register.topVia?.branch);
    expect(again?.headers.get(H.Expires)).toBe('60');
  });

  it('are sent by themselves once when the agent is automatic, the 407 and the 200 acknowledged', async () => {
    const [alice, bob] = await twoAgents({ password: 'wonderland', proxy: at('10.0.0.2'), auto: true });
    guard(bob, 'MD5');
    alice.invite('sip:bob@example.com');
    await sim.run();
    expect(bob.received().map(({ method, cseq }) => `${cseq?.number} ${method}`)).toEqual([
      '1 INVITE',
      '1 ACK',
      '2 INVITE',
      '2 ACK',
    ]);
  });

  it('are not tried for ever when they are wrong', async () => {
    const [alice, bob] = await twoAgents({ password: 'wrong', proxy: at('10.0.0.2'), auto: true });
    guard(bob, 'MD5');
    alice.register();
    await sim.run();
    expect(alice.receivedStatus(407)).toHaveLength(2);
  });
});

describe('retransmission', () => {
  it('is off unless asked for', async () => {
    const alice = await ua('alice', '10.0.0.1');
    alice.invite('sip:bob@10.0.0.2');
    await sim.run();
    expect(sentAt()).toEqual([0]);
  });

  it('repeats an INVITE by timer A until timer B, and other requests by timer E up to T2', async () => {
    const alice = await ua('alice', '10.0.0.1', { retransmit: true });
    alice.invite('sip:bob@10.0.0.2');
    await sim.run();
    expect(sentAt()).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    sim.wire.clear();
    const start = sim.clock.now();
    alice.request('OPTIONS', 'sip:bob@10.0.0.2');
    await sim.run();
    const since = sentAt().map((ms) => ms - start);
    expect(since).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  });

  it('stops with the reply, and a 200 is repeated until its ACK', async () => {
    const [alice, bob] = await twoAgents({ retransmit: true });
    bob.acceptCalls([200]);
    alice.invite('sip:bob@10.0.0.2');
    await sim.runFor(1600);
    expect([bob.received('INVITE').length, alice.receivedStatus(200).length]).toEqual([1, 3]);
    alice.ack2xx();
    await sim.run();
    expect(alice.receivedStatus(200)).toHaveLength(3);
  });

  it('gets a call through a line that loses half of everything', async () => {
    sim.net.setLink({ loss: 0.5 });
    const [alice, bob] = await twoAgents({ retransmit: true, auto: true });
    bob.acceptCalls([200]);
    alice.invite('sip:bob@10.0.0.2');
    expect(await sim.runUntil(() => bob.received('ACK').length > 0)).toBe(true);
  });

  const sentAt = () => sim.wire.entries.filter(({ kind }) => kind === 'sent').map(({ at }) => at);
});

it('says what was heard instead when it waited in vain', async () => {
  const [alice, bob] = await twoAgents();
  bob.acceptCalls([486]);
  const waiting = alice.until(() => alice.receivedStatus(200).length > 0, 300);
  alice.invite('sip:bob@10.0.0.2');
  await Promise.all([sim.run(), expect(waiting).rejects.toThrow(/within 300 ms[\s\S]*486 Busy Here/)]);
  expect(sim.clock.now()).toBe(300);
});

it('keeps what is no SIP message apart', async () => {
  const [alice, bob] = await twoAgents();
  alice.send(Buffer.from('\0garbage'), bob.local);
  await sim.run();
  expect([bob.inbox.heard, bob.inbox.malformed.map(String)]).toEqual([[], ['\0garbage']]);
});

it('reads messages whole from a stream that is cut anywhere', async () => {
  sim.net.setLink({ segment: true });
  const [alice, bob] = await twoAgents({ transport: 'tcp' });
  bob.acceptCalls();
  for (let i = 0; i < 20; i++) alice.request('MESSAGE', 'sip:bob@10.0.0.2', { body: `text ${i}` });
  await sim.run();
  expect(bob.received('MESSAGE').map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, i) => `text ${i}`));
  expect(alice.receivedStatus(200)).toHaveLength(20);
});

describe('over real sockets', () => {
  const open: ScriptedUa[] = [];
  afterEach(() => {
    for (const agent of open.splice(0)) agent.close();
  });

  it.each(['udp', 'tcp'] as const)('runs the same script over %s', async (transport) => {
    const world = nodeWorld();
    const local = at('127.0.0.1', 0);
    const bob = await ScriptedUa.start({ world, local, transport, user: 'bob' });
    const alice = await ScriptedUa.start({ world, local, transport, user: 'alice', proxy: bob.local, auto: true });
    open.push(alice, bob);
    bob.acceptCalls();
    alice.invite('sip:bob@example.com');
    await bob.until(() => bob.received('ACK').length === 1);
    alice.bye();
    await alice.until(() => alice.receivedStatus(200, 'BYE').length === 1);
    expect(bob.received().map(({ method }) => method)).toEqual(['INVITE', 'ACK', 'BYE']);
  });
});
