/** Challenges as they arrive at a phone: whole proxies in the simulator. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { auth } from '../../../src/modules/auth/auth.ts';
import type { ChallengeOptions } from '../../../src/modules/auth/challenger.ts';
import { sl } from '../../../src/modules/sl/sl.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { H } from '../../../src/sip/header-names.ts';
import type { SipResponse } from '../../../src/sip/message.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../../src/testing.ts';
import { answerParams, type AuthParams, credentials, digestOf, openDesk, requestWith } from './desk.ts';

const PROXY = { address: '10.0.0.10', port: 5060 };
const listen = ['udp:10.0.0.10:5060'];

interface Script {
  readonly params?: AuthParams;
  readonly options?: ChallengeOptions;
  /** Runs before the check. */
  readonly before?: 'transaction';
}

interface Stage {
  readonly sim: Simulator;
  readonly alice: ScriptedUa;
  readonly outcomes: string[];
}

async function stage({ params, options, before }: Script = {}, sim = new Simulator()): Promise<Stage> {
  const outcomes: string[] = [];
  const routes = defineRoutes([sl, tm, use(auth, { credentials: ['alice:wonderland'], ...params })], (modules) => ({
    request(ctx: RequestContext) {
      if (before === 'transaction') modules.tm.newTransaction(ctx);
      const outcome = modules.auth.authenticate(ctx, options?.realm);
      outcomes.push(outcome);
      if (outcome !== 'ok') return modules.auth.challenge(ctx, options);
      modules.auth.removeCredentials(ctx);
      return modules.sl.send(ctx, 200);
    },
  }));
  await simulateProxy(sim, routes, { listen });
  const world = sim.host('10.0.0.1');
  const alice = await ScriptedUa.start({
    ...{ world, local: { address: '10.0.0.1', port: 5060 }, proxy: PROXY, domain: 'example.com', auto: true },
    ...{ user: 'alice', password: 'wonderland' },
  });
  return { sim, alice, outcomes };
}

/** The challenges of the first reply, nonces left out. */
async function challengeTo(method: string, script: Script): Promise<readonly string[]> {
  const { sim, alice } = await stage(script);
  alice.request(method, 'sip:bob@example.com');
  await sim.runFor(100);
  const [reply] = alice.receivedStatus();
  const header = reply?.status === 401 ? H.WwwAuthenticate : H.ProxyAuthenticate;
  const texts = reply?.headers.getAll(header) ?? [];
  return [`${reply?.status} ${reply?.reason}`, ...texts.map((text) => text.replace(/nonce="[\w-]{32}"/, 'nonce'))];
}

describe('a challenge', () => {
  it('is a 401 for REGISTER, a 407 for all else, in the form of Kamailio', async () => {
    expect(await challengeTo('REGISTER', {})).toEqual([
      '401 Unauthorized',
      'Digest realm="example.com", nonce, qop="auth"',
    ]);
    expect(await challengeTo('INVITE', {})).toEqual([
      '407 Proxy Authentication Required',
      'Digest realm="example.com", nonce, qop="auth"',
    ]);
  });

  it.each([
    [{}, { flags: 0 }, 'Digest realm="example.com", nonce'],
    [{}, { flags: 1 }, 'Digest realm="example.com", nonce, qop="auth"'],
    [{}, { flags: 2 }, 'Digest realm="example.com", nonce, qop="auth-int"'],
    [{}, { flags: 17 }, 'Digest realm="example.com", nonce, qop="auth", stale=true'],
    [{ qop: 'none' }, {}, 'Digest realm="example.com", nonce'],
    [{ qop: 'auth-int' }, {}, 'Digest realm="example.com", nonce, qop="auth-int"'],
    [{ qop: 'none' }, { flags: 1 }, 'Digest realm="example.com", nonce, qop="auth"'],
    [{ algorithm: 'SHA-256' }, {}, 'Digest realm="example.com", nonce, qop="auth", algorithm=SHA-256'],
    [{ realm_prefix: 'sip.' }, { realm: 'sip.pbx.example', flags: 0 }, 'Digest realm="pbx.example", nonce'],
    [{}, { realm: 'the "pbx"\r\nX: y', flags: 0 }, 'Digest realm="the \\"pbx\\" X: y", nonce'],
  ] as const)('with parameters %j and options %j reads %s', async (params, options, text) => {
    expect(await challengeTo('INVITE', { params, options })).toEqual(['407 Proxy Authentication Required', text]);
  });

  it('comes once for each algorithm, strongest first, whatever order they are listed in', async () => {
    const script = { params: { algorithm: ['MD5', 'SHA-512-256', 'SHA-256'] } };
    expect((await challengeTo('INVITE', script)).slice(1).map((text) => text.split('algorithm=')[1])).toEqual([
      'SHA-512-256',
      'SHA-256',
      'MD5',
    ]);
  });

  it('without a realm is a 500, or nothing with flag 4', async () => {
    for (const [flags, replies] of [
      [undefined, ['500 Server Internal Error (OPTIONS)']],
      [4, []],
    ] as const) {
      const { sim, alice, outcomes } = await stage({ options: { flags } });
      alice.request('OPTIONS', 'sip:bob@example.com', { from: '<tel:+4930123>;tag=1' });
      await sim.runFor(100);
      expect(outcomes).toEqual(['error']);
      expect(alice.lines()).toEqual(replies);
    }
  });

  it('is no second final reply', () => {
    const desk = openDesk();
    const ctx = requestWith([]);
    ctx.state.answered = true;
    expect(desk.auth.challenge(ctx)).toBe('answered');
    expect(openDesk({ force_stateless_reply: 'on' }).auth.challenge(ctx)).toBe('answered');
  });

  it('goes through the transaction where there is one, unless it is forced to be stateless', async () => {
    for (const [force, tag] of [
      ['off', /^vt/],
      ['on', /^vs/],
    ] as const) {
      const { sim, alice } = await stage({ before: 'transaction', params: { force_stateless_reply: force } });
      alice.request('OPTIONS', 'sip:bob@example.com');
      await sim.runFor(100);
      expect(alice.receivedStatus(407)[0]?.toTag).toMatch(tag);
    }
  });
});

describe('a phone', () => {
  it.each(['MD5', 'SHA-256', 'SHA-512-256'])('logs in with %s', async (algorithm) => {
    for (const qop of ['none', 'auth', 'auth-int'] as const) {
      const { sim, alice, outcomes } = await stage({ params: { algorithm, qop, nonce_count: 'on' } });
      alice.register();
      alice.request('MESSAGE', 'sip:bob@example.com', { body: 'hello', contentType: 'text/plain' });
      await sim.runFor(100);
      expect(outcomes.toSorted()).toEqual(['noCredentials', 'noCredentials', 'ok', 'ok']);
      expect(alice.lines().filter((line) => line.startsWith('200'))).toHaveLength(2);
    }
  });

  it('is told that its nonce was stale, but not that it was made up or that its password is wrong', async () => {
    const { sim, alice, outcomes } = await stage({ params: { nonce_expire: 10 } });
    const request = alice.register();
    await sim.runFor(11_000);
    const [challenge] = alice.receivedStatus(401);
    if (challenge === undefined) throw new Error('no challenge');
    const forged = answerParams({ nonce: 'x', method: 'REGISTER' });
    alice.inbox.clear();
    alice.authenticate(request, challenge);
    await sim.runFor(100);
    alice.register({ headers: [['Authorization', digestOf(forged)]] });
    await sim.runFor(100);
    const fresh = alice.receivedStatus(401).at(-1);
    const now = answerParams({ nonce: fresh === undefined ? '' : nonceIn(fresh), method: 'REGISTER', password: 'x' });
    alice.register({ headers: [['Authorization', digestOf(now)]] });
    await sim.runFor(100);
    expect(outcomes).toEqual(['noCredentials', 'ok', 'staleNonce', 'error', 'wrongPassword']);
    const isStale = ({ headers }: SipResponse) => headers.get(H.WwwAuthenticate)?.includes(', stale=true') ?? false;
    expect(alice.receivedStatus(401).map(isStale)).toEqual([true, false, false]);
  });

  it('cannot tell an unknown user from a wrong password', async () => {
    const replies: string[] = [];
    for (const [user, password] of [
      ['alice', 'looking-glass'],
      ['nobody', 'wonderland'],
    ] as const) {
      const { sim, outcomes } = await stage({});
      const world = sim.host('10.0.0.2');
      const local = { address: '10.0.0.2', port: 5060 };
      const ua = await ScriptedUa.start({ world, local, proxy: PROXY, user, password, auto: true });
      ua.request('OPTIONS', 'sip:bob@example.com', { from: '<sip:x@example.com>;tag=1', callId: 'one' });
      await sim.runFor(100);
      expect(outcomes).toEqual(['noCredentials', user === 'alice' ? 'wrongPassword' : 'unknownUser']);
      const last = ua.receivedStatus().at(-1)?.serialize().toString('latin1') ?? '';
      replies.push(last.replace(/nonce="[^"]+"|branch=[^;\r]+/g, ''));
    }
    expect(replies[0]).toContain('407');
    expect(replies[1]).toBe(replies[0]);
  });

  it('whose challenge was given before a restart logs in after it when the secret is the same', async () => {
    const secret = 'a secret of sixteen bytes at least';
    const { sim, alice } = await stage({ params: { secret } });
    alice.request('OPTIONS', 'sip:bob@example.com');
    await sim.runFor(100);
    const [challenge] = alice.receivedStatus(407);
    if (challenge === undefined) throw new Error('no challenge');
    const ctx = requestWith(credentials({ nonce: nonceIn(challenge) }));
    const after = { credentials: 'alice:wonderland', secret };
    expect(openDesk(after, sim).auth.authenticate(ctx)).toBe('ok');
    expect(openDesk({ ...after, secret: `${secret}.` }, sim).auth.authenticate(ctx)).toBe('staleNonce');
  });
});

function nonceIn({ headers }: SipResponse): string {
  const text = headers.get(H.WwwAuthenticate) ?? headers.get(H.ProxyAuthenticate) ?? '';
  return /nonce="([^"]+)"/.exec(text)?.[1] ?? '';
}
