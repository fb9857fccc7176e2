/** siptrace.start, stop and list: one user, address, call or method goes to a target for a limited time. */
import { describe, expect, it } from 'vitest';
import type { RequestContext, Routes } from '../../src/engine/context.ts';
import { use } from '../../src/engine/module.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { RpcFault } from '../../src/engine/rpc-fault.ts';
import { MAX_CRITERIA } from '../../src/modules/siptrace/criteria.ts';
import { MAX_RULE_CALLS, MAX_RULES, MAX_TTL_SECONDS } from '../../src/modules/siptrace/dynamic.ts';
import { siptrace } from '../../src/modules/siptrace/siptrace.ts';
import { MAX_TARGETS } from '../../src/modules/siptrace/trace-context.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { BOB, type Modules, seen, stage, type StageOptions, Y, Z } from './stage.ts';

const relay = (m: Modules): Routes => ({ request: (ctx) => m.tm.relay(ctx) });
const refuse = (m: Modules): Routes => ({ request: (ctx) => m.sl.reply(ctx, 404) });

async function scene(routes: (m: Modules) => Routes = relay, options: StageOptions = {}) {
  const made = await stage(routes, options);
  const call = (method: string, params: readonly (string | number)[]): unknown =>
    made.proxy.program.rpc.get(`siptrace.${method}`)?.(params);
  return {
    ...made,
    start: (...params: (string | number)[]) => call('start', params),
    stop: (...params: (string | number)[]) => call('stop', params),
    list: () => call('list', []),
    status: (...params: (string | number)[]) => call('status', params),
  };
}
type Scene = Awaited<ReturnType<typeof scene>>;

/** One whole call from alice to bob. */
async function wholeCall({ alice, bob, sim }: Scene): Promise<void> {
  bob.acceptCalls();
  alice.invite(BOB);
  await sim.runFor(500);
  alice.ack2xx();
  await sim.runFor(100);
  alice.bye();
  await sim.runFor(1_000);
}

/** An INVITE from alice that the proxy itself answers, and its ACK. */
async function refusedCall({ alice, sim }: Scene): Promise<void> {
  const invite = alice.invite(BOB);
  await sim.runFor(100);
  const [refusal] = alice.receivedStatus(404);
  if (refusal !== undefined) alice.ackNegative(invite, refusal);
  await sim.runFor(100);
}

const WHOLE = 'INVITE 100 INVITE 180 180 200 200 ACK ACK BYE BYE 200 200';

function fault(attempt: () => unknown): readonly [number, string] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof RpcFault) return [error.status, error.message];
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a rule', () => {
  it.each([
    ['caller=alice', WHOLE],
    ['caller=alice@EXAMPLE.com', WHOLE],
    ['callee=bob', WHOLE],
    ['ruri=bob', WHOLE],
    ['user=bob', WHOLE],
    ['ip=10.0.0.2', WHOLE],
    ['method=bye', 'BYE BYE 200 200'],
    ['caller=alice,method=INVITE', 'INVITE 100 INVITE 180 180 200 200 ACK ACK'],
    ['caller=ali', ''],
    ['caller=alice@example.org', ''],
    ['caller=bob', ''],
    ['ip=10.0.0.3', ''],
    ['caller=alice,ip=10.0.0.9', ''],
  ])('with filter %s shows %j of a call', async (filter, expected) => {
    const at = await scene();
    at.start(`filter=${filter}`, `uri=${Y}`, 'ttl=300', 'scope=t');
    await wholeCall(at);
    expect(seen(at.y)).toBe(expected);
    expect(seen(at.x)).toBe('');
  });

  it('shows one call by its Call-ID', async () => {
    const at = await scene(refuse);
    const { callId } = at.alice.request('OPTIONS', BOB);
    at.start(`callid=${callId}`, `uri=${Y}`, 'ttl=300');
    at.alice.request('OPTIONS', BOB);
    await at.sim.runFor(100);
    expect(seen(at.y)).toBe('OPTIONS 404');
  });

  it('shows a stateless reply and its ACK', async () => {
    const at = await scene(refuse);
    at.start('caller=alice', `uri=${Y}`, 'ttl=300');
    await refusedCall(at);
    expect(seen(at.y)).toBe('INVITE 404 ACK');
  });

  it('without a target takes duplicate_uri, and places stand for names', async () => {
    const at = await scene(refuse);
    at.start('caller=alice', 'ttl=300');
    at.start('filter=caller=alice', Y, 300, 'transaction');
    at.alice.request('OPTIONS', BOB);
    await at.sim.runFor(100);
    expect([seen(at.x), seen(at.y)]).toEqual(['OPTIONS 404', 'OPTIONS 404']);
  });
});

describe('the scope', () => {
  it('m is the request that opened the exchange, alone', async () => {
    const at = await scene();
    at.start('caller=alice', `uri=${Y}`, 'ttl=300', 'scope=m');
    await wholeCall(at);
    expect(seen(at.y)).toBe('INVITE BYE');
  });

  it('d follows the call whoever speaks, t judges each request', async () => {
    const at = await scene();
    at.start('method=INVITE', `uri=${Y}`, 'ttl=300', 'scope=d');
    at.start('method=INVITE', `uri=${Z}`, 'ttl=300', 'scope=t');
    await wholeCall(at);
    expect(seen(at.y)).toBe(WHOLE);
    expect(seen(at.z)).toBe('INVITE 100 INVITE 180 180 200 200 ACK ACK');
  });

  it(`d follows ${MAX_RULE_CALLS} calls at a time`, async () => {
    const at = await scene(refuse);
    at.start('method=INVITE', `uri=${Y}`, 'ttl=300', 'scope=d');
    const callIds: string[] = [];
    for (let i = 0; i <= MAX_RULE_CALLS; i++) callIds.push(at.alice.invite(BOB).callId ?? '');
    await at.sim.runFor(1_000);
    at.y.forget();
    const options = (callId = '') => at.alice.request('OPTIONS', BOB, { callId });
    options(callIds[1]);
    await at.sim.runFor(100);
    expect(seen(at.y)).toBe('OPTIONS 404');
    options(callIds[0]);
    await at.sim.runFor(100);
    expect(seen(at.y)).toBe('OPTIONS 404');
  });
});

describe('the time of a rule', () => {
  it('ends to the millisecond, for what runs as well', async () => {
    const at = await scene();
    at.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 180));
    at.start('caller=alice', `uri=${Y}`, 'ttl=1');
    at.alice.invite(BOB);
    await at.sim.runFor(500);
    const [invite] = at.bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    const before = seen(at.y);
    await at.sim.runFor(498);
    at.alice.request('OPTIONS', BOB);
    expect(at.list()).toMatchObject([{ ttl: 1 }]);
    await at.sim.runFor(2);
    expect(at.list()).toEqual([]);
    at.bob.reply(invite, 200);
    await at.sim.runFor(500);
    expect(before).toBe('INVITE 100 INVITE 180 180');
    expect(seen(at.y)).toBe(`${before} OPTIONS OPTIONS`);
  });

  it.each([
    [['caller=alice'], 'ttl= takes 1 to 86400 seconds, and must be given'],
    [['caller=alice', 'ttl=0'], 'ttl= takes 1 to 86400 seconds, and must be given'],
    [['caller=alice', `ttl=${MAX_TTL_SECONDS + 1}`], 'ttl= takes 1 to 86400 seconds, and must be given'],
  ])('must be given: %j is refused', async (params, why) => {
    const at = await scene();
    expect(fault(() => at.start(...params))).toEqual([400, why]);
    expect(at.start('caller=alice', `ttl=${MAX_TTL_SECONDS}`)).toMatchObject({ ttl: MAX_TTL_SECONDS });
  });

  it('ends with stop, at once, and other rules go on', async () => {
    const at = await scene();
    at.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 180));
    at.start('caller=alice', `uri=${Y}`, 'ttl=300');
    at.start('caller=alice', `uri=${Z}`, 'ttl=300');
    at.alice.invite(BOB);
    await at.sim.runFor(100);
    expect(at.stop(1)).toEqual({ stopped: 1 });
    at.y.forget();
    at.z.forget();
    const [invite] = at.bob.received('INVITE');
    if (invite !== undefined) at.bob.reply(invite, 200);
    await at.sim.runFor(100);
    expect([seen(at.y), seen(at.z)]).toEqual(['', '200 200']);
    expect(at.stop('all')).toEqual({ stopped: 1 });
    expect(at.stop('all')).toEqual({ stopped: 0 });
    expect(fault(() => at.stop(2))).toEqual([404, 'there is no rule 2']);
    expect(fault(() => at.stop('x'))).toEqual([400, 'the id of a rule, or all']);
  });
});

describe('beside the script', () => {
  const traces = (to: string, scope: 'message' | 'transaction') => (m: Modules) => ({
    request(ctx: RequestContext) {
      m.siptrace.trace(ctx, { to, scope, correlationId: 'c' });
      return m.sl.reply(ctx, 404);
    },
  });

  it('a target gets each message once', async () => {
    const at = await scene(traces(Y, 'transaction'));
    at.start('caller=alice', `uri=${Y}`, 'ttl=300');
    await refusedCall(at);
    expect(seen(at.y)).toBe('INVITE 404+c ACK+c');
  });

  it('what the script traces goes on when the rule is over', async () => {
    const at = await scene((m) => ({
      request(ctx) {
        m.siptrace.trace(ctx, { to: Y, scope: 'transaction' });
        return m.tm.relay(ctx);
      },
    }));
    at.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 180));
    at.start('caller=alice', `uri=${Y}`, 'ttl=300');
    at.alice.invite(BOB);
    await at.sim.runFor(100);
    at.stop('all');
    const [invite] = at.bob.received('INVITE');
    if (invite !== undefined) at.bob.reply(invite, 200);
    await at.sim.runFor(100);
    expect(seen(at.y)).toBe('INVITE 100 INVITE 180 180 200 200');
  });

  it('rules take no place from the targets of the script', async () => {
    const uris = Array.from({ length: MAX_TARGETS }, (_, i) => `sip:10.0.8.${i + 1}:9060`);
    const outcomes: string[] = [];
    const at = await scene((m) => ({
      request(ctx) {
        outcomes.push(m.siptrace.trace(ctx, { to: uris }), m.siptrace.trace(ctx, { to: Z }));
        return m.sl.reply(ctx, 404);
      },
    }));
    at.start('caller=alice', `uri=${Y}`, 'ttl=300');
    at.alice.request('OPTIONS', BOB);
    await at.sim.runFor(100);
    expect(outcomes).toEqual(['traced', 'tooMany']);
    expect(seen(at.y)).toBe('OPTIONS 404');
  });

  it('tracing that is off is off for rules', async () => {
    const at = await scene(refuse);
    at.start('caller=alice', `uri=${Y}`, 'ttl=300');
    expect(at.status('off')).toBe('Disabled');
    at.alice.request('OPTIONS', BOB);
    await at.sim.runFor(100);
    expect(seen(at.y)).toBe('');
  });

  it('a rule acts where routes may not trace', async () => {
    const at = await scene(traces(Y, 'transaction'), { siptrace: { trace_mode: 1, trace_init_mode: 1 } });
    at.start('caller=alice', `uri=${Z}`, 'ttl=300');
    at.alice.request('OPTIONS', BOB);
    await at.sim.runFor(100);
    expect([seen(at.x), seen(at.y), seen(at.z)]).toEqual(['OPTIONS 404', '', 'OPTIONS 404']);
  });
});

it('a rule and a call that it follows outlive a reload', async () => {
  const at = await scene(refuse);
  at.start('method=INVITE', `uri=${Y}`, 'ttl=300', 'scope=d');
  const { callId = '' } = at.alice.invite(BOB);
  await at.sim.runFor(100);
  const program = defineRoutes([tm, sl, use(siptrace, { hep_node_name: 'second' })], (m) => ({
    request: (ctx) => m.sl.reply(ctx, 403),
  }));
  await at.proxy.reload(program);
  at.alice.request('OPTIONS', BOB, { callId });
  await at.sim.runFor(100);
  expect(seen(at.y)).toBe('INVITE 404 OPTIONS 403');
  expect(at.list()).toMatchObject([{ id: 1, matched: 2 }]);
});

describe('the commands', () => {
  it(`list what is in force, and hold ${MAX_RULES} rules`, async () => {
    const at = await scene(refuse);
    expect(at.start('caller=alice,method=invite', `uri=${Y};auth_key=geheim`, 'ttl=300', 'scope=d')).toEqual({
      id: 1,
      filter: 'caller=alice,method=INVITE',
      uri: 'sip:10.0.9.2:9060;transport=udp',
      scope: 'd',
      ttl: 300,
      matched: 0,
    });
    at.alice.invite(BOB);
    await at.sim.runFor(1_500);
    expect(at.list()).toMatchObject([{ id: 1, ttl: 299, matched: 1 }]);
    for (let i = 1; i < MAX_RULES; i++) at.start('caller=alice', `uri=${Y}`, 'ttl=300');
    expect(fault(() => at.start('caller=alice', `uri=${Y}`, 'ttl=300'))).toEqual([
      500,
      `there are ${MAX_RULES} rules already: stop one`,
    ]);
    at.stop(1);
    expect(at.start('caller=alice', `uri=${Y}`, 'ttl=300')).toMatchObject({ id: MAX_RULES + 1 });
  });

  it.each([
    ['filter=', 'write caller=, callee=, ruri=, user=, ip=, callid=, method=, not ""'],
    ['filter=from=alice', 'write caller=, callee=, ruri=, user=, ip=, callid=, method=, not "from=alice"'],
    ['ip=10.0.0', '"10.0.0" is no IP address'],
    [Array.from({ length: MAX_CRITERIA + 1 }, () => 'caller=a').join(','), `at most ${MAX_CRITERIA} criteria`],
  ])('refuse the filter %s', async (filter, why) => {
    const at = await scene();
    expect(fault(() => at.start(filter, `uri=${Y}`, 'ttl=300'))).toEqual([400, why]);
  });

  it.each([
    [['scope=x'], 'scope= takes m, t or d'],
    [['uri=nonsense:1'], 'nonsense:1: '],
    [['m', 'whatever', 'more'], 'what is "more"?'],
  ])('refuse %j', async (more, why) => {
    const at = await scene();
    const [status, message] = fault(() => at.start('caller=alice', 'ttl=300', ...more));
    expect([status, message.startsWith(why)]).toEqual([400, true]);
  });

  it('switch tracing with the answers of Kamailio, and one target', async () => {
    const at = await scene(refuse, { siptrace: { target: [`own=${Y}`] } });
    expect([at.status('off'), at.status('check'), at.status('on'), at.status('check')]).toEqual([
      'Disabled',
      'Disabled',
      'Enabled',
      'Enabled',
    ]);
    expect([at.status('off', 'own'), at.status('check', 'own'), at.status('check')]).toEqual([
      'Disabled',
      'Disabled',
      'Enabled',
    ]);
    expect(fault(() => at.status())).toEqual([500, 'Not enough parameters (on, off or check)']);
    expect(fault(() => at.status('maybe'))).toEqual([500, 'Bad parameter (on, off or check)']);
    expect(fault(() => at.status('off', 'nobody'))).toEqual([404, 'there is no target nobody']);
  });
});
