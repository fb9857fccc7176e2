/** acc: whole calls through a proxy, and the lines that the real Kamailio 5.6.3 wrote for the same ones. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { acc } from '../../../src/modules/acc/acc.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { ScriptedUa } from '../../../src/testing.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const ACC = 1;
const MISSED = 2;
const FAILED = 3;
const LISTEN = ['udp:10.0.0.10:5060'];

type Params = Parameters<typeof use<typeof acc.decl>>[1];
interface Script {
  readonly params?: Params;
  readonly flags?: readonly number[];
  /** Answer here instead of relaying. */
  readonly answer?: number;
  /** Flags that only the failure route sets. */
  readonly late?: readonly number[];
}

const parseUser = (uri = ''): string | null => /^sip:([^@]+)@/.exec(uri)?.[1] ?? null;

const set = ({ state }: RequestContext, flags: readonly number[]): void => {
  for (const flag of flags) state.flags |= 1 << flag;
};

async function stage({ params, flags = [ACC], answer, late }: Script) {
  const json: unknown[] = [];
  const rig = await moduleRig(
    [
      tm,
      use(acc, {
        log_flag: ACC,
        log_missed_flag: MISSED,
        failed_transaction_flag: FAILED,
        log_extra: {
          src_user: ({ message }) => parseUser(message.from?.uri),
          src_ip: ({ received }) => received.flow.remote.address,
          nul: () => null,
        },
        ...params,
      }),
    ],
    {
      listen: LISTEN,
      routes: (fn) => ({
        async request(ctx) {
          set(ctx, flags);
          if (answer !== undefined) {
            fn.tm.newTransaction(ctx);
            fn.tm.reply(ctx, answer, 'Here');
            return;
          }
          if (late !== undefined) fn.tm.onFailure(ctx, 'late');
          await fn.tm.relay(ctx);
        },
        failure: { late: (ctx) => set(ctx, late ?? []) },
        event: { 'acc:record': (ctx) => void json.push(JSON.parse(String(rig.read(ctx, 'acc', 'json')))) },
      }),
    },
  );
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: rig.sim.host(address),
      local: { address, port: 5060 },
      transport: 'udp',
      user,
      proxy: { address: '10.0.0.10', port: 5060 },
    });
  const alice = await agent('alice', '10.0.0.1');
  const bob = await agent('bob', '10.0.0.2');
  alice.acceptCalls();
  const lines = () => rig.log.map(({ message }) => message).filter((line) => line.startsWith('acc: ACC:'));
  const short = () =>
    lines().map((line) => line.replace(/^acc: ACC: (.*?):.*;code=(\d*);reason=([^;]*);.*$/, '$1 $2 $3'));
  return { ...rig, alice, bob, lines, short, json };
}

/** A call that bob answers like this. */
async function call(script: Script, status: number, before: readonly number[] = []) {
  const played = await stage(script);
  const { alice, bob, sim } = played;
  bob.on('INVITE', (request, ua) => {
    for (const early of before) ua.reply(request, early, early === 180 ? {} : { body: 'v=0' });
    ua.reply(request, status);
  });
  alice.invite('sip:bob@10.0.0.2');
  await sim.runFor(5000);
  return played;
}

it('writes the line of Kamailio when a call is answered', async () => {
  const { lines, json } = await call({}, 200);
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).toMatch(
    /^acc: ACC: transaction answered: timestamp=17672256\d\d;method=INVITE;from_tag=[^;]+;to_tag=[^;]+;call_id=[^;]+;code=200;reason=OK;src_user=alice;src_ip=10\.0\.0\.1;nul=$/,
  );
  expect(json).toMatchObject([
    { kind: 'transaction answered', method: 'INVITE', code: '200', src_user: 'alice', nul: '' },
  ]);
});

describe('what is accounted', () => {
  it.each([
    ['nothing without a flag', { flags: [] }, 200, []],
    ['no negative reply by the flag alone', {}, 486, []],
    ['a missed call', { flags: [ACC, MISSED] }, 486, ['call missed 486 Busy Here']],
    ['no missed call that was answered', { flags: [MISSED] }, 200, []],
    [
      'a failed one and missed',
      { flags: [ACC, MISSED, FAILED] },
      486,
      ['call missed 486 Busy Here', 'transaction answered 486 Busy Here'],
    ],
    ['no failure of failed_filter', { flags: [ACC, FAILED], params: { failed_filter: '404,486' } }, 486, []],
    ['what the failure route marks', { flags: [], late: [ACC, FAILED] }, 486, ['transaction answered 486 Busy Here']],
    [
      'db_flag where there is no log_flag',
      { flags: [7], params: { log_flag: -1, db_flag: 7 } },
      200,
      ['transaction answered 200 OK'],
    ],
  ] as const)('%s', async (_, script, status, expected) => {
    expect((await call(script, status)).short()).toEqual(expected);
  });

  it('a reply of our own, sent before the route ended', async () => {
    expect((await call({ answer: 404, flags: [ACC, FAILED] }, 200)).short()).toEqual(['transaction answered 404 Here']);
  });

  it('provisional replies with a body when asked to', async () => {
    const early = await call({ params: { early_media: 1 } }, 200, [180, 183]);
    expect(early.short()).toEqual(['transaction answered 183 Session Progress', 'transaction answered 200 OK']);
    expect((await call({}, 200, [180, 183])).short()).toEqual(['transaction answered 200 OK']);
  });

  it('a call once, also when it is cancelled: the 200 of the CANCEL is not its answer', async () => {
    const played = await stage({ flags: [ACC, FAILED] });
    played.bob.acceptCalls([180]);
    const invite = played.alice.invite('sip:bob@10.0.0.2');
    await played.sim.runFor(1000);
    played.alice.cancel(invite);
    await played.sim.runFor(5000);
    expect(played.short()).toEqual([expect.stringMatching(/^transaction answered 487 /)]);
  });

  it('a request within a dialog, too', async () => {
    const played = await call({}, 200);
    played.alice.ack2xx();
    played.bob.on('BYE', (request, ua) => ua.reply(request, 200));
    played.alice.bye();
    await played.sim.runFor(2000);
    expect(played.lines().map((line) => /method=(\w+)/.exec(line)?.[1])).toEqual(['INVITE', 'BYE']);
  });
});

it.each([
  ['200 my text', 'request accounted 200 my text'],
  ['hello', 'request accounted  hello'],
])('logRequest(%j) writes %s at once', async (comment, expected) => {
  const { modules, request, short } = await stage({});
  modules.acc.logRequest(request(written()), comment);
  expect(short()).toEqual([expected]);
});

describe('$acc', () => {
  it('gives each field, and null outside of its event route', async () => {
    const { modules, request, read } = await stage({});
    const ctx = request(written());
    expect(read(ctx, 'acc', 'json')).toBeNull();
    modules.acc.logRequest(ctx, '404 Gone');
    expect(['kind', 'code', 'reason', 'src_user', 'none'].map((name) => read(ctx, 'acc', name))).toEqual([
      'request accounted',
      '404',
      'Gone',
      'alice',
      null,
    ]);
  });
});

describe('log_extra', () => {
  it('shows texts, numbers and nothing where there is no value', async () => {
    const { modules, request, lines } = await stage({
      params: { log_extra: { a: 'text', b: ({ received }) => received.flow.remote.port, c: () => null } },
    });
    modules.acc.logRequest(request(written()), 'x');
    expect(lines()[0]).toMatch(/;a=text;b=5060;c=$/);
  });

  it('comes before the fields of db_extra that have other names', async () => {
    const { modules, request, lines } = await stage({
      params: { log_extra: { a: '1' }, db_extra: { a: 'other', b: '2' } },
    });
    modules.acc.logRequest(request(written()), 'x');
    expect(lines()[0]).toMatch(/;a=1;b=2$/);
  });
});

it('says that there is no database', async () => {
  const { log } = await stage({ params: { db_url: 'mysql://x' } });
  expect(log.map(({ message }) => message)).toContainEqual(expect.stringContaining('there is no database'));
});
