/** Requests of our own: what they look like, who may change them, what becomes of them, and how operators send them. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { MAX_LOCAL_REQUESTS } from '../../src/engine/local-requests.ts';
import { RpcFault } from '../../src/engine/rpc-fault.ts';
import { BOB, CAROL, heard, NOTHING_LEFT, type TmModules, type TmStageOptions, tmStage } from './tm-stage.ts';

const LONG_MS = 200_000;
const HEADERS = 'From: <sip:me@example.org>;tag=mine\r\nTo: <sip:you@example.org>\r\n';

interface Options extends TmStageOptions {
  readonly prepare?: (ctx: RequestContext) => 'drop' | undefined;
  readonly told?: (status: number) => void;
}

async function stage(options: Options = {}) {
  const given: TmModules[] = [];
  const asked: RequestContext[] = [];
  const scene = await tmStage((modules) => {
    given.push(modules);
    return {
      request: (ctx) => {
        asked.push(ctx);
        if (ctx.message.method === 'REGISTER') return void modules.tm.createAndReply(ctx, 403, 'No');
        return modules.sl.reply(ctx, 200);
      },
      event: {
        ...(options.prepare && {
          'tm:local-request': (ctx) => ('branches' in ctx ? options.prepare?.(ctx) : undefined),
        }),
        'tm:local-response': (ctx) => void ('branches' in ctx || options.told?.(ctx.message.status)),
      },
    };
  }, options);
  scene.alice.request('OPTIONS', BOB);
  await scene.sim.runFor(10);
  const [ctx] = asked;
  const [modules] = given;
  if (ctx === undefined || modules === undefined) throw new Error('nobody asked');
  const send = (method: string, headers = HEADERS, [body = '', nextHop = '', socket = '', uri = BOB]: string[] = []) =>
    modules.tm.send(ctx, method, uri, nextHop, socket, headers, body);
  const rpc = (method: string, ...params: (string | number)[]): unknown =>
    scene.proxy.engine.commands.find(method)?.run(params);
  return { ...scene, send, rpc };
}

const refusal = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof RpcFault ? [error.status, error.message] : error;
  }
};

describe('a request of our own', () => {
  it('has what it is described with, and what it needs beside', async () => {
    const { bob, send, sim } = await stage();
    bob.on('*', (request, ua) => ua.reply(request, 200));
    expect(send('MESSAGE', `${HEADERS}X-A: 1\r\nContent-Type: text/plain\r\n`, ['Hi'])).toBe('sent');
    await sim.runFor(10);
    const [message] = bob.received('MESSAGE');
    expect([message?.cseq?.number, message?.fromTag, message?.headers.get('X-A'), message?.body]).toEqual([
      10,
      'mine',
      '1',
      'Hi',
    ]);
    expect([message?.callId?.length, message?.maxForwards, message?.vias.length]).toEqual([16, 70, 1]);
  });

  it('gets a tag where From has none, and goes to its next hop', async () => {
    const { carol, send, sim } = await stage();
    send('OPTIONS', 'From: <sip:a@b>\r\nTo: <sip:c@d>\r\n', ['', CAROL]);
    await sim.runFor(10);
    expect([carol.received('OPTIONS')[0]?.uri, carol.received('OPTIONS')[0]?.fromTag?.length]).toEqual([BOB, 16]);
  });

  it('has as many headers as an operator wrote, whatever characters are in them', async () => {
    const { bob, rpc, sim } = await stage();
    rpc('tm.t_uac_start', 'MESSAGE', BOB, '', '', `${HEADERS}Subject: \u010aX-A: 1\u010d\r\n`);
    await sim.runFor(10);
    const [message] = bob.received('MESSAGE');
    const subject = Buffer.from(message?.headers.get('Subject') ?? '', 'latin1').toString('utf8');
    expect([subject, message?.headers.has('X-A')]).toEqual(['\u010aX-A: 1\u010d', false]);
  });

  it('is repeated, and forgotten after fr_timer', async () => {
    const { bob, send, sim, leftovers } = await stage({ tm: { fr_timer: 3_000 } });
    send('OPTIONS');
    await sim.runFor(LONG_MS);
    expect([bob.received('OPTIONS').length, leftovers()]).toEqual([3, NOTHING_LEFT]);
  });

  it.each([
    ['no method', '', HEADERS, [], 'Empty method'],
    ['a method of others', 'CANCEL', HEADERS, [], 'Invalid method "CANCEL"'],
    ['no URI', 'MESSAGE', HEADERS, ['', '', '', 'x'], 'Invalid request uri "x"'],
    ['no next hop', 'MESSAGE', HEADERS, ['', 'x'], 'Invalid next-hop uri "x"'],
    ['no socket', 'MESSAGE', HEADERS, ['', '', 'x'], 'Invalid send socket "x"'],
    ['a socket of others', 'MESSAGE', HEADERS, ['', '', 'udp:10.9.9.9:1'], 'No local socket for "udp:10.9.9.9:1"'],
    ['no From', 'MESSAGE', 'To: <sip:a@b>\r\n', [], 'From missing'],
    ['no To', 'MESSAGE', 'From: <sip:a@b>\r\n', [], 'To missing'],
    ['a body without a type', 'MESSAGE', HEADERS, ['x'], 'Content-Type missing'],
    ['another CSeq', 'MESSAGE', `${HEADERS}CSeq: 1 INFO\r\n`, [], 'CSeq method mismatch'],
    ['no headers', 'MESSAGE', 'nonsense', [], 'Invalid headers'],
  ])('with %s is not sent', async (_, method, headers, rest, why) => {
    const { send, rpc, bob, sim } = await stage();
    const [body = '', nextHop = '', socket = '', uri = BOB] = rest;
    expect(send(method, headers, rest)).toBe('malformed');
    expect(refusal(() => rpc('tm.t_uac_start', method, uri, nextHop, socket, headers, body))).toEqual([400, why]);
    await sim.runFor(10);
    expect(heard(bob)).toEqual([]);
  });

  it('is one of a bounded number', async () => {
    const { send } = await stage();
    const headers = 'From: <sip:a@b>\r\nTo: <sip:c@d>\r\n';
    for (let i = 0; i < MAX_LOCAL_REQUESTS; i++) {
      if (send('OPTIONS', headers, ['', 'sip:10.9.9.9']) !== 'sent') throw new Error(`only ${i}`);
    }
    expect(send('OPTIONS', headers)).toBe('full');
  });
});

describe('a request of our own to a name', () => {
  it('is one of that number while DNS is asked', async () => {
    const { send, sim } = await stage();
    const [headers, where] = [HEADERS, ['', 'sip:far.example.org']];
    for (let i = 0; i < MAX_LOCAL_REQUESTS; i++)
      if (send('OPTIONS', headers, where) !== 'sent') throw new Error(`${i}`);
    expect(send('OPTIONS', headers, where)).toBe('full');
    await sim.runFor(LONG_MS);
    expect(send('OPTIONS', headers, where)).toBe('sent');
  });
});

describe('an INVITE of our own', () => {
  it('is acknowledged when it is answered, along the route of the dialog, as often as the 2xx comes', async () => {
    const { bob, carol, send, sim } = await stage();
    bob.on('INVITE', (request, ua) =>
      ua.reply(request, 200, {
        headers: [
          ['Record-Route', '<sip:10.0.0.3;lr>'],
          ['Record-Route', '<sip:10.0.0.4;lr>'],
        ],
      }),
    );
    send('INVITE');
    await sim.runFor(10);
    const [ack] = carol.received('ACK');
    expect([ack?.uri, ack?.headers.getAll('Route'), ack?.cseq?.number]).toEqual([
      BOB,
      ['<sip:10.0.0.4;lr>', '<sip:10.0.0.3;lr>'],
      10,
    ]);
    const [invite] = bob.received('INVITE');
    expect(ack?.topVia?.branch === invite?.topVia?.branch).toBe(false);
    if (invite !== undefined) bob.reply(invite, 200);
    await sim.runFor(10);
    // The second one names no route: it goes to the Contact.
    expect([carol.received('ACK').length, bob.received('ACK').length]).toEqual([1, 1]);
  });

  it('is acknowledged when it is refused', async () => {
    const { bob, send, sim, leftovers } = await stage();
    bob.acceptCalls([180, 486]);
    send('INVITE');
    await sim.runFor(1_000);
    expect(heard(bob)).toEqual(['INVITE', 'ACK']);
    await sim.runFor(LONG_MS);
    expect(leftovers()).toEqual(NOTHING_LEFT);
  });

  it('is cancelled when it rings for too long', async () => {
    const { bob, send, sim, rpc, leftovers } = await stage({ tm: { fr_inv_timer: 2_000 } });
    bob.acceptCalls([180]);
    send('INVITE');
    await sim.runFor(2_100);
    expect(heard(bob).slice(0, 2)).toEqual(['INVITE', 'CANCEL']);
    expect(rpc('tm.stats')).toMatchObject({ total_local: 1 });
    await sim.runFor(LONG_MS);
    expect(leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('the event route of our own requests', () => {
  it('writes into them, sends them elsewhere and drops them', async () => {
    const { bob, carol, send, sim } = await stage({
      prepare(ctx) {
        const what = ctx.message.headers.get('X-Do');
        if (what === 'drop') return ctx.drop();
        if (what === 'turn') ctx.destination.uri = CAROL;
        ctx.message.headers.append('X-Seen', `${ctx.route} ${ctx.message.method}`);
        return undefined;
      },
    });
    const outcomes = ['write', 'turn', 'drop'].map((what) => send('MESSAGE', `${HEADERS}X-Do: ${what}\r\n`));
    await sim.runFor(10);
    expect(outcomes).toEqual(['sent', 'sent', 'dropped']);
    const seen = [bob, carol].map((ua) => ua.received('MESSAGE').map(({ headers }) => headers.get('X-Seen')));
    expect(seen).toEqual([['event MESSAGE'], ['event MESSAGE']]);
  });
});

describe('the event route of our own replies', () => {
  it('sees those that go out through a transaction', async () => {
    const told: number[] = [];
    const { alice, sim } = await stage({ told: (status) => void told.push(status) });
    alice.register();
    await sim.runFor(10);
    expect([told, heard(alice).at(-1)]).toEqual([[403], '403 REGISTER']);
  });
});

describe('over RPC', () => {
  it('a request of our own is sent, with its final reply or without', async () => {
    const { bob, sim, rpc } = await stage();
    bob.on('*', (request, ua) => ua.reply(request, 202, { headers: [['X-R', '1']] }));
    const args = ['MESSAGE', BOB, '.', '.', HEADERS] as const;
    expect(rpc('tm.t_uac_start', ...args)).toEqual({});
    const answers = Promise.all([rpc('tm.t_uac_wait', ...args), rpc('tm.t_uac_wait_block', ...args)]);
    await sim.runFor(10);
    const [parts, block] = await answers;
    expect(Array.isArray(parts) ? parts.slice(0, 5) : parts).toEqual([202, 'Accepted', '', '', '']);
    expect(Array.isArray(parts) ? parts[5] : '').toMatch(/^Via: .*\r\n[\s\S]*X-R: 1\r\n/);
    expect(block).toEqual({ code: 202, text: 'Accepted' });
  });

  it('says 408 when nobody answers', async () => {
    const { sim, rpc } = await stage({ tm: { fr_timer: 1_000 } });
    const answer = rpc('tm.t_uac_wait', 'OPTIONS', BOB, '', '', HEADERS);
    await sim.runFor(1_100);
    expect(await answer).toEqual([408, 'Request Timeout', '', '', '', '']);
  });

  it('wants five parameters', async () => {
    const { rpc } = await stage();
    expect(refusal(() => rpc('tm.t_uac_start', 'MESSAGE', BOB))).toEqual([400, 'too few parameters (-2/5)']);
  });

  it('answers a request that waits, by its id or its Call-ID', async () => {
    const ids: string[] = [];
    const scene = await tmStage(({ tm, tmx }) => ({
      request(ctx) {
        tm.newTransaction(ctx);
        tmx.suspend(ctx);
        const tables = scene.proxy.program.modules.find(({ decl }) => decl.name === 'tmx')?.instance.pvs?.['T'];
        const part = (inner: string) => String(tables?.read(ctx, { inner, index: undefined }));
        ids.push(`${part('id_index')}:${part('id_label')}`);
      },
    }));
    const rpc = (method: string, ...params: (string | number)[]): unknown =>
      scene.proxy.engine.commands.find(method)?.run(params);
    scene.alice.request('MESSAGE', BOB);
    scene.alice.request('MESSAGE', BOB, { callId: 'second@x' });
    await scene.sim.runFor(10);
    expect(rpc('tm.reply', 486, 'Busy', ids[0] ?? '', 'tag', 'X-A: 1\r\nX-B: 2')).toEqual({});
    expect(rpc('tm.reply_callid', 480, 'Away', 'second@x', 1, 'tag')).toEqual({});
    await scene.sim.runFor(10);
    expect(scene.alice.lines()).toEqual(['486 Busy (MESSAGE)', '480 Away (MESSAGE)']);
    expect(scene.alice.receivedStatus(486)[0]?.headers.get('X-B')).toBe('2');
    expect(refusal(() => rpc('tm.reply', 486, 'Busy', ids[0] ?? '', 'tag'))).toEqual([481, 'No such transaction']);
    expect(refusal(() => rpc('tm.reply_callid', 486, 'Busy', 'x', 1, 'tag'))).toEqual([404, 'Transaction not found']);
  });

  it.each([
    ['tm.reply', [], 'Reply code expected'],
    ['tm.reply', [700, 'x'], 'Invalid reply code'],
    ['tm.reply', [486], 'Reason phrase expected'],
    ['tm.reply', [486, 'Busy'], 'Transaction ID expected'],
    ['tm.reply', [486, 'Busy', '1:2'], 'To tag expected'],
    ['tm.reply_callid', [486, 'Busy'], 'Call-ID expected'],
    ['tm.reply_callid', [486, 'Busy', 'x'], 'CSeq expected'],
  ] as const)('%s %j is refused: %s', async (method, params, why) => {
    const { rpc } = await stage();
    expect(refusal(() => rpc(method, ...params))).toEqual([400, why]);
  });

  it('has the commands that do nothing here', async () => {
    const { rpc } = await stage();
    expect(rpc('tm.clean')).toEqual({});
    expect(refusal(() => rpc('tm.hash_stats'))).toEqual([500, 'Hash statistics not supported']);
  });
});
