/**
 * The 49 torture messages of RFC 4475 against a whole proxy: sanity, maxfwd and a relay. What a valid one becomes is looked
 * at where it arrives; what an invalid one gets, where it came from.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineRoutes } from '../../src/engine/program.ts';
import { maxfwd } from '../../src/modules/maxfwd/maxfwd.ts';
import { sanity } from '../../src/modules/sanity/sanity.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { Simulator, simulateProxy } from '../../src/testing.ts';
import { tortureBytes } from '../sip/messages.ts';

const PROXY = { address: '10.0.0.1', port: 5060 };
const SENDER = { address: '10.0.0.2', port: 5060 };
const NEXT_HOP = { address: '10.0.0.3', port: 5060 };

const routes = defineRoutes([tm, sl, maxfwd, sanity], (m) => ({
  request(ctx) {
    if (m.sanity.check(ctx) !== 'passed') return;
    if (m.maxfwd.process(ctx, 70) === 'exhausted') return m.sl.reply(ctx, 483, 'Too Many Hops');
    ctx.destination.uri = 'sip:10.0.0.3:5060';
    return m.tm.relay(ctx);
  },
}));

/** What arrives at the next hop, and the statuses that go anywhere else. */
async function passed(
  bytes: Uint8Array,
): Promise<{ readonly forwarded: readonly string[]; readonly statuses: readonly number[] }> {
  const sim = new Simulator({ seed: 1 });
  const failures: unknown[] = [];
  const proxy = await simulateProxy(sim, routes, {
    listen: ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060'],
    log: { write: (level, message) => level === 'error' && failures.push(message) },
  });
  const quiet = { datagram: () => undefined, fault: () => undefined };
  const sender = await sim.host(SENDER.address).net.bindUdp(SENDER, quiet);
  await sim.host(NEXT_HOP.address).net.bindUdp(NEXT_HOP, quiet);
  sender.send(bytes, PROXY);
  await sim.runFor(100);
  expect(failures).toEqual([]);
  expect(proxy.counters.routeErrors).toBe(0);
  const sent = sim.wire.entries.filter(({ kind, source }) => kind === 'sent' && source.address === PROXY.address);
  const text = sent.map((entry) => ({ ...entry, text: entry.bytes.toString('latin1') }));
  return {
    forwarded: text.filter(({ destination }) => destination.address === NEXT_HOP.address).map((one) => one.text),
    statuses: text
      .filter(({ destination }) => destination.address !== NEXT_HOP.address)
      .map((one) => Number(/^SIP\/2\.0 (\d+)/.exec(one.text)?.[1])),
  };
}

/** A request that is forwarded (with 100 when it is an INVITE), one that is refused, or a message that vanishes. */
const expected: Readonly<Record<string, 'forwarded' | 'gone' | number>> = {
  wsinv: 'forwarded',
  intmeth: 'forwarded',
  esc01: 'forwarded',
  escnull: 'forwarded',
  esc02: 'forwarded',
  lwsdisp: 'forwarded',
  longreq: 'forwarded',
  dblreq: 'forwarded',
  semiuri: 'forwarded',
  transports: 'forwarded',
  mpart01: 'forwarded',
  unreason: 'gone',
  noreason: 'gone',
  badinv01: 400,
  clerr: 400,
  ncl: 400,
  scalar02: 400,
  scalarlg: 'gone',
  quotbal: 400,
  ltgtruri: 400,
  lwsruri: 400,
  lwsstart: 400,
  trws: 400,
  escruri: 400,
  baddate: 'forwarded',
  regbadct: 400,
  badaspec: 400,
  baddn: 400,
  badvers: 505,
  mismatch01: 400,
  mismatch02: 400,
  bigcode: 'gone',
  badbranch: 400,
  insuf: 400,
  unkscm: 416,
  novelsc: 416,
  unksm2: 'forwarded',
  bext01: 420,
  invut: 'forwarded',
  regaut01: 'forwarded',
  multi01: 400,
  mcl01: 400,
  bcast: 'gone',
  zeromf: 483,
  cparam01: 'forwarded',
  cparam02: 'forwarded',
  regescrt: 'forwarded',
  sdp01: 'forwarded',
  inv2543: 'forwarded',
};

const table = readFileSync(new URL('../sip/vectors/rfc4475/expected.tsv', import.meta.url), 'utf8');
const names = table
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t')[0] ?? '');

describe('RFC 4475 through a whole proxy', () => {
  it('has a verdict for each of the 49 messages', () => {
    expect(Object.keys(expected).toSorted()).toEqual(names.toSorted());
  });

  it.each(Object.entries(expected))('%s: %s', async (name, outcome) => {
    const { forwarded, statuses } = await passed(tortureBytes(name));
    if (outcome === 'forwarded') {
      expect(forwarded).toHaveLength(1);
      expect(statuses.filter((status) => status !== 100)).toEqual([]);
    } else {
      expect(forwarded).toEqual([]);
      expect(statuses).toEqual(outcome === 'gone' ? [] : [outcome]);
    }
  });

  it('forwards nothing but what it must change', async () => {
    const [wsinv = ''] = (await passed(tortureBytes('wsinv'))).forwarded;
    const original = Buffer.from(tortureBytes('wsinv')).toString('latin1');
    expect(wsinv).toContain('UnknownHeaderWithUnusualValue: ;;,,;;,;');
    const kept = original.split('\r\n').filter((line) => !/^(INVITE|v:|via|max-forwards|\s)/i.test(line));
    for (const line of kept) expect(wsinv).toContain(line);
  });

  it('never forwards the bytes behind the Content-Length', async () => {
    const [first = ''] = (await passed(tortureBytes('dblreq'))).forwarded;
    expect(first).toMatch(/^REGISTER /);
    expect(first).not.toContain('INVITE sip:joe');
  });
});
