/** Whatever a peer sends is a value to handle: mutated messages through a whole proxy throw nothing and leave nothing behind. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { use } from '../../src/engine/module.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { auth, maxfwd, rr, sanity, siptrace, siputils, sl, textops, tm } from '../../src/index.ts';
import { Simulator, simulateProxy } from '../../src/testing.ts';

const PROXY = { address: '10.0.0.1', port: 5060 };
const PEER = { address: '10.0.0.2', port: 5060 };

const routes = defineRoutes(
  [tm, sl, rr, maxfwd, sanity, siputils, textops, use(auth, { credentials: ['alice:wonderland'] }), siptrace],
  (m) => ({
    request(ctx) {
      m.siptrace.trace(ctx, { to: 'sip:10.0.9.1:9060;correlation=callid;mask=1', scope: 'transaction' });
      if (m.sanity.check(ctx) !== 'passed') return;
      if (m.maxfwd.process(ctx, 70) === 'exhausted') return m.sl.reply(ctx, 483);
      if (m.siputils.hasTotag(ctx)) return m.rr.looseRoute(ctx) === 'routed' ? m.tm.relay(ctx) : m.sl.reply(ctx, 404);
      if (ctx.message.method === 'INVITE' && m.auth.proxyAuthenticate(ctx) !== 'ok') m.auth.proxyChallenge(ctx);
      // No return above: relaying what was answered already is a slip that scripts make.
      m.rr.recordRoute(ctx);
      m.textops.search(ctx, 'evil.*bytes');
      return m.tm.relay(ctx);
    },
  }),
);

const seeds = [
  `INVITE sip:bob@10.0.0.2:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa;rport\r\nMax-Forwards: 70\r\nFrom: "A" <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@10.0.0.2>\r\nProxy-Authorization: Digest username="alice", realm="example.com", nonce="x", uri="sip:b", response="00"\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n`,
  `BYE sip:bob@10.0.0.2:5070;lr SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb\r\nf: <sip:a@h>;tag=1\r\nt: <sip:b@h>;tag=2\r\ni: c2\r\nCSeq: 2 BYE\r\nRoute: <sip:10.0.0.1;lr;r2=on>,<sip:10.0.0.1;transport=tcp;lr>, <sip:10.0.0.2:5071>\r\nl: 0\r\n\r\n`,
  `CANCEL sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c1\r\nCSeq: 1 CANCEL\r\n\r\n`,
  `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKvd.0.0.x.0, SIP/2.0/TCP h;branch=z9hG4bKq\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n`,
  `ACK sip:[::1]:99999 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKc;received=x;rport=1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=vs0000000\r\nCall-ID: c1\r\nCSeq: 1 ACK\r\n\r\n`,
].map((text) => Buffer.from(text, 'latin1'));

const junk = [
  '\0',
  '\r\n',
  '"',
  '<',
  '>',
  ';',
  ',',
  ':',
  '@',
  '%',
  '[',
  '\u00ff',
  ' ',
  '99999999999',
  ';lr;r2=on',
  '=',
  '\r\n ',
];

interface Change {
  readonly at: number;
  readonly cut: number;
  readonly put: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(700),
  cut: fc.nat(12),
  put: fc.oneof(fc.constantFrom(...junk), fc.string({ maxLength: 6 })),
});

function mutated(seed: Buffer, changes: readonly Change[]): Buffer {
  let text = seed.toString('latin1');
  for (const { at, cut, put } of changes) {
    const from = at % (text.length + 1);
    text = text.slice(0, from) + put + text.slice(from + cut);
  }
  return Buffer.from(text, 'latin1');
}

it('survives mutated messages: nothing is thrown, and the next good request is answered', async () => {
  const sim = new Simulator({ seed: 1 });
  const errors: string[] = [];
  const log = { write: (level: string, message: string) => void (level === 'error' && errors.push(message)) };
  const proxy = await simulateProxy(sim, routes, { listen: ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060'], log });
  const peer = await sim.host(PEER.address).net.bindUdp(PEER, { datagram: () => undefined, fault: () => undefined });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...seeds),
      fc.array(change, { minLength: 1, maxLength: 5 }),
      async (seed, changes) => {
        peer.send(mutated(seed, changes), PROXY);
        await sim.runFor(5);
        expect(errors).toEqual([]);
        expect(proxy.counters.routeErrors).toBe(0);
      },
    ),
    { numRuns: 4000 },
  );
  await sim.runFor(400_000);
  expect(proxy.program.rpc.get('tm.stats')?.([])).toMatchObject({ current: 0, branches: 0 });
  const before = sim.wire.entries.length;
  peer.send(Buffer.from(seeds[0]?.toString('latin1').replace('Call-ID: c1', 'Call-ID: last') ?? ''), PROXY);
  await sim.runFor(5);
  const replies = sim.wire.entries.slice(before).filter(({ source }) => source.address === PROXY.address);
  expect(replies.some(({ bytes }) => bytes.toString('latin1').startsWith('SIP/2.0 407'))).toBe(true);
});
