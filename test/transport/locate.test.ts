/** RFC 3263 section 4, rule by rule, over scripted DNS in virtual time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Simulator } from '../../src/testing/simulator.ts';
import type { Transport } from '../../src/transport/flow.ts';
import { type Located, type LocateLimits, type LocateTarget, Locator } from '../../src/transport/locate.ts';
import type { NaptrRecord, SrvRecord } from '../../src/world/world.ts';

let sim: Simulator;
let locator: Locator;

const newLocator = (
  limits: Partial<LocateLimits> = {},
  more: { transports?: Transport[]; families?: (4 | 6)[] } = {},
) => new Locator({ resolver: sim.resolver, clock: sim.clock, random: sim.world.random, limits, ...more });

beforeEach(() => {
  sim = new Simulator({ seed: 3 });
  locator = newLocator();
});

const sip = (host: string, more: Partial<LocateTarget> = {}): LocateTarget => ({ host, secure: false, ...more });
const sips = (host: string, more: Partial<LocateTarget> = {}): LocateTarget => ({ host, secure: true, ...more });

const srv = (name: string, port = 5060, priority = 1, weight = 0): SrvRecord => ({ name, port, priority, weight });
const naptr = (service: string, replacement: string, order = 10, preference = 10): NaptrRecord => ({
  order,
  preference,
  flags: 's',
  service,
  replacement,
});

function text(located: Located | undefined): string {
  if (located === undefined) return 'no answer';
  if (located.kind === 'failed') return `failed: ${located.why}`;
  return located.targets.map(({ transport, address, port }) => `${transport}:${address}:${port}`).join(' ');
}

/** The answer when it comes at once, else a mark. */
function now(target: LocateTarget): string {
  const located = locator.locate(target);
  return located instanceof Promise ? 'a promise' : text(located);
}

async function later(target: LocateTarget, at = locator): Promise<string> {
  let located: Located | undefined;
  void Promise.resolve(at.locate(target)).then((found) => {
    located = found;
  });
  await sim.runUntil(() => located !== undefined);
  return text(located);
}

describe('an IP literal', () => {
  it.each<[string, LocateTarget, string]>([
    ['UDP and 5060 by default', sip('192.0.2.1'), 'udp:192.0.2.1:5060'],
    ['the port given', sip('192.0.2.1', { port: 5070 }), 'udp:192.0.2.1:5070'],
    ['the transport given', sip('192.0.2.1', { transport: 'tcp' }), 'tcp:192.0.2.1:5060'],
    ['5061 for TLS', sip('192.0.2.1', { transport: 'tls' }), 'tls:192.0.2.1:5061'],
    ['TLS for sips', sips('192.0.2.1'), 'tls:192.0.2.1:5061'],
    ['TLS over TCP for sips with transport=tcp', sips('192.0.2.1', { transport: 'tcp' }), 'tls:192.0.2.1:5061'],
    ['secure WebSocket for sips with transport=ws', sips('192.0.2.1', { transport: 'ws' }), 'wss:192.0.2.1:443'],
    ['one spelling of IPv6', sip('2001:DB8:0:0::1'), 'udp:2001:db8::1:5060'],
  ])('is answered at once with %s', (_, target, answer) => {
    expect(now(target)).toBe(answer);
    expect(sim.resolver.queries).toEqual([]);
  });

  it('has no server name to prove', () => {
    expect(locator.locate(sips('192.0.2.1'))).toMatchObject({ targets: [{ servername: undefined }] });
  });
});

describe('what cannot be located', () => {
  it('is a sips URI over UDP', () => {
    expect(now(sips('example.com', { transport: 'udp' }))).toBe('failed: a sips URI cannot be reached over UDP');
  });

  it.each(['', 'a b', 'a..b', '.', 'x'.repeat(64), `${'x.'.repeat(127)}xx`, 'a\r\nb', '[::1]', '192.0.2.256/'])(
    'is the host %j, and DNS is not asked',
    (host) => {
      expect(now(sip(host))).toContain('is not a host name');
      expect(now(sip(host))).not.toMatch(/[\r\n]/);
      expect(sim.resolver.queries).toEqual([]);
    },
  );

  it('is a name that nobody knows', async () => {
    expect(await later(sip('nowhere.example'))).toBe('failed: nowhere.example has no address');
  });

  it('is a service that its owner declares not available', async () => {
    sim.resolver.srv('_sip._udp.example.com', [srv('.')]).a('example.com', ['192.0.2.1']);
    expect(await later(sip('example.com', { transport: 'udp' }))).toBe('failed: example.com offers no SIP service');
  });

  it('is a name whose server fails, and the reason is told', async () => {
    sim.resolver.fail('A', 'example.com').fail('AAAA', 'example.com');
    expect(await later(sip('example.com', { port: 5060 }))).toBe('failed: DNS failed for example.com: SERVFAIL');
  });
});

describe('a name with a port', () => {
  it('is asked for its addresses only, IPv4 before IPv6', async () => {
    sim.resolver.a('example.com', ['192.0.2.1', '192.0.2.2']).aaaa('example.com', ['2001:db8::1']);
    sim.resolver.srv('_sip._udp.example.com', [srv('other.example.com')]);
    expect(await later(sip('example.com', { port: 5070 }))).toBe(
      'udp:192.0.2.1:5070 udp:192.0.2.2:5070 udp:2001:db8::1:5070',
    );
    expect(sim.resolver.queries).toEqual(['A example.com', 'AAAA example.com']);
  });

  it('gets TLS when the URI is sips', async () => {
    sim.resolver.a('example.com', ['192.0.2.1']);
    expect(await later(sips('example.com', { port: 5070 }))).toBe('tls:192.0.2.1:5070');
  });

  it('must be proven by a TLS peer', async () => {
    sim.resolver.a('example.com', ['192.0.2.1']);
    const located = await Promise.all([locator.locate(sips('EXAMPLE.com', { port: 5061 })), sim.run()]);
    expect(located[0]).toMatchObject({ targets: [{ servername: 'example.com' }] });
  });

  it('is asked for the families only that we have', async () => {
    locator = newLocator({}, { families: [6] });
    sim.resolver.a('example.com', ['192.0.2.1']).aaaa('example.com', ['2001:db8::1']);
    expect(await later(sip('example.com', { port: 5060 }))).toBe('udp:2001:db8::1:5060');
    expect(sim.resolver.queries).toEqual(['AAAA example.com']);
  });
});

describe('a name with a transport', () => {
  it.each<[string, Partial<LocateTarget>, string]>([
    ['_sip._udp', { transport: 'udp' }, 'udp'],
    ['_sip._tcp', { transport: 'tcp' }, 'tcp'],
    ['_sips._tcp', { transport: 'tls' }, 'tls'],
    ['_sips._tcp', { transport: 'tcp', secure: true }, 'tls'],
  ])('is asked for %s', async (service, more, transport) => {
    sim.resolver.srv(`${service}.example.com`, [srv('sip1.example.com', 5080)]).a('sip1.example.com', ['192.0.2.1']);
    expect(await later(sip('example.com', more))).toBe(`${transport}:192.0.2.1:5080`);
    expect(sim.resolver.queries[0]).toBe(`SRV ${service}.example.com`);
  });

  it('falls back to its addresses and the default port without SRV records', async () => {
    sim.resolver.a('example.com', ['192.0.2.1']).fail('SRV', '_sips._tcp.example.com');
    expect(await later(sip('example.com', { transport: 'tcp' }))).toBe('tcp:192.0.2.1:5060');
    expect(await later(sip('example.com', { transport: 'tls' }))).toBe('tls:192.0.2.1:5061');
  });

  it('has no SRV for WebSocket', async () => {
    sim.resolver.a('example.com', ['192.0.2.1']);
    expect(await later(sip('example.com', { transport: 'wss' }))).toBe('wss:192.0.2.1:443');
    expect(sim.resolver.queries).toEqual(['A example.com', 'AAAA example.com']);
  });
});

describe('a bare name', () => {
  it('follows the best NAPTR order, in the order of preference', async () => {
    sim.resolver.naptr('example.com', [
      naptr('SIP+D2U', '_sip._udp.example.com', 20, 1),
      naptr('SIP+D2T', '_sip._tcp.example.com', 10, 90),
      naptr('SIPS+D2T', '_sips._tcp.example.com', 10, 50),
    ]);
    sim.resolver.srv('_sips._tcp.example.com', [srv('a.example.com', 5061)]);
    sim.resolver.srv('_sip._tcp.example.com', [srv('b.example.com', 5060)]);
    sim.resolver.a('a.example.com', ['192.0.2.1']).a('b.example.com', ['192.0.2.2']);
    expect(await later(sip('example.com'))).toBe('tls:192.0.2.1:5061 tcp:192.0.2.2:5060');
    expect(sim.resolver.queries).not.toContain('SRV _sip._udp.example.com');
  });

  it('follows a replacement outside of its own domain', async () => {
    sim.resolver.naptr('example.com', [naptr('sip+d2u', 'sip-service.provider.example.')]);
    sim.resolver.srv('sip-service.provider.example', [srv('edge.provider.example.', 5080)]);
    sim.resolver.a('edge.provider.example', ['192.0.2.9']);
    expect(await later(sip('example.com'))).toBe('udp:192.0.2.9:5080');
  });

  it('ignores NAPTR services that are not SIP, not known, or of which we lack the transport', async () => {
    locator = newLocator({}, { transports: ['udp', 'tcp'] });
    sim.resolver.naptr('example.com', [
      naptr('E2U+sip', '_x.example.com', 1),
      naptr('SIP+D2S', '_sip._sctp.example.com', 1),
      naptr('SIPS+D2T', '_sips._tcp.example.com', 1),
      { ...naptr('SIP+D2U', '_sip._udp.example.com', 1), flags: 'u' },
      naptr('SIP+D2T', '_sip._tcp.example.com', 5),
    ]);
    sim.resolver.srv('_sip._tcp.example.com', [srv('b.example.com')]).a('b.example.com', ['192.0.2.2']);
    expect(await later(sip('example.com'))).toBe('tcp:192.0.2.2:5060');
  });

  it('of a sips URI discards every service that is not SIPS', async () => {
    sim.resolver.naptr('example.com', [naptr('SIP+D2T', '_sip._tcp.example.com', 1)]);
    sim.resolver.srv('_sips._tcp.example.com', [srv('c.example.com', 5061)]).a('c.example.com', ['192.0.2.3']);
    expect(await later(sips('example.com'))).toBe('tls:192.0.2.3:5061');
    expect(sim.resolver.queries).not.toContain('SRV _sip._tcp.example.com');
  });

  it('without NAPTR takes the first transport we like that has SRV records', async () => {
    sim.resolver.srv('_sip._tcp.example.com', [srv('t.example.com', 5070)]).a('t.example.com', ['192.0.2.4']);
    expect(await later(sip('example.com'))).toBe('tcp:192.0.2.4:5070');
    sim.resolver.srv('_sip._udp.other.example', [srv('t.example.com', 5071)]);
    sim.resolver.srv('_sip._tcp.other.example', [srv('t.example.com', 5072)]);
    expect(await later(sip('other.example'))).toBe('udp:192.0.2.4:5071');
  });

  it('without NAPTR and SRV is its addresses over UDP, or TLS for sips', async () => {
    sim.resolver.a('example.com', ['192.0.2.5']);
    expect(await later(sip('example.com'))).toBe('udp:192.0.2.5:5060');
    expect(await later(sips('example.com'))).toBe('tls:192.0.2.5:5061');
  });

  it('with a NAPTR that leads nowhere falls back to its own addresses over that transport', async () => {
    sim.resolver.naptr('example.com', [naptr('SIP+D2T', '_sip._tcp.example.com')]).a('example.com', ['192.0.2.6']);
    expect(await later(sip('example.com'))).toBe('tcp:192.0.2.6:5060');
  });

  it('tries its servers by priority, and skips those without an address', async () => {
    sim.resolver.srv('_sip._udp.example.com', [
      srv('second.example.com', 5062, 20),
      srv('gone.example.com', 5060, 5),
      srv('first.example.com', 5061, 10),
    ]);
    sim.resolver.a('first.example.com', ['192.0.2.1']).a('second.example.com', ['192.0.2.2']);
    expect(await later(sip('example.com'))).toBe('udp:192.0.2.1:5061 udp:192.0.2.2:5062');
  });
});

describe('localhost', () => {
  it.each(['localhost', 'LOCALHOST', 'proxy.localhost'])('%s is the loopback address, at once', (host) => {
    expect(now(sip(host))).toBe('udp:127.0.0.1:5060 udp:::1:5060');
    expect(now(sip(host, { port: 5070, transport: 'tcp' }))).toBe('tcp:127.0.0.1:5070 tcp:::1:5070');
    expect(now(sips(host))).toBe('tls:127.0.0.1:5061 tls:::1:5061');
    expect(sim.resolver.queries).toEqual([]);
  });
});

describe('what DNS said', () => {
  const target = sip('example.com', { port: 5060 });

  it('is kept until its TTL is over', async () => {
    sim.resolver.a('example.com', ['192.0.2.1'], 60).aaaa('example.com', ['2001:db8::1'], 60);
    await later(target);
    const learnt = sim.clock.now();
    await sim.runFor(60_000 - 1);
    expect(now(target)).toBe('udp:192.0.2.1:5060 udp:2001:db8::1:5060');
    expect(now(sip('EXAMPLE.com.', { port: 5060 }))).toBe('udp:192.0.2.1:5060 udp:2001:db8::1:5060');
    await sim.runFor(1);
    expect(sim.clock.now()).toBe(learnt + 60_000);
    expect(now(target)).toBe('a promise');
  });

  it('answers the questions that led to it, too', async () => {
    sim.resolver.naptr('example.com', [naptr('SIP+D2U', '_sip._udp.example.com')]);
    sim.resolver.srv('_sip._udp.example.com', [srv('a.example.com')]).a('a.example.com', ['192.0.2.1']);
    await later(sip('example.com'));
    expect(now(sip('example.com'))).toBe('udp:192.0.2.1:5060');
  });

  it('spreads the load anew for each message', async () => {
    sim.resolver.srv('_sip._udp.example.com', [srv('a.example.com', 5060, 1, 50), srv('b.example.com', 5060, 1, 50)]);
    sim.resolver.a('a.example.com', ['192.0.2.1']).a('b.example.com', ['192.0.2.2']);
    await later(sip('example.com', { transport: 'udp' }));
    const firsts = Array.from({ length: 100 }, () => now(sip('example.com', { transport: 'udp' })).split(' ')[0]);
    expect(new Set(firsts)).toEqual(new Set(['udp:192.0.2.1:5060', 'udp:192.0.2.2:5060']));
  });

  it('with a TTL of 0 still serves the message that asked', async () => {
    sim.resolver.naptr('example.com', [naptr('SIP+D2U', '_sip._udp.example.com')], 0);
    sim.resolver.srv('_sip._udp.example.com', [srv('a.example.com')], 0).a('a.example.com', ['192.0.2.1'], 0);
    sim.resolver.latencyMs = 900;
    expect(await later(sip('example.com'))).toBe('udp:192.0.2.1:5060');
  });

  it('when it was "no" is believed for 30 seconds', async () => {
    expect(await later(target)).toBe('failed: example.com has no address');
    sim.resolver.a('example.com', ['192.0.2.1']);
    await sim.runFor(29_999);
    expect(now(target)).toBe('failed: example.com has no address');
    await sim.runFor(1);
    expect(await later(target)).toBe('udp:192.0.2.1:5060');
  });

  it('when it was trouble is asked again after 5 seconds', async () => {
    sim.resolver.fail('A', 'example.com').fail('AAAA', 'example.com');
    await later(target);
    sim.resolver.a('example.com', ['192.0.2.1']);
    await sim.runFor(4_999);
    expect(now(target)).toContain('failed: DNS failed');
    await sim.runFor(1);
    expect(await later(target)).toBe('udp:192.0.2.1:5060');
  });
});

describe('limits', () => {
  const target = sip('example.com', { port: 5060 });

  it('one question is under way for a name, however many ask', async () => {
    sim.resolver.a('example.com', ['192.0.2.1']);
    const answers = await Promise.all([...Array.from({ length: 50 }, () => locator.locate(target)), sim.run()]);
    expect(answers.slice(0, 50).every((located) => text(located ?? undefined) === 'udp:192.0.2.1:5060')).toBe(true);
    expect(sim.resolver.queries).toEqual(['A example.com', 'AAAA example.com']);
  });

  it('a message waits 3 seconds for DNS, not longer', async () => {
    sim.resolver.setDown(true);
    expect(await later(target)).toBe('failed: DNS gave no answer for example.com within 3000 ms');
    expect(sim.clock.now()).toBe(3_000);
  });

  it('an answer just before that is taken', async () => {
    sim.resolver.a('example.com', ['192.0.2.1']);
    sim.resolver.latencyMs = 2_999;
    expect(await later(target)).toBe('udp:192.0.2.1:5060');
  });

  it('leaves no timer behind once it has answered', async () => {
    sim.resolver.a('example.com', ['192.0.2.1']);
    await later(target);
    expect(sim.clock.nextDeadline).toBeUndefined();
  });

  it('no more questions are under way than allowed', async () => {
    const few = newLocator({ queries: 2 });
    sim.resolver.a('c.example', ['192.0.2.3']);
    const [a, b, c] = ['a.example', 'b.example', 'c.example'].map((host) => later(sip(host, { port: 5060 }), few));
    expect(await c).toBe('failed: DNS failed for c.example: more than 2 DNS questions at once');
    expect(await a).toBe('failed: a.example has no address');
    expect(await b).toBe('failed: b.example has no address');
  });

  it('no more names are remembered than allowed', async () => {
    locator = newLocator({ names: 2 });
    sim.resolver.a('a.example', ['192.0.2.1']).a('b.example', ['192.0.2.2']).a('c.example', ['192.0.2.3']);
    for (const host of ['a.example', 'b.example', 'c.example']) await later(sip(host, { port: 5060 }));
    expect(now(sip('b.example', { port: 5060 }))).toBe('udp:192.0.2.2:5060');
    expect(now(sip('c.example', { port: 5060 }))).toBe('udp:192.0.2.3:5060');
    expect(now(sip('a.example', { port: 5060 }))).toBe('a promise');
    await sim.run();
  });

  it('an SRV answer leads to no more servers, and a name to no more addresses, than allowed', async () => {
    locator = newLocator({ servers: 2, targets: 3 });
    const servers = ['s1.example', 's2.example', 's3.example'];
    sim.resolver.srv(
      '_sip._udp.example.com',
      servers.map((name, i) => srv(name, 5060, i)),
    );
    for (const [i, name] of servers.entries()) sim.resolver.a(name, [`192.0.2.${i + 1}1`, `192.0.2.${i + 1}2`]);
    expect(await later(sip('example.com'))).toBe('udp:192.0.2.11:5060 udp:192.0.2.12:5060 udp:192.0.2.21:5060');
    expect(sim.resolver.queries).not.toContain('A s3.example');
  });
});
