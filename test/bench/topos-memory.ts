/**
 * What a hidden dialog costs in memory: 100,000 calls are opened and answered through the screen of topos, each over
 * messages of its own. Run with `node --expose-gc --import tsx test/bench/topos-memory.ts`; fails above the limit.
 */
import { RequestContext } from '../../src/engine/context.ts';
import { Exchange } from '../../src/engine/exchange.ts';
import { stampRequest } from '../../src/engine/hop-by-hop.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { topos } from '../../src/modules/topos/topos.ts';
import { buildReply } from '../../src/sip/reply.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { Simulator, simulateProxy } from '../../src/testing.ts';

const DIALOGS = 100_000;
const LIMIT_BYTES = 4_096;

const source = defineRoutes([topos], () => ({ request: () => undefined }));
const sim = new Simulator();
const proxy = await simulateProxy(sim, source, { listen: ['udp:10.0.0.10:5060'] });
const { engine } = proxy;
const [listener] = proxy.listeners;
const flow = listener && engine.transport.flowTo('udp', { address: '10.0.0.1', port: 5060 }, { from: listener });
const { screen } = engine;
if (flow === undefined || screen === undefined) throw new Error('the proxy did not start');

const before = heap();
for (let i = 0; i < DIALOGS; i++) {
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  const text = [
    'INVITE sip:bob@10.9.0.1 SIP/2.0',
    `Via: SIP/2.0/UDP ${address}:5060;branch=z9hG4bK-524287-1---${i.toString(16).padStart(16, '0')};rport`,
    `Via: SIP/2.0/UDP 192.168.1.100:5060;branch=z9hG4bK${i};received=192.168.1.100`,
    `Record-Route: <sip:${address};lr;ftag=${i}>`,
    `From: <sip:user${i}@example.com>;tag=${i}`,
    'To: <sip:bob@example.com>',
    `Call-ID: ${i.toString(16).padStart(32, '0')}@${address}`,
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    `Contact: <sip:user${i}@${address}:5060;ob>`,
    ...['User-Agent: A phone of a kind that many have/1.2.3', 'Content-Length: 0', '', ''],
  ];
  const bytes = Buffer.from(text.join('\r\n'), 'latin1');
  const parsed = parseMessage(bytes);
  if (parsed.kind !== 'request') throw new Error('not a request');
  const received = { bytes, flow, at: sim.clock.wall() };
  const admission = await screen.request(parsed.message, received, false);
  const exchange = new Exchange();
  const ctx = new RequestContext({ message: parsed.message, received, exchange });
  if (admission.kind !== 'enter') throw new Error(`call ${i} was refused`);
  ctx.state.passage = admission.passage;
  const copy = parsed.message.fork();
  stampRequest(ctx, copy, flow, engine.branches.branch(engine.branches.nextId(), 0));
  const headers = [
    ['Contact', `<sip:bob${i}@10.9.0.1:5060>`],
    ['Record-Route', '<sip:10.9.0.1;lr>'],
  ] as const;
  const answer = parseMessage(buildReply(copy, 200, 'OK', { toTag: `b${i}`, headers }).serialize());
  if (answer.kind !== 'response') throw new Error('not a response');
  await screen.response(answer.message, received, exchange);
  screen.relay(answer.message, { exchange, branch: copy.topVia?.branch, to: flow });
}
const each = Math.round((heap() - before) / DIALOGS);
process.stdout.write(`${DIALOGS} hidden dialogs: ${each} bytes each (limit ${LIMIT_BYTES})\n`);
if (each > LIMIT_BYTES) process.exitCode = 1;

function heap(): number {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
