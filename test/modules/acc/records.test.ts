/** acc: records of dialogs, legs and times, as the real Kamailio 5.6.3 wrote them. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { acc } from '../../../src/modules/acc/acc.ts';
import { MAX_LEGS } from '../../../src/modules/acc/legs.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { ScriptedUa } from '../../../src/testing.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

type Params = Parameters<typeof use<typeof acc.decl>>[1];
const PROXY = { address: '10.0.0.10', port: 5060 };

/** What was logged of each record of a call that bob answers like this, asks something in, and alice ends. */
async function records(params: Params, status = 200, headers: readonly (readonly [string, string])[] = []) {
  const rig = await moduleRig([rr, tm, use(acc, { log_flag: 1, ...params })], {
    listen: ['udp:10.0.0.10:5060'],
    routes: (on) => ({
      request(ctx) {
        ctx.state.flags |= 1 << 1;
        if (ctx.message.toTag === undefined) on.rr.recordRoute(ctx);
        else on.rr.looseRoute(ctx);
        return on.tm.relay(ctx);
      },
    }),
  });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({ world: rig.sim.host(address), local: { address, port: 5060 }, user, proxy: PROXY });
  const alice = await agent('alice', '10.0.0.1');
  const bob = await agent('bob', '10.0.0.2');
  alice.on('*', (request, ua) => ua.reply(request, 200));
  bob
    .on('INVITE', (request, ua) => ua.reply(request, status, { headers }))
    .on('ACK', () => undefined)
    .on('*', (request, ua) => ua.reply(request, 200));
  alice.invite('sip:bob@10.0.0.2', { from: '<sip:alice@example.com>;tag=A' });
  await rig.sim.runFor(1_000);
  if (status === 200) {
    alice.ack2xx();
    await rig.sim.runFor(1_000);
    bob.inDialog('INFO');
    await rig.sim.runFor(1_000);
    alice.bye();
    await rig.sim.runFor(1_000);
  }
  return rig.log.filter(({ message }) => message.startsWith('acc: ACC: '));
}

/** Kind, method, whose tags, and the answer. */
const short = (lines: Awaited<ReturnType<typeof records>>): readonly string[] =>
  lines.map(({ message }) => {
    const [, kind, method, from, to, code, reason] =
      /ACC: ([^:]+):.*;method=(\w+);from_tag=(\w*);to_tag=(\w*);.*;code=(\d*);reason=(.*)$/.exec(message) ?? [];
    const side = (tag = ''): string => (tag === 'A' ? 'A' : 'B');
    return `${kind} ${method} ${side(from)} ${side(to)} ${code} ${reason}`;
  });

describe('a dialog', () => {
  const invite = 'transaction answered INVITE A B 200 OK';
  const bye = 'transaction answered BYE A B 200 OK';

  it('is accounted request by request, with the tags of each', async () => {
    expect(short(await records({}))).toEqual([invite, 'transaction answered INFO B A 200 OK', bye]);
  });

  it('has its tags in the order of the first request under detect_direction', async () => {
    const lines = short(await records({ detect_direction: 1 }));
    expect(lines).toEqual([invite, 'transaction answered INFO A B 200 OK', bye]);
  });

  it('has its ACK accounted under report_ack, but not that of a rejected call', async () => {
    const lines = short(await records({ report_ack: 1 }));
    expect(lines.slice(0, 2)).toEqual([invite, 'request acknowledged ACK A B 200 OK']);
    expect(short(await records({ report_ack: 1, failed_transaction_flag: 1 }, 486))).toEqual([
      'transaction answered INVITE A B 486 Busy Here',
    ]);
  });

  it('has the reason of the header under reason_from_hf', async () => {
    const reason = [['Reason', 'Q.850;cause=17']] as const;
    const of = async (params: Params) => short(await records({ failed_transaction_flag: 1, ...params }, 486, reason));
    expect(await of({ reason_from_hf: 1 })).toEqual(['transaction answered INVITE A B 486 Q.850;cause=17']);
    expect(await of({})).toEqual(['transaction answered INVITE A B 486 Busy Here']);
  });
});

async function line(params: Params, avps: Readonly<Record<string, readonly string[]>> = {}) {
  const rig = await moduleRig([tm, use(acc, params)]);
  const ctx = rig.request(written());
  for (const [name, values] of Object.entries(avps)) ctx.state.avps.set(name, [...values]);
  rig.modules.acc.logRequest(ctx, '200 OK');
  const logged = rig.log.find(({ message }) => message.startsWith('acc: ACC: '));
  return { level: logged?.level, text: logged?.message ?? '' };
}

describe('multi_leg_info', () => {
  const multi_leg_info = 'leg_src=$avp(src);leg_dst=$avp(s:dst)';

  it('adds a pair for each value, the latest first', async () => {
    const { text } = await line({ multi_leg_info }, { src: ['s2', 's1'], dst: ['d2', 'd1'] });
    expect(text).toMatch(/;reason=OK;leg_src=s2;leg_dst=d2;leg_src=s1;leg_dst=d1$/);
  });

  it('is empty once without values, and fills up where one AVP has fewer', async () => {
    expect((await line({ multi_leg_info })).text).toMatch(/;reason=OK;leg_src=;leg_dst=$/);
    const { text } = await line({ multi_leg_info }, { src: ['s2', 's1'], dst: ['d2'] });
    expect(text).toMatch(/leg_src=s2;leg_dst=d2;leg_src=s1;leg_dst=$/);
  });

  it.each([
    [MAX_LEGS, MAX_LEGS],
    [MAX_LEGS + 1, MAX_LEGS],
  ])('of %i values shows %i', async (values, legs) => {
    const { text } = await line({ multi_leg_info: 'l=$avp(l)' }, { l: Array.from({ length: values }, () => 'x') });
    expect(text.match(/;l=x/g)).toHaveLength(legs);
  });

  it('takes AVPs only', async () => {
    await expect(line({ multi_leg_info: 'a=$var(x)' })).rejects.toThrow('expected name=$avp(name)');
  });
});

it.each([
  [{}, /: timestamp=\d+;method=/],
  [{ time_mode: 1, time_exten: 'usec' }, /: timestamp=\d+;usec=\d{1,6};method=/],
  [{ time_mode: 2 }, /: timestamp=(\d+);time_attr=\1\.\d{3};method=/],
] as const)('says the time by %j', async (params, expected) => {
  expect((await line(params)).text).toMatch(expected);
});

it.each([
  [-5, 'alert'],
  [-2, 'critical'],
  [-1, 'error'],
  [0, 'warn'],
  [1, 'notice'],
  [2, 'info'],
  [3, 'debug'],
])('log_level %i is %s', async (log_level, level) => {
  expect((await line({ log_level })).level).toBe(level);
});

it('acc_db_request fails, and says why', async () => {
  const rig = await moduleRig([tm, acc]);
  expect(rig.modules.acc.dbRequest(rig.request(written()), '404 Not here', 'acc')).toBe('noDatabase');
  expect(rig.log.map(({ message }) => message)).toContainEqual(expect.stringContaining('there is no database'));
});
