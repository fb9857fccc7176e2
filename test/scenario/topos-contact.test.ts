/** Forms of masked Contacts: modes, hosts, parameters, sockets. The key leads back in all of them. */
import { describe, expect, it } from 'vitest';
import { parseNameAddr } from '../../src/sip/name-addr.ts';
import { BOB, contactOf, toposStage, type ToposParams, type ToposStageOptions } from './topos-stage.ts';

const KEY = '[0-9a-f]{32}';
type Fields = Readonly<Record<string, string>>;

/** Routes that put these fields under `$xavu(tps)` before they relay. */
const withFields =
  (fields: Fields): NonNullable<ToposStageOptions['routes']> =>
  ({ pv, rr, tm }) => ({
    request(ctx) {
      const texts = Object.entries(fields).map(([name, value]) => `${name}="${value}"`);
      pv.explodeParamsXavu(ctx, texts.join(';'), 'tps');
      if (ctx.message.toTag === undefined) rr.recordRoute(ctx);
      else rr.looseRoute(ctx);
      return tm.relay(ctx);
    },
  });

/** A call that both sides use to its end; what each was shown of the other. */
async function shown(topos: ToposParams, options: ToposStageOptions = {}) {
  const stage = await toposStage({ ...options, topos });
  const { alice, bob, sim } = stage;
  bob.acceptCalls();
  alice.invite(BOB);
  await sim.runFor(500);
  const toB = contactOf(bob.received('INVITE')[0]) ?? '';
  const toA = contactOf(alice.receivedStatus(200)[0]) ?? '';
  alice.on('*', (request) => void alice.reply(request, 200));
  if (toA !== '') {
    // Contacts may name hosts that only a real network could find.
    alice.inDialog('ACK', { cseq: 1, via: PROXY });
    bob.inDialog('UPDATE', { via: PROXY });
    await sim.runFor(100);
    alice.inDialog('BYE', { via: PROXY });
    await sim.runFor(100);
  }
  return { ...stage, toA, toB };
}
const PROXY = { address: '10.0.0.1', port: 5060 };

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replace(/[.+?()[\]]/g, '\\$&')
      .replace('KEYA', `atpsh-${KEY}`)
      .replace('KEYB', `btpsh-${KEY}`)}$`,
  );

const users = { xavu_cfg: 'tps', xavu_field_a_contact: 'ua', xavu_field_b_contact: 'ub' } as const;
const hosts = { xavu_cfg: 'tps', xavu_field_a_contact_host: 'ha', xavu_field_b_contact_host: 'hb' } as const;
const USERS = { ua: 'AAA', ub: 'BBB' };
const HOSTS = { ha: 'for-a.example.com', hb: 'for-b.example.com:5080;transport=tcp' };

interface Row {
  readonly form: string;
  readonly topos: ToposParams;
  readonly fields?: Fields;
  readonly toB: string;
  readonly toA: string;
}

const ROWS: readonly Row[] = [
  { form: 'mode 0', topos: {}, toB: '<sip:KEYB@10.0.0.1>', toA: '<sip:KEYA@10.0.0.1>' },
  {
    form: 'mode 0 with contact_host',
    topos: { contact_host: 'sbc.example.com' },
    toB: '<sip:KEYB@sbc.example.com>',
    toA: '<sip:KEYA@sbc.example.com>',
  },
  {
    form: 'mode 0 with an IPv6 contact_host',
    topos: { contact_host: '2001:db8::1' },
    toB: '<sip:KEYB@[2001:db8::1]>',
    toA: '<sip:KEYA@[2001:db8::1]>',
  },
  {
    form: 'mode 0 with a host from the route',
    topos: { contact_host: 'sbc.example.com', xavu_cfg: 'tps', xavu_field_contact_host: 'h' },
    fields: { h: 'today.example.com' },
    toB: '<sip:KEYB@today.example.com>',
    toA: '<sip:KEYA@today.example.com>',
  },
  {
    form: 'mode 0 where the route names no host',
    topos: { contact_host: 'sbc.example.com', xavu_cfg: 'tps', xavu_field_contact_host: 'h' },
    toB: '<sip:KEYB@sbc.example.com>',
    toA: '<sip:KEYA@sbc.example.com>',
  },
  {
    form: 'mode 1',
    topos: { contact_mode: 1 },
    toB: '<sip:alice@10.0.0.1;tps=KEYB>',
    toA: '<sip:bob@10.0.0.1;tps=KEYA>',
  },
  {
    form: 'mode 1 with a parameter of another name',
    topos: { contact_mode: 1, cparam_name: 'vdk' },
    toB: '<sip:alice@10.0.0.1;vdk=KEYB>',
    toA: '<sip:bob@10.0.0.1;vdk=KEYA>',
  },
  {
    form: 'mode 2',
    topos: { contact_mode: 2, ...users },
    fields: USERS,
    toB: '<sip:AAA@10.0.0.1;tps=KEYB>',
    toA: '<sip:BBB@10.0.0.1;tps=KEYA>',
  },
  {
    form: 'mode 2 with numbers and a host',
    topos: { contact_mode: 2, ...users, xavu_field_contact_host: 'h' },
    fields: { ua: '100', ub: '200', h: 'sbc.example.com' },
    toB: '<sip:100@sbc.example.com;tps=KEYB>',
    toA: '<sip:200@sbc.example.com;tps=KEYA>',
  },
  {
    form: 'mode 3',
    topos: { contact_mode: 3, ...hosts },
    fields: HOSTS,
    toB: '<sip:KEYB@for-b.example.com:5080;transport=tcp>',
    toA: '<sip:KEYA@for-a.example.com>',
  },
  {
    form: 'mode 4',
    topos: { contact_mode: 4, ...hosts },
    fields: { ...HOSTS, hb: '[2001:db8::2]' },
    toB: '<sip:KEYB@[2001:db8::2]>',
    toA: '<sip:KEYA@for-a.example.com>',
  },
];

describe('a masked Contact', () => {
  it.each(ROWS)('in $form leads each side to the other (behaviour 6)', async ({ topos, fields, toB, toA }) => {
    const seen = await shown(topos, fields === undefined ? {} : { routes: withFields(fields) });
    expect(seen.toB).toMatch(pattern(toB));
    expect(seen.toA).toMatch(pattern(toA));
    expect(seen.bob.received('ACK')[0]?.uri).toBe(BOB);
    expect(seen.alice.received('UPDATE')[0]?.uri).toBe('sip:alice@10.0.0.2:5060');
    expect(seen.bob.received('BYE')[0]?.uri).toBe(BOB);
  });

  it.each([
    ['mode 1', { contact_mode: 1 }, '<sip:alice@10.0.0.1:5080;tps=KEYB>', '<sip:bob@10.0.0.1:5080;tps=KEYA>'],
    ['mode 4', { contact_mode: 4, ...hosts }, '<sip:KEYB@b.example.com:5080>', '<sip:KEYA@a.example.com:5080>'],
    ['mode 3', { contact_mode: 3, ...hosts }, '<sip:KEYB@b.example.com>', '<sip:KEYA@a.example.com>'],
  ] as const)('names the port of its socket in %s', async (_, topos, toB, toA) => {
    const stage = await toposStage({
      topos,
      listen: ['udp:10.0.0.1:5080'],
      routes: withFields({ ha: 'a.example.com', hb: 'b.example.com' }),
    });
    const { alice, bob, sim } = stage;
    bob.acceptCalls();
    alice.invite(BOB, { via: { address: '10.0.0.1', port: 5080 } });
    await sim.runFor(500);
    expect(contactOf(bob.received('INVITE')[0])).toMatch(pattern(toB));
    expect(contactOf(alice.receivedStatus(200)[0])).toMatch(pattern(toA));
  });

  it('names the transport of each side, and the advertised address (behaviour 5)', async () => {
    const stage = await toposStage({
      listen: ['tcp:10.0.0.1:5060', 'udp:10.0.0.1:5060/sbc.example.com:5060'],
      alice: 'tcp',
    });
    const { alice, bob, sim } = stage;
    bob.acceptCalls();
    alice.invite(BOB);
    await sim.runFor(500);
    expect(contactOf(bob.received('INVITE')[0])).toMatch(pattern('<sip:KEYB@sbc.example.com:5060>'));
    expect(contactOf(alice.receivedStatus(200)[0])).toMatch(pattern('<sip:KEYA@10.0.0.1;transport=tcp>'));
  });

  it('is a sips URI where the real one is, with its port', async () => {
    const { alice, bob, sim } = await toposStage();
    bob.acceptCalls();
    const invite = alice.invite(BOB);
    const again = invite.fork();
    again.headers.set('Contact', '<sips:alice@10.0.0.2>');
    again.headers.set('Call-ID', 'sips-call');
    again.headers.replaceFirstValue('Via', 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKsips');
    alice.send(again.serialize());
    await sim.runFor(500);
    const found = bob.received('INVITE').find(({ callId }) => callId === 'sips-call');
    expect(contactOf(found)).toMatch(pattern('<sips:KEYB@10.0.0.1:5060>'));
  });

  it('has no user in mode 1 when the real one has none, and the number of a tel URI', async () => {
    const { alice, bob, sim } = await toposStage({
      topos: { contact_mode: 1 },
      routes: ({ tm }) => ({
        request(ctx) {
          ctx.destination.uri = BOB;
          return tm.relay(ctx);
        },
      }),
    });
    bob.acceptCalls();
    const invite = alice.invite('tel:+15550100', { callId: 'first' }).fork();
    invite.headers.set('Contact', '<sip:10.0.0.2>');
    invite.headers.set('Call-ID', 'second');
    invite.headers.replaceFirstValue('Via', 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKbare');
    alice.send(invite.serialize());
    await sim.runFor(500);
    const second = bob.received('INVITE').find(({ callId }) => callId === 'second');
    expect(contactOf(second)).toMatch(pattern('<sip:10.0.0.1;tps=KEYB>'));
    expect(contactOf(alice.receivedStatus(200)[0])).toMatch(pattern('<sip:+15550100@10.0.0.1;tps=KEYA>'));
  });

  it.each([
    ['mode 2, no XAVU', { contact_mode: 2, ...users }, {}],
    ['mode 2, one of two', { contact_mode: 2, ...users }, { ua: 'AAA' }],
    ['mode 2, an empty one', { contact_mode: 2, ...users }, { ua: 'AAA', ub: '' }],
    ['mode 2, one that is no user', { contact_mode: 2, ...users }, { ua: 'AAA', ub: 'x>\r\nEvil: 1' }],
    ['mode 2, one with a host in it', { contact_mode: 2, ...users }, { ua: 'AAA@evil', ub: 'B' }],
    ['mode 3, no host for A', { contact_mode: 3, ...hosts }, { hb: 'b.example.com' }],
    ['mode 4, no host for B', { contact_mode: 4, ...hosts }, { ha: 'a.example.com' }],
    ['mode 3, a host with headers', { contact_mode: 3, ...hosts }, { ha: 'a?x=y', hb: 'b' }],
  ] as const)('without what its form needs refuses the request or lets it pass: %s', async (_, topos, fields) => {
    const refused = await shown({ ...topos, on_error: 'reject' }, { routes: withFields(fields) });
    expect(refused.bob.received()).toEqual([]);
    expect(refused.alice.receivedStatus(503)).toHaveLength(1);
    expect(refused.counted('refused')).toBe(1);
    const passed = await toposStage({ topos: { ...topos, on_error: 'pass' }, routes: withFields(fields) });
    passed.bob.acceptCalls();
    passed.alice.invite(BOB);
    await passed.sim.runFor(500);
    expect(contactOf(passed.bob.received('INVITE')[0])).toBe('<sip:alice@10.0.0.2:5060>');
    expect(passed.alice.receivedStatus(200)).toHaveLength(1);
    expect(passed.counted('passed')).toBe(1);
  });

  it('keeps the parameters that the lists name, of the header and of the URI', async () => {
    const given = '"A" <sip:alice@10.0.0.2:5060;ob;transport=udp;gr=urn:x>;+sip.instance="<urn:uuid:1>";isfocus;q=0.5';
    const contactWith = async (topos: ToposParams) => {
      const { alice, bob, sim } = await toposStage({ topos });
      const invite = alice.invite(BOB).fork();
      invite.headers.set('Contact', given);
      invite.headers.set('Call-ID', 'second');
      invite.headers.replaceFirstValue('Via', 'SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKsecond');
      alice.send(invite.serialize());
      await sim.runFor(100);
      return contactOf(bob.received('INVITE').find(({ callId }) => callId === 'second'));
    };
    expect(await contactWith({})).toMatch(pattern('<sip:KEYB@10.0.0.1>;isfocus'));
    expect(await contactWith({ contact_params: [] })).toMatch(pattern('<sip:KEYB@10.0.0.1>'));
    expect(
      await contactWith({ contact_params: ['+SIP.instance, q'], contact_uri_params: ['OB', 'gr', 'transport'] }),
    ).toMatch(pattern('<sip:KEYB@10.0.0.1;ob;gr=urn:x>;+sip.instance="<urn:uuid:1>";q=0.5'));
  });

  it.each([
    [{ contact_mode: 2, xavu_cfg: 'x' }, 'contact_mode 2 needs xavu_field_a_contact'],
    [{ contact_mode: 3, xavu_cfg: 'x', xavu_field_a_contact_host: 'h' }, 'needs xavu_field_b_contact_host'],
    [{ contact_mode: 2, ...users, xavu_cfg: '' }, 'xavu_field_a_contact needs xavu_cfg'],
    [{ contact_host: 'sbc.example.com:5070' }, 'is not a host'],
    [{ contact_host: 'a b' }, 'is not a host'],
    [{ cparam_name: 'a;b' }, 'cparam_name'],
    [{ context: 'thirteen-char' }, 'at most 12'],
  ] as const)('is refused before anything runs when its parameters do not fit: %j', async (topos, why) => {
    await expect(toposStage({ topos })).rejects.toThrow(why);
  });

  it('keeps the Contact of its dialog in all messages to one side', async () => {
    const { alice, bob } = await shown({ contact_mode: 2, ...users }, { routes: withFields(USERS) });
    const seen = bob.received().flatMap((request) => contactOf(request) ?? []);
    const uris = new Set(seen.map((contact) => parseNameAddr(contact)?.uri));
    expect(uris.size).toBe(1);
    expect(alice.receivedStatus(180).map(contactOf)).toEqual(alice.receivedStatus(200, 'INVITE').map(contactOf));
  });
});
