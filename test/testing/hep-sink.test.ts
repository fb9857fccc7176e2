/** The HEP sink: what it shows, how it closes, and how slow it can be. */
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeHep3, hep3Length } from '../../src/hep/encode.ts';
import type { HepFrame } from '../../src/hep/packet.ts';
import { HepSink } from '../../src/testing/hep-sink.ts';
import { Simulator } from '../../src/testing/simulator.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import type { Stream, StreamEvents } from '../../src/world/world.ts';

const local = { address: '10.0.0.9', port: 9060 };
let sim: Simulator;
let sink: HepSink;
beforeEach(async () => {
  sim = new Simulator({ seed: 1 });
  sink = await HepSink.start({ world: sim.host('10.0.0.9'), local });
});

function frame(payload: string, correlationId?: string): Buffer {
  const content: HepFrame = {
    protocol: 17,
    sourceAddress: '10.0.0.1',
    sourcePort: 5060,
    destinationAddress: '10.0.0.2',
    destinationPort: 5061,
    at: sim.clock.wall(),
    type: 1,
    captureId: 7,
    correlationId,
    authKey: undefined,
    nodeName: undefined,
    payload: Buffer.from(payload, 'latin1'),
  };
  const bytes = Buffer.alloc(hep3Length(content));
  encodeHep3(bytes, 0, content);
  return bytes;
}

const invite = 'INVITE sip:bob@example.com SIP/2.0\r\nCall-ID: 1\r\n\r\n';
const denied = 'SIP/2.0 407 Proxy Authentication Required\r\nCall-ID: 1\r\n\r\n\xff\0';

async function sendUdp(...messages: readonly Buffer[]): Promise<void> {
  const on = { datagram: () => undefined, fault: () => undefined };
  const socket = await sim.host('10.0.0.1').net.bindUdp({ address: '10.0.0.1', port: 0 }, on);
  for (const message of messages) socket.send(message, local);
  await sim.run();
  socket.close();
}

function connect(closed: StreamEvents['closed'] = () => undefined): Stream {
  const on = { open: () => undefined, data: () => undefined, drain: () => undefined, closed };
  return sim.host('10.0.0.1').net.connect('tcp', local, {}, on);
}

const inviteLine = '10.0.0.1:5060 > 10.0.0.2:5061 INVITE sip:bob@example.com';
const deniedLine = '10.0.0.1:5060 > 10.0.0.2:5061 407 Proxy Authentication Required';

describe('over UDP', () => {
  it('shows each frame as a line, in order', async () => {
    await sendUdp(frame(invite), frame(denied));
    expect(sink.lines()).toEqual([inviteLine, deniedLine]);
  });

  it('keeps addresses, capture time, correlation and the bytes of the payload', async () => {
    const wall = sim.clock.wall() + 1;
    await sendUdp(frame(denied, 'call-1'));
    expect(sink.frames[0]).toMatchObject({
      over: 'udp',
      heardAt: 1,
      source: { address: '10.0.0.1', port: 5060 },
      destination: { address: '10.0.0.2', port: 5061 },
      at: wall,
      correlationId: 'call-1',
      payload: denied,
      firstLine: 'SIP/2.0 407 Proxy Authentication Required',
    });
  });

  it('puts aside what is no HEP', async () => {
    await sendUdp(Buffer.from(invite), frame(invite));
    expect([sink.others.map(String), sink.lines()]).toEqual([[invite], [inviteLine]]);
    sink.forget();
    expect([sink.others, sink.frames]).toEqual([[], []]);
  });
});

describe('over TCP', () => {
  it('finds the frames however the stream is cut', async () => {
    sim.net.setLink({ segment: true });
    const stream = connect();
    for (let i = 0; i < 25; i++) stream.write(Buffer.concat([frame(invite), frame(denied)]));
    await sim.run();
    expect(sink.lines()).toEqual(Array.from({ length: 25 }, () => [inviteLine, deniedLine]).flat());
    expect([sink.frames[0]?.over, sink.connections]).toEqual(['tcp', 1]);
  });

  it('ends a connection that carries no HEP', async () => {
    const ends: string[] = [];
    connect(() => ends.push('closed')).write(Buffer.from('INVITE'));
    await sim.run();
    expect([ends, sink.others.map(String)]).toEqual([['closed'], ['INVITE']]);
  });

  it('can be made slow, and hears all of it later', async () => {
    const stream = connect();
    sim.net.pauseReading(sink.local);
    const big = frame(`${invite}${'x'.repeat(50_000)}`);
    for (let i = 0; i < 4; i++) stream.write(big);
    await sim.run();
    expect([stream.buffered > 100_000, sink.frames.length]).toEqual([true, 0]);
    sim.net.resumeReading(sink.local);
    await sim.run();
    expect([stream.buffered, sink.frames.length]).toEqual([0, 4]);
  });

  it('refuses while closed and hears again when reopened', async () => {
    const ends: (string | undefined)[] = [];
    connect((fault) => ends.push(fault?.code));
    await sim.run();
    sink.close();
    connect((fault) => ends.push(fault?.code));
    await sendUdp(frame(invite));
    expect([ends, sink.frames]).toEqual([[undefined, 'ECONNREFUSED'], []]);
    await sink.reopen();
    connect().write(frame(denied));
    await sendUdp(frame(invite));
    expect(sink.lines().toSorted()).toEqual([deniedLine, inviteLine].toSorted());
    expect(sink.local).toEqual(local);
  });
});

it('hears both transports on one port over real sockets', async () => {
  const world = nodeWorld();
  const real = await HepSink.start({ world, local: { address: '127.0.0.1', port: 0 } });
  const on = { datagram: () => undefined, fault: () => undefined };
  const socket = await world.net.connectUdp(real.local, undefined, on);
  socket.send(frame(invite), real.local);
  await real.until(() => real.frames.length === 1);
  const idle = { open: () => undefined, data: () => undefined, drain: () => undefined, closed: () => undefined };
  const stream = world.net.connect('tcp', real.local, {}, idle);
  stream.write(frame(denied));
  await real.until(() => real.frames.length === 2);
  stream.destroy();
  socket.close();
  real.close();
  expect([real.lines(), real.frames.map(({ over }) => over)]).toEqual([
    [inviteLine, deniedLine],
    ['udp', 'tcp'],
  ]);
});
