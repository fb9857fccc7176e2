/** Parameters and functions of topos beside keys and Call-IDs: lines, checks, namespaces, route sets, methods. */
import { describe, expect, it } from 'vitest';
import { use } from '../../src/engine/module.ts';
import { sanity } from '../../src/modules/sanity/sanity.ts';
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage } from '../../src/sip/message.ts';
import type { ScriptedUa } from '../../src/testing.ts';
import {
  BOB,
  contactOf,
  recordsOf,
  routesOf,
  toposStage,
  type ToposStageOptions,
  UPSTREAM,
  viasOf,
} from './topos-stage.ts';

async function call(options: ToposStageOptions = {}) {
  const stage = await toposStage(options);
  const { alice, bob, sim } = stage;
  bob.acceptCalls();
  const invite = alice.invite(BOB, { headers: UPSTREAM });
  await sim.runFor(500);
  alice.on('*', (request) => void alice.reply(request, 200));
  alice.on('ACK', () => undefined);
  if (alice.receivedStatus(200).length > 0) alice.inDialog('ACK', { cseq: 1, routes: [] });
  await sim.runFor(100);
  return { ...stage, invite };
}

const lines = (message: SipMessage | undefined, id: 1 | 8 | 9): number => message?.headers.count(id) ?? 0;

describe('lines of list headers', () => {
  it.each([
    [0, 0, [3, 2, 2]],
    [0, 7, [3, 2, 2]],
    [1, 0, [1, 1, 1]],
    [1, 1, [3, 1, 1]],
    [1, 2, [1, 2, 1]],
    [1, 4, [1, 1, 2]],
    [1, 7, [3, 2, 2]],
  ] as const)('with compat_fold = %i and header_mode = %i', async (compat_fold, header_mode, expected) => {
    const { alice, bob, sim, invite } = await call({ topos: { compat_fold, header_mode } });
    bob.inDialog('INFO');
    await sim.runFor(100);
    const [ok] = alice.receivedStatus(200, 'INVITE');
    const [info] = alice.received('INFO');
    expect([lines(ok, H.Via), lines(ok, H.RecordRoute), lines(info, H.Route)]).toEqual(expected);
    // Whatever the lines, the elements are those that A sent.
    expect(viasOf(ok).slice(1)).toEqual(viasOf(invite).slice(1));
    expect(recordsOf(ok)).toEqual(recordsOf(invite));
    expect(routesOf(info)).toEqual(recordsOf(invite));
    expect(ok?.headers.fields()[0]?.id).toBe(H.Via);
  });

  it('are folded in requests of A, too', async () => {
    const { alice, bob, sim } = await toposStage({ topos: { compat_fold: 1 } });
    const below = ['<sip:10.0.0.3;lr;down=1>', '<sip:10.0.6.2;lr;down=2>'];
    bob.on('INVITE', (request) => {
      const headers = [...below.toReversed()].map((route) => ['Record-Route', route] as const);
      bob.reply(request, 200, { headers });
    });
    alice.invite(BOB);
    await sim.runFor(100);
    alice.inDialog('ACK', { cseq: 1, routes: [] });
    await sim.runFor(100);
    const [ack] = bob.received('ACK');
    expect(routesOf(ack)).toEqual(below);
    expect(lines(ack, H.Route)).toBe(1);
  });
});

describe('sanity_checks', () => {
  const insane = [['Expires', 'soon']] as const;

  it('leaves a request that fails the checks unrestored, and does not lose its Vias', async () => {
    const { alice, bob, sim, proxy } = await call({ topos: { sanity_checks: 1 }, more: [use(sanity)] });
    alice.inDialog('INFO', { routes: [], headers: insane });
    alice.inDialog('UPDATE', { routes: [] });
    await sim.runFor(100);
    expect(bob.received('INFO')).toEqual([]);
    expect(bob.received('UPDATE')).toHaveLength(1);
    expect(proxy.program.modules.find(({ decl }) => decl.name === 'sanity')?.stats['refused']?.value).toBe(0);
  });

  it('is off by default', async () => {
    const { alice, bob, sim } = await call();
    alice.inDialog('INFO', { routes: [], headers: insane });
    await sim.runFor(100);
    expect(bob.received('INFO')).toHaveLength(1);
  });

  it('wants that module', async () => {
    await expect(toposStage({ topos: { sanity_checks: 1 } })).rejects.toThrow(/needs the module sanity/);
  });
});

describe('the namespace of keys', () => {
  const keyOf = (message: SipMessage | undefined): string => /tpsh-[^@]*/.exec(contactOf(message) ?? '')?.[0] ?? '';

  it('is that of the parameter', async () => {
    const { alice, bob } = await call({ topos: { context: 'core_1' } });
    expect(keyOf(bob.received('INVITE')[0])).toMatch(/^tpsh-core_1-[0-9a-f]{32}$/);
    expect(keyOf(alice.receivedStatus(200)[0])).toBe(keyOf(bob.received('INVITE')[0]));
    expect(bob.received('ACK')).toHaveLength(1);
  });

  it.each([
    ['edge', 'set', /^tpsh-edge-[0-9a-f]{32}$/],
    ['', 'set', /^tpsh-core-[0-9a-f]{32}$/],
    ['abcdefghijkl', 'set', /^tpsh-abcdefghijkl-[0-9a-f]{32}$/],
    ['abcdefghijklm', 'malformed', /^tpsh-core-[0-9a-f]{32}$/],
    ['a-b', 'malformed', /^tpsh-core-[0-9a-f]{32}$/],
  ] as const)('set to %j in a route is %s', async (context, outcome, pattern) => {
    const outcomes: string[] = [];
    const { bob } = await call({
      topos: { context: 'core' },
      routes: ({ topos, tm, rr }) => ({
        request(ctx) {
          if (ctx.message.toTag === undefined) outcomes.push(topos.setContext(ctx, context));
          else rr.looseRoute(ctx);
          return tm.relay(ctx);
        },
      }),
    });
    expect(outcomes).toEqual([outcome]);
    expect(keyOf(bob.received('INVITE')[0])).toMatch(pattern);
  });

  it('is that of its own message only', async () => {
    let calls = 0;
    const { alice, bob, sim } = await call({
      routes: ({ topos, tm }) => ({
        request(ctx) {
          if (calls++ === 0) topos.setContext(ctx, 'first');
          return tm.relay(ctx);
        },
      }),
    });
    alice.invite(BOB);
    await sim.runFor(100);
    const [first, second] = bob.received('INVITE').map(keyOf);
    expect(first).toContain('first-');
    expect(second).toMatch(/^tpsh-[0-9a-f]{32}$/);
  });

  it.each(['topos:msg-incoming', 'topos:msg-outgoing'] as const)('can be set in event_route[%s]', async (name) => {
    const stage = await toposStage({
      routes: ({ topos, tm }) => ({
        request: (ctx) => tm.relay(ctx),
        event: { [name]: (ctx: Parameters<typeof topos.setContext>[0]) => void topos.setContext(ctx, 'event') },
      }),
    });
    stage.alice.invite(BOB);
    await stage.sim.runFor(100);
    expect(keyOf(stage.bob.received('INVITE')[0])).toContain('tpsh-event-');
  });

  it('set in a failure route is that of the branch it makes', async () => {
    const { alice, bob, sim } = await toposStage({
      routes: ({ topos, tm }) => ({
        request(ctx) {
          tm.onFailure(ctx, 'again');
          return tm.relay(ctx);
        },
        failure: {
          again(ctx) {
            topos.setContext(ctx, 'second');
            ctx.appendBranch(BOB);
            return tm.relay(ctx);
          },
        },
      }),
    });
    bob.on('INVITE', (request) => void bob.reply(request, 486));
    alice.invite(BOB);
    await sim.runFor(500);
    expect(bob.received('INVITE').map(keyOf)).toEqual([
      expect.stringMatching(/^tpsh-[0-9a-f]{32}$/),
      expect.stringContaining('tpsh-second-'),
    ]);
  });
});

describe('rr_update', () => {
  const moved = [
    ['Record-Route', '<sip:10.0.0.2;lr;new=1>'],
    ['Record-Route', '<sip:10.0.7.8;lr;new=2>'],
  ] as const;
  const old = ['<sip:10.0.0.2;lr;up=1>', '<sip:10.0.7.2;lr;up=2>'];
  const fresh = moved.map(([, value]) => value);

  it.each([
    [0, old],
    [1, fresh],
  ] as const)('= %i decides about the way to A after its re-INVITE', async (rr_update, expected) => {
    const { alice, bob, sim } = await call({ topos: { rr_update } });
    alice.inDialog('INVITE', { routes: [], headers: moved });
    await sim.runFor(200);
    bob.inDialog('INFO');
    await sim.runFor(100);
    expect(routesOf(sentTo(alice, 'INFO'))).toEqual(expected);
  });

  it.each([
    [0, []],
    [1, ['<sip:10.0.0.3;lr;near=1>', '<sip:10.0.6.2;lr;far=2>']],
  ] as const)('= %i decides about the way to B after its re-INVITE', async (rr_update, expected) => {
    const { alice, bob, sim } = await call({ topos: { rr_update } });
    bob.inDialog('INVITE', {
      headers: [
        ['Record-Route', '<sip:10.0.0.3;lr;near=1>'],
        ['Record-Route', '<sip:10.0.6.2;lr;far=2>'],
      ],
    });
    await sim.runFor(200);
    alice.inDialog('INFO', { routes: [] });
    await sim.runFor(100);
    expect(routesOf(bob.received('INFO')[0])).toEqual(expected);
  });

  it('takes the way to who answers from the 200, nearest first', async () => {
    const { alice, bob, sim } = await call({ topos: { rr_update: 1 } });
    bob.on('INVITE', (request) => {
      const headers = [
        ['Record-Route', '<sip:10.0.6.2;lr;far=2>'],
        ['Record-Route', '<sip:10.0.0.3;lr;near=1>'],
      ] as const;
      bob.reply(request, 200, { headers });
    });
    alice.inDialog('INVITE', { routes: [] });
    await sim.runFor(200);
    alice.inDialog('INFO', { routes: [] });
    await sim.runFor(100);
    expect(routesOf(bob.received('INFO')[0])).toEqual(['<sip:10.0.0.3;lr;near=1>', '<sip:10.0.6.2;lr;far=2>']);
  });

  it('changes nothing when the re-INVITE was refused', async () => {
    const { alice, bob, sim } = await call({ topos: { rr_update: 1 } });
    bob.on('INVITE', (request) => void bob.reply(request, 488));
    alice.inDialog('INVITE', { routes: [], headers: moved });
    await sim.runFor(200);
    bob.inDialog('INFO');
    await sim.runFor(100);
    expect(routesOf(sentTo(alice, 'INFO'))).toEqual(old);
  });
});

describe('methods', () => {
  it('of methods_nocontact get no Contact, BYE among them', async () => {
    const { bob, alice, sim } = await call({ topos: { methods_nocontact: ['BYE', 'info, Update'] } });
    for (const method of ['INFO', 'UPDATE', 'MESSAGE', 'BYE']) alice.inDialog(method, { routes: [] });
    await sim.runFor(100);
    const shown = ['INFO', 'UPDATE', 'MESSAGE', 'BYE'].map(
      (method) => contactOf(bob.received(method)[0]) !== undefined,
    );
    expect(shown).toEqual([false, false, true, false]);
  });

  it('of methods_noinitial are left alone outside of dialogs', async () => {
    const { bob, alice, sim } = await toposStage({ topos: { methods_noinitial: 'OPTIONS,message' } });
    bob.acceptCalls();
    for (const method of ['OPTIONS', 'MESSAGE', 'INVITE']) alice.request(method, BOB);
    await sim.runFor(100);
    expect(
      bob
        .received()
        .map(viasOf)
        .map(({ length }) => length),
    ).toEqual([2, 2, 1]);
    expect(contactOf(bob.received('OPTIONS')[0])).toBe('<sip:alice@10.0.0.2:5060>');
  });

  it.each([
    ['INFO', [], true],
    ['INFO', ['UPDATE'], false],
    ['UPDATE', ['update'], true],
  ] as const)(
    '%s keeps a dialog alive when methods_update_time is %j: %s',
    async (method, methods_update_time, lives) => {
      const { alice, bob, sim } = await call({ topos: { methods_update_time, dialog_expire: 100 } });
      for (let minute = 0; minute < 3; minute++) {
        await sim.runFor(60_000);
        alice.inDialog(method, { routes: [] });
      }
      await sim.runFor(60_000);
      alice.inDialog('BYE', { routes: [] });
      await sim.runFor(1_000);
      expect(bob.received('BYE').length).toBe(lives ? 1 : 0);
    },
  );
});

describe('what has no effect', () => {
  it('is said once, at the start, and only when it was set', async () => {
    const silent = await toposStage();
    expect(silent.logged.filter((line) => line.includes('no effect'))).toEqual([]);
    const { logged } = await toposStage({
      topos: {
        event_callback: 'ksr_topos',
        db_url: 'mysql://x',
        version_table: 0,
        storage: 'htable',
      },
    });
    expect(logged).toEqual([
      expect.stringContaining('notice topos: event_callback has no effect'),
      expect.stringContaining('notice topos: db_url has no effect'),
      expect.stringContaining('notice topos: version_table has no effect'),
      'notice topos: there is no storage htable: dialogs are in memory',
    ]);
  });
});

describe('masked Call-IDs on several nodes', () => {
  it.each(['redis', 'redis://10.0.0.5:6379/0', 'rediss://cache'])('want a secret: storage %s', async (storage) => {
    const attempt = toposStage({ topos: { storage, mask_callid: 1 } });
    await expect(attempt).rejects.toMatchObject({ code: 'TOPOS_SECRET', message: expect.stringContaining('secret') });
    await expect(attempt).rejects.not.toThrow(/6379|cache/);
  });
});

/** The request of this method that came last. */
const sentTo = (ua: ScriptedUa, method: string): SipMessage | undefined => ua.received(method).at(-1);
