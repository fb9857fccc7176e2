/** Headers in every form through topology hiding: restored exactly or refused, never unhidden, never without a Via. */
import { describe, expect, it } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import type { SipRequest } from '../../src/sip/message.ts';
import { answerAs, contactUri, rawRequest, text, toCaller, toLeg } from './topos-parties.ts';
import {
  BOB,
  contactOf,
  recordsOf,
  routesOf,
  type ToposParams,
  toposStage,
  type ToposStageOptions,
  viasOf,
} from './topos-stage.ts';

const OWN_VIA = 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKtop';
const CONTACT = [['Contact', `<${BOB}>`]] as const;

const basics = (method = 'INVITE', to = ''): readonly string[] => [
  'Max-Forwards: 70',
  'From: "Alice" <sip:alice@example.com>;tag=atag',
  `To: <sip:bob@example.com>${to}`,
  'Call-ID: the-call',
  `CSeq: 1 ${method}`,
];

async function stage(options: ToposStageOptions = {}) {
  const scene = await toposStage(options);
  const { alice, bob, sim } = scene;
  /** Sends it as it stands and gives what bob got. */
  const say = async (lines: readonly string[], method = 'INVITE', uri = BOB): Promise<SipRequest | undefined> => {
    alice.send(rawRequest(`${method} ${uri} SIP/2.0`, lines));
    await sim.runFor(20);
    return bob.received(method).at(-1);
  };
  const answer = async (
    request: SipRequest | undefined,
    status: number,
    headers: typeof CONTACT | readonly [] = CONTACT,
  ) => {
    if (request !== undefined) answerAs(bob, request, status, { headers });
    await sim.runFor(20);
    return alice.inbox.responses(status).at(-1);
  };
  return { ...scene, say, answer };
}

describe('Vias (behaviours 1, 2 and 4)', () => {
  it.each([
    [
      'folded into one line',
      ['Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKtop, SIP/2.0/TCP 10.9.9.9;branch=z9hG4bKx'],
    ],
    ['compact', ['v: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKtop', 'v:SIP/2.0/UDP h2.example.com;branch=z9hG4bKx']],
    ['in odd case', ['VIA : SIP/2.0/UDP 10.0.0.2:5060;BRANCH=z9hG4bKtop', 'vIa: sip/2.0/udp 10.9.9.9;branch=z9hG4bKx']],
    [
      'with IPv6, maddr and parameters of others',
      [
        'Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKtop;x-own="a,b;c"',
        'Via: SIP/2.0/UDP [2001:db8::9]:5061;branch=z9hG4bKx;received=2001:db8::1',
        'Via: SIP/2.0/TLS host.example.com;maddr=224.0.1.75;ttl=1;branch=z9hG4bKy;alias;foo',
      ],
    ],
    ['broken over lines', [`Via: ${OWN_VIA},\r\n SIP/2.0/UDP 10.9.9.9\r\n\t;branch=z9hG4bKx`]],
  ])('%s come back as they were', async (_what, lines) => {
    const { say, answer, bob } = await stage();
    const seen = await say([...lines, ...basics(), 'Contact: <sip:alice@10.0.0.2>']);
    expect(viasOf(seen)).toHaveLength(1);
    expect(text(seen)).not.toMatch(/10\.0\.0\.2|10\.9\.9\.9|2001:db8|example\.com;maddr|h2\.example/i);
    for (const status of [180, 200]) {
      const reply = await answer(seen, status);
      const sent = lines.flatMap((line) =>
        line
          .replace(/^[^:]*:/, '')
          .replace(/\r\n\s+/g, ' ')
          .split(/, ?(?=SIP)/i),
      );
      expect(viasOf(reply)).toEqual(sent.map((via) => via.trim()));
      expect(
        reply?.headers
          .fields()
          .slice(0, sent.length)
          .every(({ id }) => id === H.Via),
      ).toBe(true);
    }
    expect(bob.received('INVITE')).toHaveLength(1);
  });

  it('have a line each, or share one where compat_fold says so', async () => {
    const two = [`Via: ${OWN_VIA}`, 'Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx'];
    const records = ['Record-Route: <sip:10.0.0.2;lr;n=1>', 'Record-Route: <sip:10.0.0.7;lr;n=2>'];
    const counts = async (topos: ToposParams) => {
      const { say, answer } = await stage({ topos });
      const seen = await say([...two, ...records, ...basics(), 'Contact: <sip:alice@10.0.0.2>']);
      const reply = await answer(seen, 200);
      expect([viasOf(reply).length, recordsOf(reply).length]).toEqual([2, 2]);
      return [reply?.headers.count(H.Via), reply?.headers.count(H.RecordRoute)];
    };
    expect(await counts({})).toEqual([2, 2]);
    expect(await counts({ compat_fold: 1 })).toEqual([1, 1]);
    expect(await counts({ compat_fold: 1, header_mode: 1 })).toEqual([2, 1]);
    expect(await counts({ compat_fold: 1, header_mode: 3 })).toEqual([2, 2]);
  });

  it('may be seventy, more than 16 KB of them', async () => {
    const many = Array.from(
      { length: 70 },
      (_, i) => `SIP/2.0/UDP hop${i}.example.com:5060;branch=z9hG4bK${'x'.repeat(200)}${i};received=10.9.0.${i}`,
    );
    const { say, answer } = await stage();
    const seen = await say([`Via: ${OWN_VIA}`, ...many.map((via) => `Via: ${via}`), ...basics()]);
    expect(viasOf(seen)).toHaveLength(1);
    expect(text(seen).length).toBeLessThan(1_000);
    const reply = await answer(seen, 200);
    expect(viasOf(reply)).toEqual([OWN_VIA, ...many]);
    expect(text(reply).length).toBeGreaterThan(16_384);
  });

  it('come back also when a script has taken them off, requests and replies', async () => {
    const { say, answer, alice, sim, bob } = await stage({
      routes: ({ tm, sl }) => ({
        request(ctx) {
          ctx.message.headers.remove(H.Via);
          return ctx.message.method === 'OPTIONS' ? sl.reply(ctx, 404) : tm.relay(ctx);
        },
        reply({ message }) {
          message.headers.remove(H.Via);
        },
      }),
    });
    const marked = `${OWN_VIA};rport=5060;received=10.0.0.2`;
    const lines = [`Via: ${OWN_VIA};rport`, 'Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx'];
    const seen = await say([...lines, ...basics()]);
    expect(viasOf(seen)).toHaveLength(1);
    const reply = await answer(seen, 200);
    expect(viasOf(reply)).toEqual([marked, 'SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx']);
    await say([...lines, ...basics('OPTIONS')], 'OPTIONS');
    await sim.runFor(20);
    expect(viasOf(alice.receivedStatus(404)[0])).toEqual([marked, 'SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx']);
    expect(bob.received('OPTIONS')).toEqual([]);
  });
});

describe('everything else (behaviour 1)', () => {
  it('keeps its bytes', async () => {
    const { say } = await stage();
    const others = [
      'f: "A, B" <sip:alice@example.com>;tag=atag',
      't: <sip:bob@example.com>',
      'i: x y z',
      'CSeq: 1 INVITE',
    ];
    const lines = [...others, 'Subject:   two  spaces ', 'X-Odd: \tk\r\n folded', 's: again', 'Max-Forwards: 9'];
    const seen = text(await say([`v: ${OWN_VIA}`, ...lines, 'm: "Al" <sip:alice@10.0.0.2;ob>;+sip.instance="x"']));
    for (const line of lines) expect(seen).toContain(`\r\n${line}\r\n`);
    expect(seen).toMatch(/\r\nContact: <sip:btpsh-[0-9a-f]{32}@10\.0\.0\.1>\r\n/);
  });
});

describe('Contacts that are none (behaviour 10)', () => {
  const usual = [`Via: ${OWN_VIA}`, 'Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx'];

  it.each([
    ['none', []],
    ['two', ['<sip:b1@10.9.0.1>, <sip:b2@10.9.0.2>']],
    ['two lines', ['<sip:b1@10.9.0.1>', '<sip:b2@10.9.0.2>']],
    ['*', ['*']],
    ['unreadable', ['<sip:10.9.0.1', '"']],
    ['no SIP URI', ['<tel:+123>']],
  ])('in replies (%s) cost no Via, leave unseen and are counted', async (what, contacts) => {
    const { say, alice, bob, sim, counted } = await stage();
    const seen = await say([...usual, ...basics(), 'Contact: <sip:alice@10.0.0.2>']);
    for (const status of [180, 200]) {
      if (seen !== undefined) {
        answerAs(bob, seen, status, {
          headers: contacts.map((value) => ['Contact', value]),
          recordRoutes: ['<sip:10.9.0.9;lr', 'nonsense'],
        });
      }
      await sim.runFor(20);
      const [reply] = alice.receivedStatus(status);
      expect(viasOf(reply)).toHaveLength(2);
      expect(recordsOf(reply)).toEqual([]);
      expect(text(reply)).not.toContain('10.9.0.');
      expect(reply?.headers.count(H.Contact)).toBe(what === 'none' && status === 180 ? 0 : 1);
    }
    expect(counted('bad_contacts')).toBeGreaterThan(0);
    toLeg(alice, 'ACK', alice.receivedStatus(200)[0]);
    await sim.runFor(20);
    expect(bob.received('ACK').length + (what.startsWith('two') ? 1 : 0)).toBe(1);
  });

  it.each([
    ['*', '*'],
    ['unreadable', '<sip:alice@10.0.0.2'],
    ['no SIP URI', '<mailto:alice@example.com>'],
  ])('in requests (%s) are refused where they are needed and left out elsewhere', async (_what, contact) => {
    const { say, alice, bob, sim } = await stage();
    await say([...usual, ...basics(), `Contact: ${contact}`]);
    expect(alice.receivedStatus(400)).toHaveLength(1);
    expect(bob.lines()).toEqual([]);
    const seen = await say([...usual, ...basics(), 'Contact: <sip:alice@10.0.0.2>'].map(again));
    if (seen !== undefined) answerAs(bob, seen, 200, { headers: CONTACT });
    await sim.runFor(20);
    const key = contactUri(alice.receivedStatus(200)[0]);
    for (const method of ['ACK', 'INFO', 'BYE']) {
      const got = await say([...usual, ...basics(method, ';tag=b1').map(again), `Contact: ${contact}`], method, key);
      expect(got?.uri).toBe(BOB);
      expect(text(got)).not.toContain(contact);
    }
  });

  it('in an INVITE without one: its sender is where it came from', async () => {
    const { say, alice, bob, sim } = await stage();
    const seen = await say([...usual, ...basics()]);
    expect(contactOf(seen)).toMatch(/^<sip:btpsh-/);
    if (seen !== undefined) answerAs(bob, seen, 200, { headers: CONTACT });
    toCaller(bob, 'INFO', seen);
    await sim.runFor(20);
    expect(alice.received('INFO').map(({ uri }) => uri)).toEqual(['sip:10.0.0.2:5060;transport=udp']);
  });
});

/** The same in another call. */
const again = (line: string): string => line.replace('the-call', 'another-call').replace('z9hG4bKtop', 'z9hG4bKother');

describe('Record-Routes (behaviour 10)', () => {
  it('that cannot be read come back to their sender as they were, and are no route', async () => {
    const { say, answer, bob, alice, sim } = await stage();
    const seen = await say([
      `Via: ${OWN_VIA}`,
      'Record-Route: <sip:10.0.0.2;lr>, "x, <sip:h;lr>',
      'Record-Route: <nothing>',
      ...basics(),
    ]);
    expect(recordsOf(seen)).toEqual([]);
    const reply = await answer(seen, 200);
    expect(recordsOf(reply)).toEqual(['<sip:10.0.0.2;lr>', '"x, <sip:h;lr>', '<nothing>']);
    toCaller(bob, 'INFO', seen);
    await sim.runFor(20);
    expect(routesOf(alice.received('INFO')[0])).toEqual(['<sip:10.0.0.2;lr>']);
  });

  it('that a script removes or adds are its business', async () => {
    const { say, answer, bob, alice, sim } = await stage({
      routes: ({ tm, rr }) => ({
        request(ctx) {
          const { headers, toTag } = ctx.message;
          if (toTag !== undefined) rr.looseRoute(ctx);
          else {
            headers.remove(H.RecordRoute);
            headers.prepend(H.RecordRoute, '<sip:10.0.0.1;lr;by-hand>');
          }
          return tm.relay(ctx);
        },
      }),
    });
    const seen = await say([`Via: ${OWN_VIA}`, 'Record-Route: <sip:10.0.9.9;lr>', ...basics()]);
    expect(recordsOf(seen)).toEqual([]);
    expect(recordsOf(await answer(seen, 200))).toEqual([]);
    toCaller(bob, 'INFO', seen);
    await sim.runFor(20);
    expect(routesOf(alice.received('INFO')[0])).toEqual([]);
  });
});

describe('private headers of other nodes (behaviour 14)', () => {
  it('have no effect and go no further, in whatever case and number', async () => {
    const foreign = [
      'P-SR-XUID: atpsh-0-0-0',
      'p-sr-xuid: x',
      'P-Sr-XBranch: z9hG4bK1',
      'P-SR-XBRANCH: z9hG4bK2',
      'P-SR-X: y',
    ];
    const { say, alice, bob, sim, counted } = await stage();
    const lines = [`Via: ${OWN_VIA}`, 'Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx'];
    const seen = await say([...lines, ...foreign, ...basics(), 'P-SRX: stays', 'Contact: <sip:alice@10.0.0.2>']);
    expect(text(seen)).not.toMatch(/p-sr-/i);
    expect(text(seen)).toContain('P-SRX: stays');
    const headers = foreign.map((line) => line.split(': ')).map(([name = '', value = '']) => [name, value] as const);
    if (seen !== undefined) answerAs(bob, seen, 200, { headers: [...CONTACT, ...headers] });
    await sim.runFor(20);
    const [ok] = alice.receivedStatus(200);
    expect(text(ok)).not.toMatch(/p-sr-/i);
    expect([viasOf(ok).length, contactOf(ok)?.startsWith('<sip:atpsh-')]).toEqual([2, true]);
    await say([`Via: ${OWN_VIA}`, ...foreign, ...basics('REGISTER')], 'REGISTER');
    expect(text(bob.received('REGISTER')[0])).not.toMatch(/p-sr-/i);
    expect(counted('foreign_headers')).toBe(3 * foreign.length);
  });
});
