/**
 * Replies to REGISTER, as Kamailio 5.6.3 gave them to the same requests (db_mode 0). Where viaduct differs on purpose the
 * title says so.
 */
import { describe, expect, it } from 'vitest';
import { desk, OK, refused } from './desk.ts';

const A = 'Contact: <sip:alice@10.0.0.2>';
const A_HOUR = '<sip:alice@10.0.0.2>;expires=3600';

describe('a first registration', () => {
  it.each([
    ['says how long it is good for', [A], A_HOUR],
    ['takes the Expires header', [A, 'Expires: 7200'], '<sip:alice@10.0.0.2>;expires=7200'],
    ['prefers the parameter', [`${A};expires=100`, 'Expires: 7200'], '<sip:alice@10.0.0.2>;expires=100'],
    ['takes the default for an Expires that is no number', [A, 'Expires: abc'], A_HOUR],
    ['takes the default for a parameter that is no number', [`${A};expires=abc`], A_HOUR],
    ['takes the default for a number beyond 32 bits', [`${A};expires=4294967297`, 'Expires: 60'], A_HOUR],
    ['makes too short a time longer', [`${A};expires=1`], '<sip:alice@10.0.0.2>;expires=60'],
    ['shows q', [`${A};q=0.5`], '<sip:alice@10.0.0.2>;q=0.5;expires=3600'],
    ['shows a q of 0', [`${A};q=0`], '<sip:alice@10.0.0.2>;q=0;expires=3600'],
    ['shows a q of 1', [`${A};q=1.000`], '<sip:alice@10.0.0.2>;q=1;expires=3600'],
    ['cuts q after three digits', [`${A};q=0.1234`], '<sip:alice@10.0.0.2>;q=0.123;expires=3600'],
    [
      'leaves out display name and other parameters',
      ['Contact: "A" <sip:a@h;transport=tcp>;foo=bar'],
      '<sip:a@h;transport=tcp>;expires=3600',
    ],
    ['reads an address without brackets', ['Contact: sip:a@h;q=0.75;expires=60'], '<sip:a@h>;q=0.75;expires=60'],
    ['takes a tel contact', ['Contact: <tel:+4912345>'], '<tel:+4912345>;expires=3600'],
    [
      'shows where a contact was received from',
      [`${A};received="sip:8.8.8.8:99"`],
      `${A_HOUR};received="sip:8.8.8.8:99"`,
    ],
  ])('%s', async (_, headers, contact) => {
    const { ask } = await desk();
    expect(await ask(headers)).toEqual([OK, `Contact: ${contact}`]);
  });

  it.each([
    ['a q above 1', [`${A};q=1.5`], refused('400 Bad Request', 'Invalid q param in contact')],
    ['a q that is no number', [`${A};q=abc`], refused('400 Bad Request', 'Invalid q param in contact')],
    ['a Contact that is no URI', ['Contact: notauri'], refused('400 Bad Request', 'Contact parse error')],
    ['an empty Contact', ['Contact:'], refused('400 Bad Request', 'Contact parse error')],
    ['* without Expires', ['Contact: *'], refused('400 Bad Request', '* used in contact and expires is not zero')],
    [
      '* with Expires: 10',
      ['Contact: *', 'Expires: 10'],
      refused('400 Bad Request', '* used in contact and expires is not zero'),
    ],
    [
      '* beside another Contact',
      ['Contact: *', A, 'Expires: 0'],
      refused('400 Bad Request', '* used in contact and more than 1 contact'),
    ],
    [
      '* beside another one on its line (Kamailio obeys the * alone)',
      ['Contact: *, <sip:a@b>', 'Expires: 0'],
      refused('400 Bad Request', '* used in contact and more than 1 contact'),
    ],
    [
      'a long Contact',
      [`Contact: <sip:${'x'.repeat(600)}@h>`],
      refused('400 Bad Request', 'Contact/received too long'),
    ],
    [
      'reg-id=0 (Kamailio does not answer)',
      [`${A};+sip.instance="<urn:1>";reg-id=0`],
      refused('400 Bad Request', 'Invalid Reg-Id number'),
    ],
    [
      'a need for outbound',
      [A, 'Require: outbound'],
      ['SIP/2.0 420 Bad Extension', 'Unsupported: outbound', 'P-Registrar-Error: No support for Outbound on server'],
    ],
  ])('is refused with %s', async (_, headers, answer) => {
    const { ask } = await desk();
    expect(await ask(headers)).toEqual(answer);
    expect(await ask([])).toEqual([OK]);
  });

  it.each([
    ['512 bytes of contact pass', [`Contact: <sip:${'x'.repeat(512 - 6)}@h>`], OK],
    ['513 bytes of contact do not', [`Contact: <sip:${'x'.repeat(513 - 6)}@h>`], 'SIP/2.0 400 Bad Request'],
  ])('has a limit: %s', async (_, headers, status) => {
    const { ask } = await desk();
    expect((await ask(headers))[0]).toBe(status);
  });

  it('is refused with a Call-ID of more than 255 bytes, and an address of record of more than 256', async () => {
    const { ask } = await desk();
    expect((await ask([A], { callId: 'c'.repeat(255) }))[0]).toBe(OK);
    expect(await ask([A], { callId: 'c'.repeat(256) })).toEqual(refused('400 Bad Request', 'Callid too long'));
    expect((await ask([A], { to: `<sip:${'l'.repeat(256)}@h>` }))[0]).toBe(OK);
    expect(await ask([A], { to: `<sip:${'l'.repeat(257)}@h>` })).toEqual(
      refused('500 Server Internal Error', 'Address Of Record too long'),
    );
  });
});

describe('further requests of the same Call-ID', () => {
  it('are taken in order: the same CSeq again changes nothing, a lower one is refused', async () => {
    const { ask } = await desk();
    await ask([A], { cseq: 5 });
    expect(await ask([`${A};expires=100`], { cseq: 5 })).toEqual([OK, `Contact: ${A_HOUR}`]);
    expect(await ask([A], { cseq: 4 })).toEqual(refused('400 Bad Request', 'Invalid CSeq number', A_HOUR));
    expect(await ask([`${A};expires=100`], { cseq: 6 })).toEqual([OK, 'Contact: <sip:alice@10.0.0.2>;expires=100']);
    expect((await ask([A], { cseq: 1, callId: 'c2' }))[0]).toBe(OK);
  });

  it('are no retransmission any more after cseq_delay', async () => {
    const { ask, sim } = await desk();
    await ask([A], { cseq: 5 });
    await sim.runFor(19_000);
    expect((await ask([A], { cseq: 5 }))[0]).toBe(OK);
    await sim.runFor(1_000);
    expect((await ask([A], { cseq: 5 }))[0]).toBe('SIP/2.0 400 Bad Request');
  });

  it('add, refresh and remove contacts; an expires of 0 for an unknown one does nothing', async () => {
    const { ask } = await desk();
    await ask([A], { cseq: 1 });
    await ask(['Contact: <sip:b@h>;q=0.5;expires=120'], { cseq: 2 });
    const both = '<sip:b@h>;q=0.5;expires=120, <sip:alice@10.0.0.2>;expires=3600';
    expect(await ask(['Contact: <sip:c@h>;q=1;expires=0'], { cseq: 3 })).toEqual([OK, `Contact: ${both}`]);
    expect(await ask(['Contact: <sip:b@h>;expires=0'], { cseq: 4 })).toEqual([OK, `Contact: ${A_HOUR}`]);
    expect(await ask(['Contact: *', 'Expires: 0'], { cseq: 5 })).toEqual([OK]);
    expect(await ask([], { cseq: 6 })).toEqual([OK]);
  });

  it('do all of what they ask for or nothing (Kamailio keeps what came before the fault)', async () => {
    const { ask } = await desk();
    await ask([A], { cseq: 1 });
    const answer = await ask(['Contact: <sip:b@h>, <sip:c@h>;q=7'], { cseq: 2 });
    expect(answer).toEqual(refused('400 Bad Request', 'Invalid q param in contact', A_HOUR));
    expect(await ask([], { cseq: 3 })).toEqual([OK, `Contact: ${A_HOUR}`]);
  });

  it('cannot remove all with a * that is late (Kamailio does not look at its CSeq)', async () => {
    const { ask } = await desk();
    await ask([A], { cseq: 5 });
    expect(await ask(['Contact: *', 'Expires: 0'], { cseq: 5 })).toEqual(
      refused('400 Bad Request', 'Invalid CSeq number', A_HOUR),
    );
    expect(await ask(['Contact: *', 'Expires: 0'], { cseq: 1, callId: 'c2' })).toEqual([OK]);
  });
});

describe('the order of contacts', () => {
  it('is that of q, then that of their coming; a refresh keeps the place (Kamailio mixes it up when q changes)', async () => {
    const { ask } = await desk();
    await ask(['Contact: <sip:a@h>;q=0.5, <sip:b@h>;q=0.9, <sip:c@h>, <sip:d@h>;q=0.9, <sip:d@h>;q=0.1'], { cseq: 1 });
    const names = async (): Promise<string> =>
      (await ask([]))
        .join()
        .match(/(?<=sip:)[a-z]/g)
        ?.join('') ?? '';
    expect(await names()).toBe('bdac');
    await ask(['Contact: <sip:b@h>;q=0.9'], { cseq: 10 });
    expect(await names()).toBe('bdac');
    await ask(['Contact: <sip:c@h>;q=0.9'], { cseq: 20 });
    expect(await names()).toBe('bdca');
  });
});

describe('limits', () => {
  it('raise, lower and fill in what a REGISTER asks for', async () => {
    const { ask } = await desk({
      registrar: { min_expires: 60, max_expires: 3600, default_q: 500, default_expires: 900 },
    });
    expect(await ask([A, 'Expires: 59'])).toEqual([OK, 'Contact: <sip:alice@10.0.0.2>;q=0.5;expires=60']);
    expect(await ask([A, 'Expires: 7200'])).toEqual([OK, 'Contact: <sip:alice@10.0.0.2>;q=0.5;expires=3600']);
    expect(await ask([A])).toEqual([OK, 'Contact: <sip:alice@10.0.0.2>;q=0.5;expires=900']);
  });

  it('refuse too short a time with 423 when min_expires_mode says so', async () => {
    const { ask } = await desk({ registrar: { min_expires_mode: 'refuse' } });
    const brief = ['Min-Expires: 60', 'P-Registrar-Error: Interval too brief'];
    expect(await ask([A, 'Expires: 59'])).toEqual(['SIP/2.0 423 Interval Too Brief', ...brief]);
    await ask([A, 'Expires: 60']);
    const now = 'Contact: <sip:alice@10.0.0.2>;expires=60';
    expect(await ask([A, 'Expires: 59'])).toEqual(['SIP/2.0 423 Interval Too Brief', now, ...brief]);
  });

  it('refuse more than max_contacts with 503, and count what goes against what comes', async () => {
    const { ask } = await desk({ registrar: { max_contacts: 2, retry_after: 30 } });
    const tooMany = ['P-Registrar-Error: Too many registered contacts', 'Retry-After: 30'];
    await ask([A]);
    expect(await ask(['Contact: <sip:a@h>, <sip:b@h>'])).toEqual([
      'SIP/2.0 503 Service Unavailable',
      `Contact: ${A_HOUR}`,
      ...tooMany,
    ]);
    expect((await ask(['Contact: <sip:b@h>']))[0]).toBe(OK);
    const swapped = 'Contact: <sip:b@h>;expires=3600, <sip:c@h>;expires=3600';
    expect(await ask(['Contact: <sip:c@h>', `${A};expires=0`])).toEqual([OK, swapped]);
    expect(await ask(['Contact: <sip:1@h>,<sip:2@h>,<sip:3@h>'], { to: '<sip:bob@h>' })).toEqual([
      'SIP/2.0 503 Service Unavailable',
      ...tooMany,
    ]);
  });

  it('hold without max_contacts as well: 32 contacts of a request, 256 of a user, and max_bindings of all', async () => {
    const many = await desk();
    const contacts = (from: number, to: number): string =>
      `Contact: ${Array.from({ length: to - from }, (_, i) => `<sip:${from + i}@h>`).join(',')}`;
    for (let from = 0; from < 256; from += 32) expect((await many.ask([contacts(from, from + 32)]))[0]).toBe(OK);
    expect((await many.ask(['Contact: <sip:x@h>']))[0]).toBe('SIP/2.0 500 Server Internal Error');
    expect((await many.ask([contacts(0, 33)], { to: '<sip:b@h>' }))[0]).toBe('SIP/2.0 503 Service Unavailable');
    const few = await desk({ usrloc: { max_bindings: 2 } });
    await few.ask([contacts(0, 2)]);
    const full = refused('500 Server Internal Error', 'usrloc_contact_insert failed');
    expect(await few.ask([A], { to: '<sip:b@h>' })).toEqual(full);
    expect((await few.ask(['Contact: <sip:0@h>;expires=0', A]))[0]).toBe(OK);
    // All contacts of a request or none (RFC 3261 10.3 step 7).
    await few.ask(['Contact: <sip:1@h>;expires=0']);
    expect((await few.ask(['Contact: <sip:y@h>, <sip:z@h>'], { to: '<sip:b@h>' }))[0]).toBe(full[0]);
    expect(await few.ask([], { to: '<sip:b@h>' })).toEqual([OK]);
  });

  it('shorten times by chance within expires_range', async () => {
    const { ask } = await desk({ registrar: { expires_range: 50 } });
    const times = new Set<number>();
    for (let i = 0; i < 20; i++) {
      const [, contact = ''] = await ask([`Contact: <sip:${i}@h>`, 'Expires: 1000'], { to: `<sip:u${i}@h>` });
      times.add(Number(/expires=(\d+)/.exec(contact)?.[1]));
    }
    expect(Math.min(...times)).toBeGreaterThan(500);
    expect(Math.max(...times)).toBeLessThanOrEqual(1000);
    expect(times.size).toBeGreaterThan(10);
  });
});

describe('Path', () => {
  const PATH = 'Path: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>';
  const WITH = ['Supported: path'];
  const plain = [OK, `Contact: ${A_HOUR}`];
  const shown = [...plain, PATH];

  it.each([
    ['off', [A, PATH], plain],
    ['off', [A, PATH, ...WITH], plain],
    ['lazy', [A, PATH], plain],
    ['lazy', [A, PATH, ...WITH], shown],
    ['strict', [A, PATH, ...WITH], shown],
    ['strict', [A, 'Supported: gruu'], plain],
    ['strict', [A, 'Path: <sip:p1;lr>', 'Path: <sip:p2;lr>', ...WITH], [...plain, 'Path: <sip:p1;lr>,<sip:p2;lr>']],
  ] as const)('in mode %s: %j', async (mode, headers, answer) => {
    const { ask } = await desk({ registrar: { use_path: 'on', path_mode: mode } });
    expect(await ask(headers)).toEqual(answer);
  });

  it('that the device does not support gets 420 in mode strict, and nothing is kept (Kamailio keeps it)', async () => {
    const { ask } = await desk({ registrar: { use_path: 'on' } });
    expect(await ask([A, PATH])).toEqual([
      'SIP/2.0 420 Bad Extension',
      'Unsupported: path',
      PATH,
      'P-Registrar-Error: No support for found Path indicated',
    ]);
    expect(await ask([])).toEqual([OK]);
  });

  it('that cannot be read gets 400', async () => {
    const { ask } = await desk({ registrar: { use_path: 'on', path_mode: 'off' } });
    await ask([A]);
    expect(await ask([A, 'Path: garbage'])).toEqual(refused('400 Bad Request', 'Path parse error', A_HOUR));
    expect((await ask([A, `Path: <sip:${'p'.repeat(1018)}>`]))[0]).toBe(OK);
    expect((await ask([A, `Path: <sip:${'p'.repeat(1019)}>`]))[0]).toBe('SIP/2.0 400 Bad Request');
  });

  it('says where the device really is', async () => {
    const { ask } = await desk({ registrar: { use_path: 'on', path_mode: 'off', path_use_received: 'on' } });
    const hop = 'Path: <sip:p1.example.com;lr;received=sip:9.9.9.9:99%3Btransport%3Dtcp>';
    expect(await ask([A, hop])).toEqual([OK, `Contact: ${A_HOUR};received="sip:9.9.9.9:99;transport=tcp"`]);
  });
});

describe('an instance', () => {
  const instance = '+sip.instance="<urn:uuid:0001>"';
  const shown = (user: string, id: string): string => `<sip:${user}@h>;expires=3600;${instance}${id}`;

  it('is the same device wherever it is, and each reg-id a way to it', async () => {
    const { ask } = await desk();
    await ask([`Contact: <sip:1@h>;${instance};reg-id=1`], { callId: 'a' });
    const moved = shown('2', ';reg-id=1');
    expect(await ask([`Contact: <sip:2@h>;${instance};reg-id=1`], { callId: 'b' })).toEqual([OK, `Contact: ${moved}`]);
    const both = `Contact: ${moved}, ${shown('3', ';reg-id=2')}`;
    expect(await ask([`Contact: <sip:3@h>;${instance};reg-id=2`], { callId: 'c' })).toEqual([OK, both]);
    expect(await ask([`Contact: <sip:4@h>;${instance}`], { callId: 'd' })).toEqual([OK, `${both}, ${shown('4', '')}`]);
  });

  it('is held to the order of CSeq too (Kamailio does not)', async () => {
    const { ask } = await desk();
    await ask([`Contact: <sip:1@h>;${instance}`], { cseq: 9 });
    expect((await ask([`Contact: <sip:2@h>;${instance}`], { cseq: 8 }))[0]).toBe('SIP/2.0 400 Bad Request');
  });

  it('is needed for reg-id to mean anything', async () => {
    const { ask } = await desk();
    expect(await ask(['Contact: <sip:6@h>;reg-id=3'])).toEqual([OK, 'Contact: <sip:6@h>;expires=3600']);
  });
});

describe('the address of record', () => {
  it.each([
    ['sip:ALICE@EXAMPLE.com', 'sip:alice@example.com', 'off', true],
    ['sip:alice@a.com', 'sip:alice@b.com', 'off', true],
    ['sip:alice@a.com', 'sip:alice@b.com', 'on', false],
    ['sip:alice@a.com;transport=tcp', 'sip:%61lice@A.com', 'on', true],
    ['tel:+4912345', 'sip:+4912345@a.com', 'off', true],
    ['tel:+4912345', 'sip:+4912345@a.com', 'on', false],
    ['sip:a.com', 'sip:A.com', 'on', true],
  ] as const)('%s and %s, use_domain %s: the same is %s', async (one, other, domain, same) => {
    const { ask } = await desk({ usrloc: { use_domain: domain } });
    await ask([A], { to: `<${one}>` });
    expect((await ask([], { to: `<${other}>` })).length).toBe(same ? 2 : 1);
  });

  it('keeps its case with case_sensitive, and loses realm_prefix', async () => {
    const exact = await desk({ registrar: { case_sensitive: 'on' } });
    await exact.ask([A], { to: '<sip:Alice@h>' });
    expect(await exact.ask([], { to: '<sip:alice@h>' })).toEqual([OK]);
    const stripped = await desk({ registrar: { realm_prefix: 'sip.' }, usrloc: { use_domain: 'on' } });
    await stripped.ask([A], { to: '<sip:alice@sip.example.com>' });
    expect(await stripped.ask([], { to: '<sip:alice@example.com>' })).toEqual([OK, `Contact: ${A_HOUR}`]);
  });

  it.each([
    ['without a user (Kamailio: one user for all)', '<sip:example.com>', 'No username in To URI'],
    ['of another scheme (Kamailio does not answer)', 'isbn:2983792873', 'Error while parsing AOR'],
  ])('is refused %s', async (_, to, text) => {
    const { ask } = await desk();
    expect(await ask([A], { to })).toEqual(refused('400 Bad Request', text));
  });
});

describe('RFC 4475', () => {
  it('escnull: an escaped null is a character of a name (Kamailio refuses it)', async () => {
    const { ask } = await desk();
    const to = 'sip:null-%00-null@example.com';
    const contacts = ['Contact: <sip:%00@host5.example.com>', 'Contact: <sip:%00%00@host5.example.com>'];
    const [, listed = ''] = await ask(contacts, { to });
    expect(listed).toContain('<sip:%00@host5.example.com>');
    expect(listed).toContain('<sip:%00%00@host5.example.com>');
    expect(await ask([], { to: 'sip:null-@example.com' })).toEqual([OK]);
  });

  it('cparam01, cparam02: a parameter of the header is no parameter of the URI', async () => {
    const { ask } = await desk();
    expect(await ask(['Contact: sip:+19725552222@gw1.example.net;unknownparam'])).toEqual([
      OK,
      'Contact: <sip:+19725552222@gw1.example.net>;expires=3600',
    ]);
    expect(await ask(['Contact: <sip:+19725552222@gw1.example.net;unknownparam>'])).toEqual([
      OK,
      'Contact: <sip:+19725552222@gw1.example.net;unknownparam>;expires=3600',
    ]);
  });

  it('regescrt: headers within a URI are kept with it', async () => {
    const { ask } = await desk();
    const uri = '<sip:user@example.com?Route=%3Csip:sip.example.com%3E>';
    expect(await ask([`Contact: ${uri}`])).toEqual([OK, `Contact: ${uri};expires=3600`]);
  });

  it('regbadct (Kamailio takes it): headers without brackets are refused', async () => {
    const { ask } = await desk();
    const [status] = await ask(['Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E']);
    expect(status).toMatch(/^SIP\/2\.0 400 /);
  });

  it('unksm2: an address of record of an unknown scheme is refused', async () => {
    const { ask } = await desk();
    expect((await ask(['Contact: <sip:a@h>'], { to: 'isbn:2983792873' }))[0]).toBe('SIP/2.0 400 Bad Request');
  });
});

describe('URIs of contacts', () => {
  it.each([
    ['sip:x@h;transport=TCP', 'sip:x@H;transport=tcp', 1],
    ['sip:x@h;a=1;b=2', 'sip:x@h;b=2;a=1', 1],
    ['sip:x@h;ob', 'sip:x@h', 1],
    ['sip:x@h;transport=udp', 'sip:x@h', 2],
    ['sip:x@h;rinstance=1', 'sip:x@h;rinstance=2', 2],
    ['sip:x@h:5060', 'sip:x@h', 2],
    ['sip:X@h', 'sip:x@h', 2],
  ])('%s and %s are %s (RFC 3261 19.1.4; Kamailio compares bytes)', async (one, other, count) => {
    const { ask } = await desk();
    await ask([`Contact: <${one}>`]);
    const [, contacts = ''] = await ask([`Contact: <${other}>`]);
    expect(contacts.match(/expires=/g)).toHaveLength(count);
  });
});
