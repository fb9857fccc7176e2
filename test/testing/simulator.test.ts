/** The simulator itself: virtual time, seeds, bounds, and asynchronous code inside it. */
import { describe, expect, it } from 'vitest';
import { seedFrom } from '../../src/testing/sim-random.ts';
import { Simulator } from '../../src/testing/simulator.ts';
import { after } from '../../src/util/time.ts';
import type { World } from '../../src/world/world.ts';

describe('virtual time', () => {
  it('jumps over 32 seconds of waiting without waiting', async () => {
    const sim = new Simulator();
    const fired: number[] = [];
    for (let i = 0; i < 1000; i++) sim.clock.wake(after(sim.clock.now(), 32_000), () => fired.push(sim.clock.now()));
    await sim.run();
    expect(fired).toHaveLength(1000);
    expect(new Set(fired)).toEqual(new Set([32_000]));
  });

  it('wakes in the order of the deadlines, and equal ones in the order of asking', async () => {
    const sim = new Simulator();
    const order: string[] = [];
    const wake = (ms: number, name: string) => sim.clock.wake(after(sim.clock.now(), ms), () => order.push(name));
    wake(20, 'c');
    wake(10, 'a');
    wake(10, 'b');
    wake(30, 'cancelled')();
    await sim.run();
    expect(order).toEqual(['a', 'b', 'c']);
    expect(sim.clock.now()).toBe(20);
  });

  it('never goes back for a deadline that has passed', async () => {
    const sim = new Simulator();
    await sim.runFor(100);
    const at: number[] = [];
    const past = after(sim.clock.now(), -50);
    sim.clock.wake(past, () => at.push(sim.clock.now()));
    await sim.run();
    expect(at).toEqual([100]);
  });

  it('runs deferred work at the end of the turn, before the clock moves', async () => {
    const sim = new Simulator();
    const seen: string[] = [];
    sim.clock.wake(after(sim.clock.now(), 5), () => {
      sim.clock.defer(() => seen.push(`deferred at ${sim.clock.now()}`));
      seen.push('event');
    });
    sim.clock.wake(after(sim.clock.now(), 6), () => seen.push('next event'));
    await sim.run();
    expect(seen).toEqual(['event', 'deferred at 5', 'next event']);
  });

  it('gives wall times that strictly increase and follow the virtual clock', async () => {
    const sim = new Simulator();
    const first = sim.clock.wall();
    expect(sim.clock.wall()).toBe(first + 1);
    await sim.runFor(1000);
    expect(sim.clock.wall()).toBe(first + 1_000_000);
    expect(new Date(first / 1000).toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('runs a period to its end even when nothing happens in it', async () => {
    const sim = new Simulator();
    let late = false;
    sim.clock.wake(after(sim.clock.now(), 501), () => {
      late = true;
    });
    await sim.runFor(500);
    expect([sim.clock.now(), late]).toEqual([500, false]);
    await sim.runFor(1);
    expect(late).toBe(true);
  });

  it('stops at a condition and says whether it came', async () => {
    const sim = new Simulator();
    let count = 0;
    const tick = () => {
      count++;
      sim.clock.wake(after(sim.clock.now(), 10), tick);
    };
    tick();
    expect(await sim.runUntil(() => count === 5)).toBe(true);
    expect(sim.clock.now()).toBe(40);
    expect(await sim.runUntil(() => count === 50, 100)).toBe(false);
    expect(count).toBeLessThan(50);
  });

  it('follows asynchronous code through its promises before it moves the clock', async () => {
    const sim = new Simulator();
    const sleep = (ms: number) => new Promise<void>((done) => sim.clock.wake(after(sim.clock.now(), ms), done));
    const nested = async (depth: number): Promise<void> => (depth === 0 ? sleep(10) : nested(depth - 1));
    const at: number[] = [];
    const route = async () => {
      for (let i = 0; i < 3; i++) {
        await nested(8);
        at.push(sim.clock.now());
      }
    };
    void route();
    sim.clock.wake(after(sim.clock.now(), 1_000_000), () => undefined);
    await sim.run();
    expect(at).toEqual([10, 20, 30]);
  });
});

describe('bounds and seeds', () => {
  it('ends an endless run with an error that tells the seed', async () => {
    const sim = new Simulator({ seed: 4711, maxSteps: 100 });
    let count = 0;
    const again = () => {
      count++;
      sim.clock.wake(sim.clock.now(), again);
    };
    again();
    await expect(sim.run()).rejects.toThrow(/within 100 steps[\s\S]*VIADUCT_SEED=4711/);
    expect(count).toBe(101);
  });

  it('reads the seed from the environment and ignores what is no number', () => {
    expect(seedFrom({ VIADUCT_SEED: '4711' })).toBe(4711);
    expect(seedFrom({ VIADUCT_SEED: 'x' }, 3)).toBe(3);
    expect(seedFrom({})).toBe(1);
  });

  it('repeats a run exactly under the same seed, and takes another course under another', async () => {
    const runs = await Promise.all([trace(7), trace(7), trace(8)]);
    expect(runs[0]?.length).toBeGreaterThan(100);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[0]);
  });

  it('keeps two simulations in one process apart', async () => {
    const [one, two] = [new Simulator(), new Simulator()];
    const heard: string[] = [];
    await listen(one.world, 'one', heard);
    await listen(two.world, 'two', heard);
    const sender = await two.world.net.bindUdp({ address: '10.0.0.1', port: 5060 }, silent);
    sender.send(Buffer.from('hello'), { address: '10.0.0.2', port: 5060 });
    await one.run();
    expect([heard, one.clock.now(), one.wire.entries.length]).toEqual([[], 0, 0]);
    await two.run();
    expect(heard).toEqual(['two hello']);
  });

  it("gives each host its own chance, so that one more host changes nobody else's", () => {
    const few = new Simulator({ seed: 5 });
    const many = new Simulator({ seed: 5 });
    many.host('10.0.0.9').random.u32();
    const drawn = many.host('10.0.0.1').random.bytes(8);
    expect(drawn).toEqual(few.host('10.0.0.1').random.bytes(8));
    expect(few.host('10.0.0.2').random.bytes(8)).not.toEqual(drawn);
  });

  it('knows a host again by any of its addresses, and lets no other host take one', () => {
    const sim = new Simulator();
    const host = sim.host('10.0.0.1', '2001:db8::1');
    expect(sim.host('10.0.0.1')).toBe(host);
    expect(sim.host('2001:db8::1', '10.0.0.1')).toBe(host);
    expect(() => sim.host('10.0.0.2', '10.0.0.1')).toThrow('10.0.0.1 belongs to another host');
    expect(() => sim.host('10.0.0.1', '10.0.0.3')).toThrow('10.0.0.1 belongs to another host');
  });

  it('answers DNS from its script, after the latency, and fails while it is down', async () => {
    const sim = new Simulator();
    sim.resolver.a('Proxy.Example.', ['10.0.0.2'], 30).fail('SRV', '_sip._udp.example');
    const ask = async () => ({ answer: await sim.world.resolver.query('A', 'proxy.example'), at: sim.clock.now() });
    const good = ask();
    await sim.run();
    expect(await good).toEqual({
      answer: { kind: 'records', records: [{ address: '10.0.0.2' }], ttlSeconds: 30 },
      at: 1,
    });
    sim.resolver.setDown(true);
    const bad = ask();
    await sim.run();
    expect(await bad).toMatchObject({ answer: { kind: 'failed' }, at: 5001 });
    sim.resolver.setDown(false);
    const others = Promise.all([
      sim.world.resolver.query('AAAA', 'proxy.example'),
      sim.world.resolver.query('SRV', '_sip._udp.example'),
    ]);
    await sim.run();
    expect((await others).map(({ kind }) => kind)).toEqual(['none', 'failed']);
    expect(sim.resolver.queries).toContain('A proxy.example');
  });

  it('reads files from memory and says ENOENT for the others', async () => {
    const sim = new Simulator();
    sim.files.set('/etc/users', 'alice');
    expect(await sim.world.files.readText('/etc/users')).toBe('alice');
    await expect(sim.world.files.readText('/etc/none')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

const silent = { datagram: () => undefined, fault: () => undefined };

async function listen(world: World, name: string, heard: string[]): Promise<void> {
  await world.net.bindUdp(
    { address: '10.0.0.2', port: 5060 },
    { datagram: (bytes) => heard.push(`${name} ${bytes}`), fault: () => undefined },
  );
}

/** Fifty datagrams and a cut-up stream over a bad line. */
async function trace(seed: number): Promise<readonly string[]> {
  const sim = new Simulator({ seed });
  sim.net.setLink({ loss: 0.2, duplicate: 0.2, reorder: 0.3, segment: true });
  const heard: string[] = [];
  await listen(sim.world, 'b', heard);
  const a = await sim.world.net.bindUdp({ address: '10.0.0.1', port: 5060 }, silent);
  for (let i = 0; i < 50; i++) a.send(Buffer.from(`datagram ${i}`), { address: '10.0.0.2', port: 5060 });
  const events = { open: () => undefined, data: () => undefined, drain: () => undefined, closed: () => undefined };
  const at = { address: '10.0.0.2', port: 5060 };
  await sim.world.net.listen('tcp', at, undefined, { connection: () => events, fault: () => undefined });
  sim.world.net.connect('tcp', at, {}, events).write(Buffer.alloc(2000, 'x'));
  await sim.run();
  return sim.wire.lines();
}
