/** The HEP listener, in the simulator: what it takes, what it survives, what it counts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Collected, HepListener, type HepListenerLimits } from '../../src/collector/listener.ts';
import { encodeHep3, hep3Length } from '../../src/hep/encode.ts';
import { Simulator } from '../../src/testing/simulator.ts';
import type { ListenSpec } from '../../src/transport/listen-address.ts';
import type { Endpoint, Stream } from '../../src/world/world.ts';
import { sample } from '../hep/frames.ts';

const at: Endpoint = { address: '10.0.0.9', port: 9060 };
const both: readonly ListenSpec[] = [
  { transport: 'udp', ...at },
  { transport: 'tcp', ...at },
];
const quiet = { datagram: () => undefined, fault: () => undefined };

function frame(text: string): Buffer {
  const full = { ...sample, payload: Buffer.from(text) };
  const bytes = Buffer.alloc(hep3Length(full));
  encodeHep3(bytes, 0, full);
  return bytes;
}

async function listening(limits: Partial<HepListenerLimits> = {}) {
  const sim = new Simulator();
  const got: Collected[] = [];
  const listener = new HepListener({
    world: sim.host(at.address),
    listen: both,
    packet: (one) => got.push(one),
    limits,
  });
  await listener.start();
  const agent = sim.host('10.0.0.1');
  const texts = (): readonly string[] => got.map(({ packet }) => Buffer.from(packet.payload ?? []).toString());
  const datagram = async (bytes: Uint8Array): Promise<void> => {
    const socket = await agent.net.bindUdp({ address: '10.0.0.1', port: 0 }, quiet);
    socket.send(bytes, at);
    await sim.run();
    socket.close();
  };
  const stream = (): { stream: Stream; closed: () => boolean } => {
    const state = { closed: false };
    const opened = agent.net.connect(
      'tcp',
      at,
      {},
      {
        open: () => undefined,
        data: () => undefined,
        drain: () => undefined,
        closed: () => {
          state.closed = true;
        },
      },
    );
    return { stream: opened, closed: () => state.closed };
  };
  return { sim, got, listener, texts, datagram, stream };
}

describe('the HEP listener', () => {
  it('takes a packet from a datagram, with its agent', async () => {
    const { got, texts, datagram, listener } = await listening();
    await datagram(frame('one'));
    expect(texts()).toEqual(['one']);
    expect(got[0]).toMatchObject({ transport: 'udp', agent: { address: '10.0.0.1' } });
    expect(listener.counters).toMatchObject({ packets: 1, notHep: 0, malformed: 0 });
  });

  it('takes packets from a stream, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400), { maxLength: 6 }), async (cuts) => {
        const { sim, texts, stream } = await listening();
        const bytes = Buffer.concat([frame('one'), frame('two'), frame('three')]);
        const { stream: opened } = stream();
        const ends = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
        for (const [i, from] of ends.slice(0, -1).entries()) {
          opened.write(bytes.subarray(from, ends[i + 1]));
          await sim.run();
        }
        expect(texts()).toEqual(['one', 'two', 'three']);
      }),
      { numRuns: 20 },
    );
  });

  it('survives garbage and counts it', async () => {
    const { texts, datagram, listener } = await listening();
    await datagram(Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n'));
    await datagram(Buffer.from('HEP3\u0000\u0003'));
    await datagram(frame('cut').subarray(0, 30));
    await datagram(frame('good'));
    expect(texts()).toEqual(['good']);
    expect(listener.counters).toMatchObject({ packets: 1, notHep: 1, malformed: 2 });
  });

  it('never throws, whatever a datagram holds', async () => {
    const { datagram, listener, texts } = await listening();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), (bytes) => datagram(bytes)),
      { numRuns: 60 },
    );
    const { packets, notHep, malformed } = listener.counters;
    expect(packets + notHep + malformed).toBeGreaterThanOrEqual(50);
    await datagram(frame('good'));
    expect(texts().at(-1)).toBe('good');
  });

  it('keeps what came before garbage on a stream, and closes it', async () => {
    const { sim, texts, stream, listener } = await listening();
    const one = stream();
    one.stream.write(Buffer.concat([frame('one'), Buffer.from('garbage'), frame('lost')]));
    await sim.run();
    expect(texts()).toEqual(['one']);
    expect(one.closed()).toBe(true);
    expect(listener.counters).toMatchObject({ packets: 1, notHep: 1 });
    expect(listener.connections).toBe(0);
  });

  it('ends the stream that was silent for longest when there is one too many', async () => {
    const { sim, texts, stream, listener } = await listening({ connections: 2 });
    const [first, second] = [stream(), stream()];
    await sim.run();
    await sim.runFor(10);
    first.stream.write(frame('one'));
    await sim.run();
    expect([first.closed(), second.closed(), listener.counters.evicted]).toEqual([false, false, 0]);
    const third = stream();
    third.stream.write(frame('three'));
    await sim.run();
    expect([first.closed(), second.closed(), third.closed()]).toEqual([false, true, false]);
    expect(listener.connections).toBe(2);
    expect(listener.counters.evicted).toBe(1);
    expect(texts()).toEqual(['one', 'three']);
  });

  it('opens all its sockets or none', async () => {
    const { sim } = await listening();
    const world = sim.host(at.address);
    const free: ListenSpec = { transport: 'udp', address: at.address, port: 9061 };
    const second = new HepListener({ world, listen: [free, ...both], packet: () => undefined });
    await expect(second.start()).rejects.toThrow(/^cannot listen on udp:10\.0\.0\.9:9060: the address is in use/);
    const third = new HepListener({ world, listen: [free], packet: () => undefined });
    await third.start();
    expect(third.local).toEqual([{ address: at.address, port: 9061 }]);
  });

  it('hears nothing more once it has stopped', async () => {
    const { sim, texts, datagram, stream, listener } = await listening();
    const one = stream();
    await sim.run();
    listener.stop();
    await datagram(frame('late'));
    expect(texts()).toEqual([]);
    expect(one.closed()).toBe(true);
  });
});
