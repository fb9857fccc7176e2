/** Stateful relaying of whole calls: what each peer receives, message by message. */
import { describe, expect, it } from 'vitest';
import { BOB, CAROL, heard, heardAt, NOTHING_LEFT, PROXY, programOf, type TmModules, tmStage } from './tm-stage.ts';

const relaying = ({ tm }: TmModules) => ({ request: (ctx: Parameters<typeof tm.relay>[0]) => void tm.relay(ctx) });

describe('a call', () => {
  it.each([
    { alice: 'udp', bob: 'udp' },
    { alice: 'tcp', bob: 'tcp' },
    { alice: 'udp', bob: 'tcp' },
    { alice: 'tcp', bob: 'udp' },
  ] as const)('from $alice to $bob is set up, acknowledged and hung up', async ({ alice, bob }) => {
    const scene = await tmStage(relaying, { alice, bob });
    scene.bob.acceptCalls();
    scene.alice.invite(bob === 'tcp' ? `${BOB};transport=tcp` : BOB);
    await scene.sim.runFor(100);
    scene.alice.ack2xx();
    await scene.sim.runFor(100);
    scene.alice.bye();
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE', '200 INVITE', '200 BYE']);
    expect(heard(scene.bob)).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('leaves with our Via on top and comes back without it', async () => {
    const scene = await tmStage(relaying);
    scene.bob.acceptCalls();
    const sent = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const [invite] = scene.bob.received('INVITE');
    const [ok] = scene.alice.receivedStatus(200);
    expect(invite?.vias.map(({ host }) => host)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(invite?.topVia?.branch).toMatch(/^z9hG4bKvd\./);
    expect(ok?.vias.map(({ branch }) => branch)).toEqual([sent.topVia?.branch]);
  });

  it('takes no reply of who has guessed our count and not our random bytes, or names another method', async () => {
    const scene = await tmStage(relaying);
    scene.bob.on('INVITE', (request, ua) => {
      // With our address a reply that finds no transaction is passed on all the same (RFC 3261 16.7).
      const via = (request.headers.get('Via') ?? '').replace('10.0.0.1', '192.0.2.1');
      const branch = request.topVia?.branch ?? '';
      const reply = (ourVia: string, cseq: string): string =>
        [
          'SIP/2.0 603 Decline',
          ...[ourVia, ...request.headers.getAll('Via').slice(1)].map((value) => `Via: ${value}`),
          ...['From', 'To', 'Call-ID'].map((name) => `${name}: ${request.headers.get(name) ?? ''}`),
          `CSeq: ${cseq}\r\n\r\n`,
        ].join('\r\n');
      // The count and the index stand at the end.
      for (let length = 1; length < branch.length; length++) {
        for (const before of ['', 'C', ' '])
          ua.send(reply(via.replace(branch, before + branch.slice(-length)), '1 INVITE'));
      }
      ua.send(reply(via, '1 CANCEL'));
      ua.send(reply(via, '1 BYE'));
      ua.reply(request, 200);
    });
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 INVITE']);
  });

  it('gets the reason phrase of auto_inv_100, and no 100 with auto_inv_100 off', async () => {
    const scene = await tmStage(relaying);
    scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    expect(scene.alice.lines()).toEqual(['100 trying -- your call is important to us (INVITE)']);
    const silent = await tmStage(relaying, { tm: { auto_inv_100: 'off' } });
    silent.alice.invite(BOB);
    await silent.sim.runFor(10);
    expect(silent.alice.lines()).toEqual([]);
  });

  it('does not pass on the 100 of the callee', async () => {
    const scene = await tmStage(relaying);
    scene.bob.acceptCalls([100, 180]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE']);
  });

  it('ends a refused call with an ACK of ours to the callee, and absorbs that of the caller', async () => {
    const scene = await tmStage(relaying);
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const [busy] = scene.alice.receivedStatus(486);
    if (busy !== undefined) scene.alice.ackNegative(invite, busy);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['100 INVITE', '486 INVITE']);
    expect(heard(scene.bob)).toEqual(['INVITE', 'ACK']);
    const [relayed] = scene.bob.received('INVITE');
    const [ack] = scene.bob.received('ACK');
    expect(ack?.topVia?.branch).toBe(relayed?.topVia?.branch);
    expect(ack?.toTag).toBe(busy?.toTag);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('retransmission', () => {
  it('of the INVITE by the caller is absorbed and answered with the last provisional reply', async () => {
    const scene = await tmStage(relaying);
    scene.bob.acceptCalls([180]);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    scene.alice.send(invite);
    await scene.sim.runFor(10);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE', '180 INVITE']);
    expect(heard(scene.bob)).toEqual(['INVITE']);
  });

  it('of an INVITE by us doubles from T1 until the first reply, at most for fr_timer', async () => {
    const scene = await tmStage(relaying);
    scene.alice.invite(BOB);
    await scene.sim.runFor(31_000);
    expect(heardAt(scene.bob)).toEqual([
      '2 INVITE',
      '502 INVITE',
      '1502 INVITE',
      '3502 INVITE',
      '7502 INVITE',
      '15502 INVITE',
    ]);
    const stopped = await tmStage(relaying);
    stopped.alice.invite(BOB);
    await stopped.sim.runFor(600);
    stopped.bob
      .received('INVITE')
      .slice(0, 1)
      .map((invite) => stopped.bob.reply(invite, 100));
    await stopped.sim.runFor(20_000);
    expect(heardAt(stopped.bob)).toEqual(['2 INVITE', '502 INVITE']);
  });

  it('of another request by us doubles up to T2, and goes on with T2 after a provisional reply', async () => {
    const scene = await tmStage(relaying, { tm: { fr_timer: 12_000 } });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(20_000);
    expect(heardAt(scene.bob)).toEqual([
      '2 MESSAGE',
      '502 MESSAGE',
      '1502 MESSAGE',
      '3502 MESSAGE',
      '7502 MESSAGE',
      '11502 MESSAGE',
    ]);
  });

  it('is not done over TCP', async () => {
    const scene = await tmStage(relaying, { bob: 'tcp' });
    scene.alice.invite(`${BOB};transport=tcp`);
    await scene.sim.runFor(31_000);
    expect(heard(scene.bob)).toEqual(['INVITE']);
  });

  it('of a 2xx by the callee reaches the caller each time', async () => {
    const scene = await tmStage(relaying);
    scene.bob.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    const [invite] = scene.bob.received('INVITE');
    if (invite !== undefined) for (const _ of [1, 2]) scene.bob.reply(invite, 200);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 INVITE', '200 INVITE', '200 INVITE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('of a negative reply by the callee gets the same ACK again and is not relayed', async () => {
    const scene = await tmStage(relaying);
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 404));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    const [missing] = scene.alice.receivedStatus(404);
    if (missing !== undefined) scene.alice.ackNegative(invite, missing);
    scene.bob.received('INVITE').map((request) => scene.bob.reply(request, 404));
    await scene.sim.runFor(10);
    expect(heard(scene.bob)).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '404 INVITE']);
  });

  it('of our negative reply doubles from T1 to T2 until the ACK', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.newTransaction(ctx);
        tm.reply(ctx, 486);
      },
    }));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(8_000);
    const [busy] = scene.alice.receivedStatus(486);
    if (busy !== undefined) scene.alice.ackNegative(invite, busy);
    await scene.sim.run();
    expect(heardAt(scene.alice)).toEqual([
      '2 486 INVITE',
      '502 486 INVITE',
      '1502 486 INVITE',
      '3502 486 INVITE',
      '7502 486 INVITE',
    ]);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('of a request whose route still waits does not start a second transaction', async () => {
    const waits: (() => void)[] = [];
    const scene = await tmStage(({ tm, sl }) => ({
      async request(ctx) {
        await new Promise<void>((resolve) => waits.push(resolve));
        if ((await tm.relay(ctx)) === 'failed') sl.reply(ctx, 500);
      },
    }));
    scene.bob.acceptCalls([180]);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(500);
    scene.alice.send(invite);
    await scene.sim.runFor(500);
    for (const go of waits) go();
    await scene.sim.runFor(100);
    expect(waits).toHaveLength(2);
    expect(heard(scene.bob)).toEqual(['INVITE']);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE']);
  });
});

describe('a request that comes twice', () => {
  it('by two ways is answered with 482 the second time', async () => {
    const scene = await tmStage(relaying);
    const invite = scene.alice.invite(BOB);
    const other = invite.fork();
    other.headers.replaceFirstValue('Via', 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKotherway');
    scene.alice.send(other);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '482 INVITE']);
    expect(heard(scene.bob)).toEqual(['INVITE']);
  });

  it('as a spiral through us is relayed twice', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        if (ctx.message.vias.length === 1) ctx.destination.uri = `sip:${PROXY.address}:${PROXY.port}`;
        void tm.relay(ctx);
      },
    }));
    scene.bob.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(scene.bob.received('INVITE').map(({ vias }) => vias.length)).toEqual([3]);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 INVITE']);
  });

  it('after it was refused, with the same CSeq number, is a new one', async () => {
    const scene = await tmStage(relaying);
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 503));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const again = invite.fork();
    again.headers.replaceFirstValue('Via', 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKagain');
    scene.alice.send(again);
    await scene.sim.runFor(100);
    expect(heard(scene.bob).filter((what) => what === 'INVITE')).toHaveLength(2);
    expect(scene.alice.receivedStatus(482)).toEqual([]);
  });

  it('is merged only where detect_merged is on', async () => {
    const scene = await tmStage(relaying, { tm: { detect_merged: 'off' } });
    const invite = scene.alice.invite(BOB);
    const other = invite.fork();
    other.headers.replaceFirstValue('Via', 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKotherway');
    scene.alice.send(other);
    await scene.sim.runFor(100);
    expect(heard(scene.bob)).toEqual(['INVITE', 'INVITE']);
  });
});

describe('a peer of RFC 2543, without magic cookie', () => {
  const rewriting = ({ tm }: TmModules) => ({
    request(ctx: Parameters<typeof tm.relay>[0]) {
      if (ctx.message.method !== 'ACK') ctx.message.uri = BOB;
      void tm.relay(ctx);
    },
  });

  it('has its retransmission, CANCEL and ACK matched though the route rewrote the Request-URI', async () => {
    const scene = await tmStage(rewriting);
    scene.bob.acceptCalls([180]);
    const message = (method: string, to: string) =>
      [
        `${method} sip:someone@example.com SIP/2.0`,
        'Via: SIP/2.0/UDP 10.0.0.2:5060;branch=1',
        'From: <sip:alice@example.com>;tag=a',
        `To: ${to}`,
        'Call-ID: old@10.0.0.2',
        `CSeq: 1 ${method}`,
        'Content-Length: 0',
        '',
        '',
      ].join('\n');
    scene.alice.send(message('INVITE', '<sip:someone@example.com>'));
    await scene.sim.runFor(100);
    scene.alice.send(message('INVITE', '<sip:someone@example.com>'));
    await scene.sim.runFor(100);
    scene.alice.send(message('CANCEL', '<sip:someone@example.com>'));
    await scene.sim.runFor(100);
    const [ended] = scene.alice.receivedStatus(487);
    scene.alice.send(message('ACK', ended?.headers.get('To') ?? ''));
    await scene.sim.run();
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE', '180 INVITE', '200 CANCEL', '487 INVITE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('limits', () => {
  it('transactions: one more than allowed gets 503 and Retry-After, without a transaction', async () => {
    const scene = await tmStage(relaying, { tm: { transactions: 2 } });
    for (const uri of [BOB, BOB, CAROL]) scene.alice.invite(uri);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '100 INVITE', '503 INVITE']);
    expect(scene.alice.receivedStatus(503)[0]?.headers.get('Retry-After')).toBe('5');
    expect(scene.leftovers()).toMatchObject({ current: 2, branches: 2 });
  });
});

describe('a reload in the middle of a call', () => {
  it('leaves the call to the failure route of the program it was born in', async () => {
    const program = (status: number) =>
      programOf(({ tm }) => ({
        request(ctx) {
          tm.onFailure(ctx, 'busy');
          void tm.relay(ctx);
        },
        failure: { busy: (ctx) => void tm.reply(ctx, status) },
      }));
    const scene = await tmStage(relaying);
    await scene.proxy.reload(program(480));
    scene.bob.on('INVITE', () => undefined);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    await scene.proxy.reload(program(481));
    scene.bob.received('INVITE').map((invite) => scene.bob.reply(invite, 486));
    scene.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 486));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '480 INVITE', '100 INVITE', '481 INVITE']);
  });
});
