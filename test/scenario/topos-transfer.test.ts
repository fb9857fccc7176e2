/** REFER and 3xx through topology hiding: who is sent somewhere gets a ticket, and the ticket leads there. */
import { describe, expect, it } from 'vitest';
import { CallIdMask } from '../../src/modules/topos/callid-mask.ts';
import { MAX_REDIRECTS } from '../../src/modules/topos/redirects.ts';
import { TICKET_MS } from '../../src/modules/topos/tickets.ts';
import { parseNameAddr } from '../../src/sip/name-addr.ts';
import type { ScriptedUa } from '../../src/testing.ts';
import { answerAs } from './topos-parties.ts';
import { BOB, contactOf, recordsOf, routesOf, toposStage, type ToposStageOptions, viasOf } from './topos-stage.ts';

const CAROL = 'sip:carol@10.0.0.4:5060';
const ALICE = 'sip:alice@10.0.0.2:5060';
const TICKET = 'sip:rtpsh-[0-9a-f]{32}@10\\.0\\.0\\.1';

type Stage = Awaited<ReturnType<typeof toposStage>>;

/** Everybody answers calls and all else. */
async function scene(options: ToposStageOptions = {}): Promise<Stage> {
  const stage = await toposStage(options);
  for (const ua of [stage.alice, stage.bob, stage.carol]) ua.acceptCalls();
  return stage;
}

/** A call; gives its Call-ID as the caller knows it. */
async function call({ sim }: Stage, from: ScriptedUa, to: string): Promise<string> {
  const invite = from.invite(to);
  await sim.runFor(200);
  from.ack2xx(invite.callId);
  await sim.runFor(100);
  return invite.callId ?? '';
}

const referToOf = (ua: ScriptedUa): string => ua.received('REFER').at(-1)?.headers.get('Refer-To') ?? '';
const uriIn = (value: string): string => parseNameAddr(value)?.uri ?? '';
const tagOf = (address: string): string => parseNameAddr(address)?.params.get('tag') ?? '';
const escapedReplaces = (callId: string, to: string, from: string): string =>
  `Replaces=${encodeURIComponent(`${callId};to-tag=${to};from-tag=${from}`)}`;

/** Refers the other end of this call, and gives what that is told. */
async function refer({ sim }: Stage, who: ScriptedUa, callId: string, to: string, whom: ScriptedUa): Promise<string> {
  who.inDialog('REFER', { callId, headers: [['Refer-To', to]] });
  await sim.runFor(100);
  return referToOf(whom);
}

describe('a REFER (behaviour 32)', () => {
  it('to the other end of another call becomes a ticket, and the call that follows arrives there', async () => {
    const stage = await scene();
    const { alice, bob, carol, sim } = stage;
    const first = await call(stage, bob, ALICE);
    const second = await call(stage, bob, CAROL);
    const shown = await refer(stage, bob, first, `<${bob.dialog(second).target}>`, alice);
    expect(shown).toMatch(new RegExp(`^<${TICKET}>$`));
    expect(stage.counted('tickets')).toBe(1);
    carol.inbox.clear();
    const invite = alice.invite(uriIn(shown));
    await sim.runFor(200);
    const [arrived] = carol.received('INVITE');
    expect(arrived?.uri).toBe(CAROL);
    expect(viasOf(arrived)).toHaveLength(1);
    expect(contactOf(arrived)).toContain('btpsh-');
    alice.ack2xx(invite.callId);
    alice.bye(invite.callId);
    await sim.runFor(200);
    expect(carol.received('ACK')).toHaveLength(1);
    expect(carol.received('BYE')).toHaveLength(1);
  });

  it('to who is behind proxies of their own becomes a ticket that leads along those', async () => {
    const stage = await scene();
    const { alice, bob, carol, sim } = stage;
    const first = await call(stage, bob, ALICE);
    carol.on('INVITE', (invite) => {
      const route = '<sip:10.0.0.4;lr;of=carol>';
      answerAs(carol, invite, 200, { tag: 'c', headers: [['Contact', '<sip:phone@10.9.0.1>']], recordRoutes: [route] });
    });
    const second = await call(stage, bob, CAROL);
    const shown = await refer(stage, bob, first, `<${bob.dialog(second).target}>`, alice);
    carol.inbox.clear();
    alice.invite(uriIn(shown));
    await sim.runFor(200);
    const [arrived] = carol.received('INVITE');
    expect(arrived?.uri).toBe('sip:phone@10.9.0.1');
    expect(routesOf(arrived)).toEqual(['<sip:10.0.0.4;lr;of=carol>']);
    expect(recordsOf(arrived)).toEqual([]);
  });

  it('to whom the sender was called by, and to the one it refers, is mapped as well', async () => {
    const stage = await scene();
    const { alice, bob, carol, sim } = stage;
    const first = await call(stage, alice, BOB);
    await call(stage, carol, BOB);
    const [, second] = bob.received('INVITE').map(({ callId }) => callId ?? '');
    const toCarol = await refer(stage, bob, first, `<${bob.dialog(second).target}>`, alice);
    const toAlice = await refer(stage, bob, first, `<${bob.dialog(first).target}>`, alice);
    carol.inbox.clear();
    alice.invite(uriIn(toCarol));
    bob.invite(uriIn(toAlice));
    await sim.runFor(200);
    expect(carol.received('INVITE').map(({ uri }) => uri)).toEqual([CAROL]);
    expect(alice.received('INVITE').map(({ uri }) => uri)).toEqual([ALICE]);
  });

  it('keeps method, headers, name and parameters of the Refer-To', async () => {
    const stage = await scene();
    const { alice, bob } = stage;
    const first = await call(stage, bob, ALICE);
    const second = await call(stage, bob, CAROL);
    const key = bob.dialog(second).target;
    const shown = await refer(
      stage,
      bob,
      first,
      `"Carol" <${key};method=INVITE?Subject=x&Require=replaces>;a=b`,
      alice,
    );
    expect(shown).toMatch(new RegExp(`^"Carol" <${TICKET};method=INVITE\\?Subject=x&Require=replaces>;a=b$`));
    expect(await refer(stage, bob, first, key, alice)).toMatch(new RegExp(`^<${TICKET}>$`));
  });

  it.each([
    ['a name of the world', '<sip:carol@example.com>'],
    ['a key of nobody', `<sip:atpsh-${'0'.repeat(32)}@10.0.0.1>`],
    ['no SIP address', '<tel:+15550100>'],
    ['nothing to be read', '<<>>'],
  ])('to %s stays as it is', async (_, to) => {
    const stage = await scene();
    const first = await call(stage, stage.bob, ALICE);
    expect(await refer(stage, stage.bob, first, to, stage.alice)).toBe(to);
    expect(stage.counted('tickets')).toBe(0);
  });

  it('with the key that the other side of its own call was shown stays as it is', async () => {
    const stage = await scene();
    const { alice, bob } = stage;
    const first = await call(stage, bob, ALICE);
    const notOurs = `<${alice.dialog(first).target}>`;
    expect(await refer(stage, bob, first, notOurs, alice)).toBe(notOurs);
  });

  it('shows the real address where an event route shows everything', async () => {
    const stage = await scene({
      events: {
        'topos:msg-outgoing'(ctx) {
          const flow = 'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
          return flow?.remote.address === '10.0.0.2' ? ctx.drop() : undefined;
        },
      },
    });
    const { alice, bob } = stage;
    const first = await call(stage, bob, ALICE);
    const second = await call(stage, bob, CAROL);
    expect(await refer(stage, bob, first, `<${bob.dialog(second).target}>`, alice)).toBe(`<${CAROL}>`);
  });

  it.each([0, 1] as const)('that replaces a call names it as its parties know it, mask_callid = %i', async (masks) => {
    const mask = new CallIdMask('s');
    const stage = await scene({ topos: { mask_callid: masks, secret: 's' } });
    const { alice, bob, carol, sim } = stage;
    const first = await call(stage, bob, ALICE);
    const second = await call(stage, bob, CAROL);
    const { remote, local, target } = bob.dialog(second);
    const replaces = escapedReplaces(second, tagOf(remote), tagOf(local));
    const aliceKnowsFirst = alice.received('INVITE')[0]?.callId ?? '';
    expect(aliceKnowsFirst).toBe(masks === 1 ? mask.mask(first) : first);
    const shown = await refer(stage, bob, first, `<${target}?${replaces}>`, alice);
    const carolKnows = carol.received('INVITE')[0]?.callId ?? '';
    expect(decodeURIComponent(uriIn(shown).split('?')[1] ?? '')).toBe(
      `Replaces=${carolKnows};to-tag=${tagOf(remote)};from-tag=${tagOf(local)}`,
    );
    carol.inbox.clear();
    const [ticket = '', headers = ''] = uriIn(shown).split('?');
    alice.invite(ticket, { headers: [['Replaces', decodeURIComponent(headers.slice('Replaces='.length))]] });
    await sim.runFor(200);
    expect(carol.received('INVITE')[0]?.headers.get('Replaces')).toBe(
      `${carolKnows};to-tag=${tagOf(remote)};from-tag=${tagOf(local)}`,
    );
  });

  it('that replaces a call which its target began names it as that knows it, and shows nobody else that id', async () => {
    const mask = new CallIdMask('s');
    const stage = await scene({ topos: { mask_callid: 1, secret: 's' } });
    const { alice, bob, carol, sim } = stage;
    const first = await call(stage, bob, ALICE);
    const second = await call(stage, carol, BOB);
    const bobKnows = mask.mask(second) ?? '';
    const { remote, local, target } = bob.dialog(bobKnows);
    const replaces = escapedReplaces(bobKnows, tagOf(remote), tagOf(local));
    const shown = await refer(stage, bob, first, `<${target}?${replaces}>`, alice);
    expect(decodeURIComponent(shown)).not.toContain(second);
    carol.inbox.clear();
    const [ticket = '', headers = ''] = uriIn(shown).split('?');
    alice.invite(ticket, { headers: [['Replaces', decodeURIComponent(headers.slice('Replaces='.length))]] });
    await sim.runFor(200);
    expect(carol.received('INVITE')[0]?.uri).toBe(CAROL);
    expect(carol.received('INVITE')[0]?.headers.get('Replaces')).toBe(
      `${second};to-tag=${tagOf(remote)};from-tag=${tagOf(local)}`,
    );
  });
});

describe('a ticket', () => {
  async function ticketed() {
    const stage = await scene({ topos: { redirect_contacts: 'mask' } });
    const { alice, bob, sim } = stage;
    bob.on('INVITE', (request) => void bob.reply(request, 302, { headers: [['Contact', `<${CAROL}>`]] }));
    const invite = alice.invite(BOB);
    await sim.runFor(100);
    const [redirect] = alice.receivedStatus(302);
    if (redirect !== undefined) alice.ackNegative(invite, redirect);
    await sim.runFor(100);
    return { ...stage, ticket: uriIn(contactOf(redirect) ?? '') };
  }

  it('serves everybody, again and again, for its time and no longer', async () => {
    const { alice, bob, carol, sim, ticket } = await ticketed();
    alice.request('OPTIONS', ticket);
    bob.request('OPTIONS', ticket);
    await sim.runFor(TICKET_MS - 1_000);
    alice.request('OPTIONS', ticket);
    await sim.runFor(100);
    expect(carol.received('OPTIONS').map(({ uri }) => uri)).toEqual([CAROL, CAROL, CAROL]);
    await sim.runFor(1_000);
    alice.request('OPTIONS', ticket);
    await sim.runFor(100);
    expect(carol.received('OPTIONS')).toHaveLength(3);
    expect(alice.receivedStatus(404)).toHaveLength(1);
  });

  it('is of no use inside a dialog', async () => {
    const { alice, sim, ticket } = await ticketed();
    alice.request('INFO', ticket, { to: '<sip:x@example.com>;tag=1' });
    await sim.runFor(100);
    expect(alice.receivedStatus(481)).toHaveLength(1);
  });

  it('carries the CANCEL of its INVITE, even when it has run out', async () => {
    const { alice, carol, sim, ticket } = await ticketed();
    carol.acceptCalls([180]);
    await sim.runFor(TICKET_MS - 2_000);
    const invite = alice.invite(ticket);
    await sim.runFor(3_000);
    alice.cancel(invite);
    await sim.runFor(200);
    expect(carol.received('CANCEL')).toHaveLength(1);
    expect(alice.receivedStatus(487)).toHaveLength(1);
  });
});

describe('Contacts of a 3xx', () => {
  async function redirected(options: ToposStageOptions, contacts: readonly string[]) {
    const stage = await scene(options);
    const { alice, bob, sim } = stage;
    bob.on('INVITE', (request) => {
      bob.reply(request, 302, { headers: contacts.map((contact) => ['Contact', contact] as const) });
    });
    const invite = alice.invite(BOB);
    await sim.runFor(100);
    const [redirect] = alice.receivedStatus(302);
    return { ...stage, invite, redirect, shown: redirect?.headers.values('Contact') ?? [] };
  }
  const both = [`"C" <${CAROL};user=phone>;q=0.7;expires=60;x=y`, '<sip:dan@10.0.0.9>;q=0.1'];

  it.each([
    ['keep', both],
    ['drop', []],
  ] as const)(
    'stay or go with redirect_contacts = %s, and the Vias are back (behaviour 9)',
    async (policy, expected) => {
      const { redirect, shown, invite } = await redirected({ topos: { redirect_contacts: policy } }, both);
      expect(shown).toEqual(expected);
      expect(viasOf(redirect)).toEqual([`${viasOf(invite)[0]?.replace(';rport', ';rport=5060')};received=10.0.0.2`]);
    },
  );

  it('become tickets with mask: preference and lifetime stay, and each leads to its own address', async () => {
    const { shown, alice, carol, sim } = await redirected({ topos: { redirect_contacts: 'mask' } }, both);
    expect(shown).toEqual([
      expect.stringMatching(new RegExp(`^<${TICKET}>;q=0\\.7;expires=60$`)),
      expect.stringMatching(new RegExp(`^<${TICKET}>;q=0\\.1$`)),
    ]);
    alice.request('OPTIONS', uriIn(shown[0] ?? ''));
    await sim.runFor(100);
    expect(carol.received('OPTIONS')[0]?.uri).toBe(`${CAROL};user=phone`);
  });

  it('that are no SIP addresses stay, those beyond the limit go', async () => {
    const mask = { topos: { redirect_contacts: 'mask' } } as const;
    expect((await redirected(mask, ['<tel:+15550100>'])).shown).toEqual(['<tel:+15550100>']);
    const many = Array.from({ length: MAX_REDIRECTS + 1 }, (_, i) => `<sip:u${i}@10.0.0.4>`);
    expect((await redirected(mask, many)).shown).toHaveLength(MAX_REDIRECTS);
    expect((await redirected(mask, ['<sip:10.0.0.4', '%'])).shown).toEqual([]);
  });
});
