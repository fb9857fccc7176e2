/**
 * What a binding costs in memory: 100,000 users register as phones do, each over a message of its own, through the
 * registrar. Run with `node --expose-gc --import tsx test/bench/usrloc-memory.ts`; fails above the limit.
 */
import { RequestContext } from '../../src/engine/context.ts';
import { Exchange } from '../../src/engine/exchange.ts';
import { defineRoutes, type Faces } from '../../src/engine/program.ts';
import { registrar } from '../../src/modules/registrar/registrar.ts';
import { usrloc } from '../../src/modules/usrloc/usrloc.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { Simulator, simulateProxy } from '../../src/testing.ts';

const USERS = 100_000;
const LIMIT_BYTES = 1_200;

const listed = [usrloc, registrar] as const;
const held: Faces<typeof listed>[] = [];
const source = defineRoutes(listed, (modules) => {
  held.push(modules);
  return { request: () => undefined };
});
const sim = new Simulator();
const proxy = await simulateProxy(sim, source, { listen: ['udp:10.0.0.10:5060'] });
const listener = proxy.listeners[0];
const flow = listener && proxy.engine.transport.flowTo('udp', { address: '10.0.0.1', port: 5060 }, { from: listener });
const save = held[0]?.registrar.save;
if (flow === undefined || save === undefined) throw new Error('the proxy did not start');

const before = heap();
for (let i = 0; i < USERS; i++) {
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  const bytes = Buffer.from(
    [
      'REGISTER sip:example.com SIP/2.0',
      `Via: SIP/2.0/UDP ${address}:5060;branch=z9hG4bK${i};rport`,
      `From: <sip:user${i}@example.com>;tag=${i}`,
      `To: <sip:user${i}@example.com>`,
      `Call-ID: ${i.toString(16).padStart(32, '0')}@${address}`,
      'CSeq: 1 REGISTER',
      'Max-Forwards: 70',
      `Contact: <sip:user${i}@${address}:5060;ob>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-${i.toString(16).padStart(12, '0')}>"`,
      'User-Agent: A phone of a kind that many have/1.2.3',
      'Expires: 3600',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
    'latin1',
  );
  const parsed = parseMessage(bytes);
  if (parsed.kind !== 'request') throw new Error('not a request');
  const received = { bytes, flow, at: sim.clock.wall() };
  const outcome = await save(
    new RequestContext({ message: parsed.message, received, exchange: new Exchange() }),
    'location',
    2,
  );
  if (outcome !== 'created') throw new Error(`user ${i}: ${outcome}`);
}
const each = Math.round((heap() - before) / USERS);
process.stdout.write(`${USERS} bindings: ${each} bytes each (limit ${LIMIT_BYTES})\n`);
if (each > LIMIT_BYTES) process.exitCode = 1;

function heap(): number {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
