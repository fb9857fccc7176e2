/** Simulated TCP and TLS: opening, order of bytes, back-pressure, endings good and bad. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Simulator } from '../../src/testing/simulator.ts';
import type { Endpoint, SocketFault, Stream, StreamEvents, StreamListener } from '../../src/world/world.ts';

const server: Endpoint = { address: '10.0.0.2', port: 5060 };
let sim: Simulator;
beforeEach(() => {
  sim = new Simulator({ seed: 1 });
});

/** Writes down what it is told. */
class End implements StreamEvents {
  readonly log: string[] = [];
  readonly pieces: Buffer[] = [];
  fault: SocketFault | undefined;

  open(): void {
    this.log.push('open');
  }

  data(bytes: Buffer): void {
    this.pieces.push(bytes);
  }

  drain(): void {
    this.log.push('drain');
  }

  closed(fault: SocketFault | undefined): void {
    this.fault = fault;
    this.log.push(`closed ${fault?.code ?? 'in order'}`);
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString('latin1');
  }
}

class Accepting {
  readonly ends: { stream: Stream; events: End }[] = [];

  connection(stream: Stream): StreamEvents {
    const events = new End();
    this.ends.push({ stream, events });
    return events;
  }

  fault(): void {}
}

async function listening(
  kind: 'tcp' | 'tls' = 'tcp',
  within = sim,
): Promise<{ accepted: Accepting; listener: StreamListener }> {
  const accepted = new Accepting();
  return { accepted, listener: await within.world.net.listen(kind, server, undefined, accepted) };
}

function connect(kind: 'tcp' | 'tls' = 'tcp', remote = server, within = sim): { stream: Stream; events: End } {
  const events = new End();
  return { stream: within.world.net.connect(kind, remote, {}, events), events };
}

async function pair(): Promise<{ a: { stream: Stream; events: End }; b: { stream: Stream; events: End } }> {
  const { accepted } = await listening();
  const a = connect();
  await sim.run();
  const b = accepted.ends[0];
  if (b === undefined) throw new Error('not connected');
  return { a, b };
}

describe('connecting', () => {
  it.each([
    ['tcp', 2],
    ['tls', 4],
  ] as const)('opens %s after its round trips and keeps what was written before', async (kind, openAt) => {
    const { accepted } = await listening(kind);
    const { stream, events } = connect(kind);
    stream.write(Buffer.from('early'));
    expect(stream.buffered).toBe(5);
    await sim.runUntil(() => events.log.includes('open'));
    expect(sim.clock.now()).toBe(openAt);
    await sim.run();
    const [b] = accepted.ends;
    expect([b?.events.text, b?.events.log, stream.buffered]).toEqual(['early', ['open'], 0]);
    expect([b?.stream.local, b?.stream.remote]).toEqual([stream.remote, stream.local]);
  });

  it.each([
    ['nobody listens', 'tcp', undefined, 'ECONNREFUSED', 'peer'],
    ['TLS meets TCP', 'tls', 'tcp', 'ERR_SSL_WRONG_VERSION_NUMBER', 'peer'],
    ['TCP meets TLS', 'tcp', 'tls', 'ECONNRESET', 'peer'],
  ] as const)('fails when %s', async (_, client, offered, code, by) => {
    if (offered !== undefined) await listening(offered);
    const { stream, events } = connect(client);
    stream.write(Buffer.from('lost'));
    await sim.run();
    expect(events.log).toEqual([`closed ${code}`]);
    expect([events.fault?.by, stream.buffered, sim.net.streams]).toEqual([by, 0, []]);
  });

  it('fails with a fault, not an exception, when the remote is a name', async () => {
    const { events } = connect('tcp', { address: 'example.com', port: 5060 });
    expect(events.log).toEqual([]);
    await sim.run();
    expect(events.log).toEqual(['closed EINVAL']);
  });

  it('gives up after 127 s when the host is silent', async () => {
    await listening();
    sim.net.partition(server.address);
    const { events } = connect();
    await sim.run();
    expect([events.log, sim.clock.now()]).toEqual([['closed ETIMEDOUT'], 127_000]);
  });

  it('gets through when the host comes back in time', async () => {
    await listening();
    sim.net.partition(server.address);
    const { events } = connect();
    await sim.runFor(2500);
    sim.net.heal(server.address);
    await sim.run();
    expect([events.log, sim.clock.now()]).toEqual([['open'], 3003]);
  });

  it('shares the ports of TCP and TLS, and lets a closed listener keep its connections', async () => {
    const { accepted, listener } = await listening('tcp');
    await expect(listening('tls')).rejects.toMatchObject({ fault: { code: 'EADDRINUSE' } });
    const { stream } = connect();
    await sim.run();
    listener.close();
    stream.write(Buffer.from('still here'));
    const late = connect();
    await sim.run();
    expect([accepted.ends[0]?.events.text, late.events.log]).toEqual(['still here', ['closed ECONNREFUSED']]);
    await listening('tls');
  });

  it('never opens a connection that was destroyed on the way', async () => {
    const { accepted } = await listening();
    const { stream, events } = connect();
    stream.destroy();
    await sim.run();
    expect([events.log, accepted.ends]).toEqual([['closed in order'], []]);
  });
});

describe('bytes', () => {
  it('arrive in order and complete however the stream is cut, in both directions', async () => {
    const writes = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.nat(), writes, async (seed, chunks) => {
        const own = new Simulator({ seed });
        own.net.setLink({ segment: true, latencyMs: seed % 3 });
        const { accepted } = await listening('tcp', own);
        const a = connect('tcp', server, own);
        for (const chunk of chunks) a.stream.write(chunk);
        await own.run();
        const b = accepted.ends[0];
        for (const chunk of chunks) b?.stream.write(chunk);
        await own.run();
        const expected = Buffer.concat(chunks).toString('latin1');
        expect(b?.events.text).toBe(expected);
        expect(a.events.text).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('come one piece a write when the line does not cut', async () => {
    const { a, b } = await pair();
    a.stream.write(Buffer.from('one'));
    a.stream.write(Buffer.from('two'));
    await sim.run();
    expect(b.events.pieces.map(String)).toEqual(['one', 'two']);
  });

  it('are cut inside writes and joined across them when the line cuts', async () => {
    const { a, b } = await pair();
    sim.net.setLink({ segment: true });
    for (let i = 0; i < 50; i++) a.stream.write(Buffer.from('0123456789'));
    await sim.run();
    const sizes = b.events.pieces.map(({ length }) => length);
    expect(sizes.some((size) => size % 10 !== 0)).toBe(true);
    expect(sizes.some((size) => size > 10)).toBe(true);
  });

  it('pile up at the writer while the reader is paused, and drain when it reads on', async () => {
    const { a, b } = await pair();
    sim.net.pauseReading(server);
    for (let i = 0; i < 10; i++) a.stream.write(Buffer.alloc(10_000));
    await sim.run();
    expect([a.stream.buffered, b.events.text.length, a.events.log]).toEqual([100_000 - 65_536, 0, ['open']]);
    sim.net.resumeReading(server);
    await sim.run();
    expect([a.stream.buffered, b.events.text.length, a.events.log]).toEqual([0, 100_000, ['open', 'drain']]);
  });

  it('wait in flight while a host is cut off and arrive when it is back', async () => {
    const { a, b } = await pair();
    sim.net.partition('10.0.0.2');
    a.stream.write(Buffer.from('late'));
    await sim.runFor(10_000);
    expect(b.events.text).toBe('');
    sim.net.heal('10.0.0.2');
    await sim.run();
    expect(b.events.text).toBe('late');
  });
});

describe('endings', () => {
  it('flushes before an orderly end and closes both sides once', async () => {
    const { a, b } = await pair();
    a.stream.write(Buffer.alloc(200_000));
    a.stream.end();
    a.stream.write(Buffer.from('too late'));
    a.stream.end();
    await sim.run();
    expect(b.events.text.length).toBe(200_000);
    expect([a.events.log.at(-1), b.events.log]).toEqual(['closed in order', ['open', 'closed in order']]);
    expect([a.events.log.filter((line) => line.startsWith('closed')).length, sim.net.streams]).toEqual([1, []]);
  });

  it('sends what was written before the connection opened even when ended at once', async () => {
    const { accepted } = await listening();
    const { stream, events } = connect();
    stream.write(Buffer.from('bye'));
    stream.end();
    await sim.run();
    expect(accepted.ends[0]?.events.text).toBe('bye');
    expect(events.log.at(-1)).toBe('closed in order');
  });

  it('lets the other side flush its answer before it closes', async () => {
    const { a, b } = await pair();
    b.stream.write(Buffer.from('answer'));
    a.stream.end();
    await sim.run();
    expect([a.events.text, a.events.log.at(-1), b.events.log.at(-1)]).toEqual([
      'answer',
      'closed in order',
      'closed in order',
    ]);
  });

  it('closes at once when destroyed, drops what was buffered, and tells the peer', async () => {
    const { a, b } = await pair();
    sim.net.pauseReading(server);
    a.stream.write(Buffer.alloc(100_000));
    a.stream.destroy();
    expect(a.stream.buffered).toBe(0);
    expect(a.events.log).toEqual(['open']);
    sim.net.resumeReading(server);
    await sim.run();
    expect([a.events.log.at(-1), b.events.log.at(-1), b.events.text.length]).toEqual([
      'closed in order',
      'closed in order',
      65_536,
    ]);
  });

  it('tells both ends of a reset, and nothing after it', async () => {
    const { a, b } = await pair();
    a.stream.write(Buffer.from('in flight'));
    sim.net.resetStreams({ address: server.address });
    a.stream.write(Buffer.from('after'));
    await sim.run();
    expect([a.events.log, b.events.log]).toEqual([
      ['open', 'closed ECONNRESET'],
      ['open', 'closed ECONNRESET'],
    ]);
    expect([b.events.text, a.events.fault?.by]).toEqual(['', 'peer']);
  });

  it('resets connections that the listener has not seen yet', async () => {
    const { accepted } = await listening();
    const { events } = connect();
    await sim.runUntil(() => events.log.length > 0);
    sim.net.resetStreams(server);
    await sim.run();
    expect([events.log, accepted.ends]).toEqual([['open', 'closed ECONNRESET'], []]);
  });
});
