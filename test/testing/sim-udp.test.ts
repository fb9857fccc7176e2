/** Simulated UDP: who hears what, what gets lost, and how the system complains. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Simulator } from '../../src/testing/simulator.ts';
import type { Endpoint, SocketFault, UdpEvents, UdpSocket, World } from '../../src/world/world.ts';

let sim: Simulator;
beforeEach(() => {
  sim = new Simulator({ seed: 1 });
});

const at = (address: string, port = 5060): Endpoint => ({ address, port });

class Box implements UdpEvents {
  readonly heard: string[] = [];
  readonly from: Endpoint[] = [];
  readonly faults: { code: string; by: SocketFault['by']; remote: Endpoint | undefined }[] = [];

  datagram(bytes: Buffer, remote: Endpoint): void {
    this.heard.push(bytes.toString());
    this.from.push(remote);
  }

  fault({ code, by }: SocketFault, remote: Endpoint | undefined): void {
    this.faults.push({ code, by, remote });
  }
}

const bind = (world: World, endpoint: Endpoint, box = new Box()): Promise<UdpSocket> =>
  world.net.bindUdp(endpoint, box);

describe('delivery', () => {
  it('carries a datagram to the bound socket after the latency, with the real source', async () => {
    const box = new Box();
    await bind(sim.world, at('10.0.0.2'), box);
    const a = await bind(sim.world, at('10.0.0.1'));
    sim.net.setLink({ latencyMs: 7 });
    a.send(Buffer.from('hi'), at('10.0.0.2'));
    expect(box.heard).toEqual([]);
    await sim.run();
    expect([box.heard, box.from, sim.clock.now()]).toEqual([['hi'], [at('10.0.0.1')], 7]);
    expect(sim.wire.lines()).toEqual([
      '0 sent udp 10.0.0.1:5060 > 10.0.0.2:5060 hi',
      '7 received udp 10.0.0.1:5060 > 10.0.0.2:5060 hi',
    ]);
  });

  it('keeps what was sent when the sender changes its buffer, and gives each receiver its own', async () => {
    const seen: Buffer[] = [];
    await sim.world.net.bindUdp(at('10.0.0.2'), { datagram: (bytes) => seen.push(bytes), fault: () => undefined });
    const a = await bind(sim.world, at('10.0.0.1'));
    sim.net.setLink({ duplicate: 1 });
    const bytes = Buffer.from('abc');
    a.send(bytes, at('10.0.0.2'));
    bytes.fill(0);
    await sim.run();
    seen[0]?.fill(0);
    expect(seen.map(String)).toEqual(['\0\0\0', 'abc']);
  });

  it.each([
    ['0.0.0.0', '10.9.9.9', '10.0.0.1'],
    ['::', '2001:db8::9', '2001:db8::1'],
  ])('lets a socket on %s hear every address of the family', async (wildcard, target, source) => {
    const box = new Box();
    await bind(sim.world, at(wildcard), box);
    const a = await bind(sim.world, at(source, 4000));
    a.send(Buffer.from('x'), at(target));
    await sim.run();
    expect(box.from).toEqual([at(source, 4000)]);
  });

  it('keeps the wildcard sockets of two hosts apart and sends from the host address', async () => {
    const [one, two] = [sim.host('10.0.0.1'), sim.host('10.0.0.2', '2001:db8::2')];
    const [boxOne, boxTwo] = [new Box(), new Box()];
    const a = await bind(one, at('0.0.0.0'), boxOne);
    await bind(two, at('0.0.0.0'), boxTwo);
    a.send(Buffer.from('x'), at('10.0.0.2'));
    await sim.run();
    expect([boxOne.heard, boxTwo.heard, boxTwo.from]).toEqual([[], ['x'], [at('10.0.0.1')]]);
  });

  it('takes all spellings of an IPv6 address for one', async () => {
    const box = new Box();
    await bind(sim.world, at('2001:DB8:0:0::2'), box);
    const a = await bind(sim.world, at('2001:db8::1'));
    a.send(Buffer.from('x'), at('2001:db8:0:0:0:0:0:2'));
    await sim.run();
    expect(box.heard).toEqual(['x']);
  });

  it('hands out the next free port for port 0', async () => {
    const ports = [];
    for (let i = 0; i < 3; i++) ports.push((await bind(sim.world, at('10.0.0.1', 0))).local.port);
    expect(ports).toEqual([49_152, 49_153, 49_154]);
  });

  it('refuses a taken port, also between a wildcard and an address, and frees it on close', async () => {
    const first = await bind(sim.world, at('10.0.0.1'));
    const taken = { name: 'SocketFaultError', fault: { by: 'system', code: 'EADDRINUSE' } };
    await expect(bind(sim.world, at('10.0.0.1'))).rejects.toMatchObject(taken);
    await expect(bind(sim.world, at('0.0.0.0'))).rejects.toMatchObject(taken);
    await bind(sim.world, at('::'));
    first.close();
    await bind(sim.world, at('0.0.0.0'));
    await expect(bind(sim.world, at('10.0.0.1'))).rejects.toMatchObject(taken);
  });

  it('has no port left after the last of the 16384 free ones', async () => {
    for (let i = 0; i < 16_384; i++) await bind(sim.world, at('10.0.0.1', 0));
    await expect(bind(sim.world, at('10.0.0.1', 0))).rejects.toMatchObject({ fault: { code: 'EADDRINUSE' } });
    expect((await bind(sim.world, at('10.0.0.2', 0))).local.address).toBe('10.0.0.2');
  });

  it('refuses to bind a name', async () => {
    await expect(bind(sim.world, at('localhost'))).rejects.toMatchObject({ fault: { code: 'EINVAL' } });
  });
});

describe('faults', () => {
  it.each([
    ['a datagram above 65507 bytes', at('10.0.0.2'), 65_508, 'EMSGSIZE', 'system'],
    ['another address family', at('2001:db8::2'), 1, 'EAFNOSUPPORT', 'system'],
    ['port 0', at('10.0.0.2', 0), 1, 'EINVAL', 'local'],
    ['a name', at('example.com'), 1, 'EINVAL', 'system'],
  ])('tells the sender of %s', async (_, remote, size, code, by) => {
    const box = new Box();
    const a = await bind(sim.world, at('10.0.0.1'), box);
    a.send(Buffer.alloc(size), remote);
    expect(box.faults).toEqual([]);
    await sim.run();
    expect(box.faults).toEqual([{ code, by, remote }]);
  });

  it('carries a datagram of exactly 65507 bytes', async () => {
    const box = new Box();
    await bind(sim.world, at('10.0.0.2'), box);
    (await bind(sim.world, at('10.0.0.1'))).send(Buffer.alloc(65_507), at('10.0.0.2'));
    await sim.run();
    expect(box.heard.map(({ length }) => length)).toEqual([65_507]);
  });

  it('tells a connected socket that the port is closed, and a bound one nothing', async () => {
    const [boxA, boxB] = [new Box(), new Box()];
    const a = await sim.world.net.connectUdp(at('10.0.0.2', 9060), undefined, boxA);
    const b = await bind(sim.world, at('10.0.0.1'), boxB);
    a.send(Buffer.from('x'), at('10.0.0.2', 9060));
    b.send(Buffer.from('x'), at('10.0.0.2', 9060));
    await sim.run();
    expect(boxA.faults).toEqual([{ code: 'ECONNREFUSED', by: 'peer', remote: at('10.0.0.2', 9060) }]);
    expect([boxB.faults, sim.clock.now()]).toEqual([[], 2]);
  });

  it('lets a connected socket hear its peer only', async () => {
    const box = new Box();
    const a = await sim.world.net.connectUdp(at('10.0.0.2'), at('10.0.0.1', 7000), box);
    const [peer, stranger] = [await bind(sim.world, at('10.0.0.2')), await bind(sim.world, at('10.0.0.3'))];
    peer.send(Buffer.from('peer'), a.local);
    stranger.send(Buffer.from('stranger'), a.local);
    await sim.run();
    expect(box.heard).toEqual(['peer']);
  });

  it('is silent about everything once closed', async () => {
    const [boxA, boxB] = [new Box(), new Box()];
    const a = await sim.world.net.connectUdp(at('10.0.0.2', 9060), undefined, boxA);
    a.send(Buffer.from('x'), at('10.0.0.2', 9060));
    const b = await bind(sim.world, at('10.0.0.1'), boxB);
    (await bind(sim.world, at('10.0.0.3'))).send(Buffer.from('y'), at('10.0.0.1'));
    a.close();
    b.close();
    b.close();
    b.send(Buffer.from('x'), at('10.0.0.3'));
    await sim.run();
    expect([boxA.faults, boxB.heard, boxB.faults]).toEqual([[], [], []]);
  });

  it('loses everything to and from a host that is cut off, refusals too, until it is back', async () => {
    const [boxA, boxB] = [new Box(), new Box()];
    const a = await sim.world.net.connectUdp(at('10.0.0.2'), undefined, boxA);
    sim.net.partition('10.0.0.2');
    a.send(Buffer.from('1'), at('10.0.0.2'));
    await sim.run();
    await bind(sim.world, at('10.0.0.2'), boxB);
    a.send(Buffer.from('2'), at('10.0.0.2'));
    await sim.run();
    sim.net.heal('10.0.0.2');
    a.send(Buffer.from('3'), at('10.0.0.2'));
    await sim.run();
    expect([boxB.heard, boxA.faults]).toEqual([['3'], []]);
  });
});

describe('bad lines', () => {
  const rounds = 4000;

  /** The numbers 0 to 3999 as they arrive. */
  async function flood(): Promise<readonly number[]> {
    const box = new Box();
    await bind(sim.world, at('10.0.0.2'), box);
    const a = await bind(sim.world, at('10.0.0.1'));
    for (let i = 0; i < rounds; i++) {
      a.send(Buffer.from(String(i)), at('10.0.0.2'));
      await sim.runFor(0.1);
    }
    await sim.run();
    return box.heard.map(Number);
  }

  it('loses about as many datagrams as asked', async () => {
    sim.net.setLink({ loss: 0.25 });
    const heard = await flood();
    expect(heard.length / rounds).toBeCloseTo(0.75, 1);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
  });

  it('repeats about as many datagrams as asked and loses none', async () => {
    sim.net.setLink({ duplicate: 0.1 });
    const heard = await flood();
    expect(new Set(heard).size).toBe(rounds);
    expect(heard.length / rounds).toBeCloseTo(1.1, 1);
  });

  it('lets some datagrams be overtaken and loses none', async () => {
    sim.net.setLink({ reorder: 0.1 });
    const heard = await flood();
    const overtaken = heard.filter((value, i) => value < Math.max(...heard.slice(Math.max(0, i - 300), i)));
    expect(new Set(heard).size).toBe(rounds);
    expect(overtaken.length / rounds).toBeGreaterThan(0.05);
    expect(overtaken.length / rounds).toBeLessThan(0.15);
  });

  it('changes one direction of one pair only when it is named', async () => {
    sim.net.setLink({ loss: 1 }, '10.0.0.1', '10.0.0.2');
    const [boxA, boxB] = [new Box(), new Box()];
    const a = await bind(sim.world, at('10.0.0.1'), boxA);
    const b = await bind(sim.world, at('10.0.0.2'), boxB);
    a.send(Buffer.from('lost'), b.local);
    b.send(Buffer.from('arrives'), a.local);
    await sim.run();
    expect([boxA.heard, boxB.heard]).toEqual([['arrives'], []]);
    expect(sim.wire.of('10.0.0.1').map(({ kind }) => kind)).toEqual(['sent', 'lost', 'received']);
  });

  it('swallows datagrams above the size that the line carries', async () => {
    sim.net.setLink({ maxDatagram: 1500 });
    const box = new Box();
    await bind(sim.world, at('10.0.0.2'), box);
    const a = await bind(sim.world, at('10.0.0.1'));
    a.send(Buffer.alloc(1500), at('10.0.0.2'));
    a.send(Buffer.alloc(1501), at('10.0.0.2'));
    await sim.run();
    expect(box.heard.map(({ length }) => length)).toEqual([1500]);
  });
});
