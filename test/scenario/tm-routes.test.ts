/** What a route may do with a request besides relaying it: nothing, throw, answer, forward; and the flags it sets. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, CAROL, heard, heardAt, NOTHING_LEFT, type TmModules, tmStage } from './tm-stage.ts';

describe('a route', () => {
  it('that throws has the request answered with 500, relayed or not', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        if (ctx.message.method === 'INVITE') void tm.relay(ctx);
        throw new Error('bug');
      },
    }));
    scene.bob.acceptCalls([180]);
    scene.alice.invite(BOB);
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '500 INVITE', '500 OPTIONS']);
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });

  it('that neither relays nor answers its transaction is told so, and nothing stays', async () => {
    const scene = await tmStage(({ tm }) => ({ request: (ctx) => void tm.newTransaction(ctx) }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual([]);
    expect(scene.logged).toEqual(['warn tm: the route ended without relaying or answering its transaction']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('that refuses a second time is told that the request has been answered', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(({ tm, sl }) => ({
      request(ctx) {
        outcomes.push(tm.newTransaction(ctx), tm.newTransaction(ctx), tm.reply(ctx, 404), tm.reply(ctx, 500));
        outcomes.push(sl.reply(ctx, 500), tm.relay(ctx));
      },
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(outcomes).toEqual(['created', 'exists', 'sent', 'answered', 'answered', 'failed']);
    expect(heard(scene.alice)).toEqual(['404 OPTIONS']);
  });

  it('that replies without a transaction is told so', async () => {
    const outcomes: string[] = [];
    const scene = await tmStage(({ tm }) => ({ request: (ctx) => void outcomes.push(tm.reply(ctx, 404)) }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(outcomes).toEqual(['noTransaction']);
    expect(heard(scene.alice)).toEqual([]);
  });

  it('that names a route block which is not there throws', async () => {
    const scene = await tmStage(({ tm }) => ({ request: (ctx) => void tm.onFailure(ctx, 'missing') }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['500 OPTIONS']);
  });
});

describe('a 2xx to an INVITE that a route gives itself', () => {
  const answering = ({ tm }: TmModules) => ({
    request(ctx: RequestContext) {
      if (ctx.message.method !== 'INVITE') return;
      tm.newTransaction(ctx);
      tm.reply(ctx, 200, 'OK');
    },
  });

  it('is repeated until the ACK, which ends here', async () => {
    const seen: string[] = [];
    const scene = await tmStage((m) => ({
      request(ctx) {
        seen.push(ctx.message.method);
        answering(m).request(ctx);
      },
    }));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(8_000);
    const [ok] = scene.alice.receivedStatus(200);
    scene.alice.request('ACK', BOB, {
      to: ok?.headers.get('To') ?? '',
      callId: invite.callId ?? '',
      cseq: invite.cseq?.number ?? 0,
    });
    await scene.sim.run();
    expect(heardAt(scene.alice).map((line) => line.split(' ')[0])).toEqual(['2', '502', '1502', '3502', '7502']);
    expect(seen).toEqual(['INVITE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('is given up after 64*T1', async () => {
    const scene = await tmStage(answering);
    scene.alice.invite(BOB);
    await scene.sim.run();
    expect(heardAt(scene.alice).map((line) => Number(line.split(' ')[0]))).toEqual([
      2, 502, 1502, 3502, 7502, 11502, 15502, 19502, 23502, 27502, 31502,
    ]);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('ends the branches that still ring', async () => {
    const scene = await tmStage(({ tm }) => ({
      async request(ctx) {
        await tm.relay(ctx);
        if (ctx.message.method === 'INVITE') tm.reply(ctx, 200);
      },
    }));
    scene.bob.acceptCalls([180]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice).slice(0, 2)).toEqual(['100 INVITE', '200 INVITE']);
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });
});

describe('sl.replyError', () => {
  it.each([
    ['sip:nowhere.invalid', 'Unresolvable destination (478/SL)', 478],
    ['sip:10.0.0.3;transport=tls', "I'm terribly sorry, server error occurred (7/SL)", 500],
    [undefined, "I'm terribly sorry, server error occurred (1/SL)", 500],
  ])('after forwarding to %s says %s', async (to, reason, status) => {
    const scene = await tmStage(({ core, sl }) => ({
      async request(ctx) {
        if (to !== undefined) expect(await core.forward(ctx, to)).toBe('failed');
        sl.replyError(ctx);
      },
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(1_000);
    expect(scene.alice.lines()).toEqual([`${status} ${reason} (OPTIONS)`]);
  });
});

describe('an advertised address that a route gives', () => {
  it('is ours when a reply comes back with it, and not for a stranger', async () => {
    const scene = await tmStage(({ tm, core }) => ({
      request(ctx) {
        core.setAdvertisedAddress(ctx, '198.51.100.4');
        core.setAdvertisedPort(ctx, 5_099);
        return tm.relay(ctx);
      },
    }));
    scene.bob.on('*', (request, ua) => {
      const via = request.headers.get('Via') ?? '';
      expect(via).toContain('198.51.100.4:5099');
      const lines = (branch: string) => [
        'SIP/2.0 200 OK',
        `Via: ${branch}`,
        ...request.headers
          .getAll('Via')
          .slice(1)
          .map((value) => `Via: ${value}`),
        ...['From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${request.headers.get(name) ?? ''}`),
        'Content-Length: 0',
        '',
        '',
      ];
      ua.send(lines(via.replace(/branch=.*/, 'branch=z9hG4bKstranger')).join('\r\n'));
      ua.send(lines(via).join('\r\n'));
    });
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['200 OPTIONS']);
    expect(scene.proxy.counters.foreignReplies).toBe(1);
  });
});

describe('forward', () => {
  it('sends the request on without a transaction, its retransmission on the same branch, and replies back', async () => {
    const scene = await tmStage(({ core }) => ({ request: (ctx) => void core.forward(ctx) }));
    scene.bob.on('OPTIONS', (request, ua) => void ua.reply(request, 200));
    const options = scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    scene.alice.send(options);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['200 OPTIONS', '200 OPTIONS']);
    expect(new Set(scene.bob.received().map(({ topVia }) => topVia?.branch)).size).toBe(1);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('carries a whole call, the ACK to a refusal included', async () => {
    const scene = await tmStage(({ core }) => ({ request: (ctx) => void core.forward(ctx) }));
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 486)).on('ACK', () => undefined);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.receivedStatus(486).map((busy) => scene.alice.ackNegative(invite, busy));
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['486 INVITE']);
    expect(heard(scene.bob)).toEqual(['INVITE', 'ACK']);
    expect(scene.bob.received('ACK')[0]?.topVia?.branch).toBe(scene.bob.received('INVITE')[0]?.topVia?.branch);
  });

  it('goes where it is told, and says when it cannot', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(({ core }) => ({
      async request(ctx) {
        outcomes.push(await core.forward(ctx, 'sip:nowhere.invalid'));
        outcomes.push(await core.forward(ctx, CAROL));
      },
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(outcomes).toEqual(['failed', 'forwarded']);
    expect(scene.carol.received()[0]?.uri).toBe(BOB);
  });

  it('is kept back by an onsend route that drops', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(({ core }) => ({
      request: (ctx) => void outcomes.push(core.forward(ctx)),
      onsend: (ctx) => ctx.drop(),
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(outcomes).toEqual(['failed']);
    expect(heard(scene.bob)).toEqual([]);
  });
});

describe('functions of the core', () => {
  it('appendBranch adds a branch', async () => {
    const scene = await tmStage(({ core, tm }) => ({
      request(ctx) {
        core.appendBranch(ctx, CAROL, 500);
        void tm.relay(ctx);
      },
    }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([heard(scene.bob), heard(scene.carol)]).toEqual([['INVITE'], ['INVITE']]);
  });

  it('flags 0 and 31 are set, seen in the onreply route, and reset one by one', async () => {
    const saw: boolean[] = [];
    const scene = await tmStage(({ core, tm }) => ({
      request(ctx) {
        for (const flag of [0, 5, 31]) core.setFlag(ctx, flag);
        core.resetFlag(ctx, 5);
        tm.onReply(ctx, 'look');
        void tm.relay(ctx);
      },
      onreply: { look: (ctx) => void saw.push(...[0, 5, 31].map((flag) => core.isFlagSet(ctx, flag))) },
    }));
    scene.bob.on('OPTIONS', (request, ua) => void ua.reply(request, 200));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(saw).toEqual([true, false, true]);
  });

  it('forceRport sends the reply to the source port though the Via names another', async () => {
    const scene = await tmStage(({ core, sl }) => ({
      request(ctx) {
        if (ctx.message.headers.has('X-Nat')) core.forceRport(ctx);
        sl.reply(ctx, 200);
      },
    }));
    const message = (id: string, extra: string) =>
      [
        'OPTIONS sip:proxy SIP/2.0',
        `Via: SIP/2.0/UDP 10.0.0.2:7777;branch=z9hG4bK${id}`,
        'From: <sip:alice@example.com>;tag=a',
        'To: <sip:proxy>',
        `Call-ID: ${id}`,
        'CSeq: 1 OPTIONS',
        `${extra}Content-Length: 0`,
        '',
        '',
      ].join('\n');
    scene.alice.send(message('one', ''));
    scene.alice.send(message('two', 'X-Nat: yes\n'));
    await scene.sim.run();
    expect(scene.alice.receivedStatus(200).map(({ callId }) => callId)).toEqual(['two']);
    expect(scene.alice.receivedStatus(200)[0]?.topVia?.rport).toBe(5060);
  });
});

describe('a reply to a request whose TCP connection is gone', () => {
  it('goes over a new connection to the port in the Via', async () => {
    const scene = await tmStage(({ tm }) => ({ request: (ctx) => void tm.relay(ctx) }), { alice: 'tcp' });
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.sim.net.resetStreams({ address: '10.0.0.2' });
    await scene.sim.runFor(100);
    scene.bob
      .received('INVITE')
      .slice(0, 1)
      .map((invite) => scene.bob.reply(invite, 200));
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 INVITE']);
  });
});
