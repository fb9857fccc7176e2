/** Methods through topology hiding: inside and outside of dialogs, subscriptions, redirects. */
import { describe, expect, it } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import { answerAs, contactUri, text, toCaller, toLeg } from './topos-parties.ts';
import { BOB, contactOf, recordsOf, routesOf, toposStage, UPSTREAM, viasOf } from './topos-stage.ts';

const CONTACT = [['Contact', `<${BOB}>`]] as const;
const BARE = '<sip:10.0.0.1>';

describe('a request outside of dialogs (behaviour 7)', () => {
  it.each(['OPTIONS', 'MESSAGE', 'INFO', 'NOTIFY', 'UPDATE', 'PRACK', 'BYE', 'FOO'])(
    '%s shows neither side the other and is answered',
    async (method) => {
      const { alice, bob, sim } = await toposStage();
      bob.on('*', (request) => void bob.reply(request, 200, { headers: CONTACT }));
      const sent = alice.request(method, BOB, { callId: 'call', headers: UPSTREAM });
      await sim.runFor(20);
      const [seen] = bob.received(method);
      expect([viasOf(seen).length, recordsOf(seen), contactOf(seen)]).toEqual([1, [], BARE]);
      expect(text(seen)).not.toMatch(/10\.0\.0\.2|10\.0\.7\.2|192\.168/);
      const [reply] = alice.receivedStatus(200);
      expect([viasOf(reply).length, contactOf(reply)]).toEqual([viasOf(sent).length, BARE]);
      expect(recordsOf(reply)).toEqual(recordsOf(sent));
    },
  );

  it.each(['REGISTER', 'PUBLISH'])('%s is left alone', async (method) => {
    const { alice, bob, sim } = await toposStage();
    const sent = alice.request(method, BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    const [seen] = bob.received(method);
    expect([viasOf(seen).length, contactOf(seen)]).toEqual([viasOf(sent).length + 1, alice.contact]);
    expect(recordsOf(seen).slice(1)).toEqual(recordsOf(sent));
  });

  it('of methods_noinitial is left alone, in a dialog it is not', async () => {
    const { alice, bob, sim } = await toposStage({ topos: { methods_noinitial: ['MESSAGE,options'] } });
    bob.acceptCalls();
    for (const method of ['MESSAGE', 'OPTIONS']) alice.request(method, BOB);
    alice.invite(BOB);
    await sim.runFor(20);
    expect(bob.received().map((seen) => `${seen.method} ${viasOf(seen).length}`)).toEqual([
      'MESSAGE 2',
      'OPTIONS 2',
      'INVITE 1',
    ]);
    alice.inDialog('MESSAGE');
    await sim.runFor(20);
    expect(viasOf(bob.received('MESSAGE')[1])).toHaveLength(1);
  });

  it('of methods_nocontact bears no Contact', async () => {
    const { alice, bob, sim } = await toposStage({ topos: { methods_nocontact: ['BYE', 'INFO'] } });
    bob.acceptCalls();
    alice.invite(BOB);
    await sim.runFor(20);
    for (const method of ['INFO', 'PRACK', 'BYE']) alice.inDialog(method);
    await sim.runFor(20);
    expect(['INFO', 'PRACK', 'BYE'].map((method) => bob.received(method)[0]?.headers.has(H.Contact))).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('a request with a To tag of a dialog that nobody knows', () => {
  it('goes where it says, its Vias hidden, and its reply comes back', async () => {
    const { alice, bob, sim } = await toposStage();
    bob.on('*', (request) => void bob.reply(request, 200));
    const sent = alice.request('BYE', BOB, { to: '<sip:bob@example.com>;tag=old', headers: UPSTREAM });
    await sim.runFor(20);
    expect(viasOf(bob.received('BYE')[0])).toHaveLength(1);
    expect(viasOf(alice.receivedStatus(200)[0])).toHaveLength(viasOf(sent).length);
  });
});

describe('a redirect (behaviour 9)', () => {
  it('comes back with its Vias and its Contacts', async () => {
    const { alice, bob, sim } = await toposStage();
    bob.on('INVITE', (request) =>
      answerAs(bob, request, 302, { headers: [['Contact', '<sip:c1@10.9.0.1>;q=1, <sip:c2@10.9.0.2>']] }),
    );
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    const [reply] = alice.receivedStatus(302);
    expect(viasOf(reply)).toHaveLength(viasOf(sent).length);
    expect(contactOf(reply)).toBe('<sip:c1@10.9.0.1>;q=1, <sip:c2@10.9.0.2>');
  });

  it('loses its Contacts where redirect_contacts says drop', async () => {
    const { alice, bob, sim } = await toposStage({ topos: { redirect_contacts: 'drop' } });
    bob.on('INVITE', (request) => answerAs(bob, request, 302, { headers: [['Contact', '<sip:c1@10.9.0.1>']] }));
    alice.invite(BOB);
    await sim.runFor(20);
    expect(contactOf(alice.receivedStatus(302)[0])).toBeUndefined();
  });
});

describe('hop-by-hop requests of ours (behaviour 31)', () => {
  it('bear one Via, that of the INVITE, and no Route', async () => {
    const { alice, bob, sim } = await toposStage();
    bob.acceptCalls([180]);
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    alice.cancel(sent);
    await sim.runFor(20);
    const [invite] = bob.received('INVITE');
    for (const method of ['CANCEL', 'ACK']) {
      const [seen] = bob.received(method);
      expect([viasOf(seen), routesOf(seen), seen?.uri]).toEqual([viasOf(invite), [], BOB]);
    }
    expect(viasOf(alice.receivedStatus(487)[0])).toHaveLength(viasOf(sent).length);
  });

  it('end a re-INVITE too', async () => {
    const { alice, bob, sim } = await toposStage();
    bob.acceptCalls();
    alice.invite(BOB);
    await sim.runFor(20);
    bob.acceptCalls([180]);
    const again = alice.inDialog('INVITE');
    await sim.runFor(20);
    alice.cancel(again);
    await sim.runFor(20);
    expect(bob.received('CANCEL').map(({ uri }) => uri)).toEqual([BOB]);
    expect(alice.receivedStatus(487)).toHaveLength(1);
    alice.on('*', (request) => void alice.reply(request, 200));
    bob.inDialog('BYE');
    await sim.runFor(20);
    expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
  });
});

describe('a subscription (behaviour 33)', () => {
  async function subscribed(expires: number, options: Parameters<typeof toposStage>[0] = {}) {
    const scene = await toposStage(options);
    const { alice, bob, sim } = scene;
    for (const ua of [alice, bob]) ua.on('NOTIFY', (request) => void ua.reply(request, 200));
    alice.request('SUBSCRIBE', BOB, { headers: [['Expires', String(expires)], ...UPSTREAM] });
    await sim.runFor(20);
    const [request] = bob.received('SUBSCRIBE');
    if (request === undefined) throw new Error('no SUBSCRIBE');
    const notify = async (state: string, tag = 'b1', routes: readonly string[] = []) => {
      const headers = [
        ['Subscription-State', state],
        ...routes.map((route) => ['Record-Route', route] as const),
      ] as const;
      toCaller(bob, 'NOTIFY', request, { tag, headers });
      await sim.runFor(20);
      return bob.inbox.responses(undefined, 'NOTIFY').at(-1)?.status;
    };
    const accept = async () => {
      answerAs(bob, request, 200, { headers: [...CONTACT, ['Expires', String(expires)]] });
      await sim.runFor(20);
    };
    return { ...scene, request, notify, accept };
  }

  it('has NOTIFYs before and after its 2xx, hidden both ways', async () => {
    const { alice, notify, accept, request } = await subscribed(600);
    expect(await notify('active')).toBe(200);
    await accept();
    expect(await notify('active')).toBe(200);
    for (const seen of alice.received('NOTIFY')) {
      expect([viasOf(seen).length, contactUri(seen)]).toEqual([1, contactUri(alice.receivedStatus(200)[0])]);
      expect(routesOf(seen)).toEqual(['<sip:10.0.0.2;lr;up=1>', '<sip:10.0.7.2;lr;up=2>']);
    }
    expect(contactOf(request)).toMatch(/^<sip:btpsh-/);
  });

  it('lasts as long as its 2xx says, and as long again when it is refreshed', async () => {
    const { alice, bob, sim, notify, accept } = await subscribed(50_000, { topos: { dialog_expire: 100 } });
    await accept();
    await sim.runFor(49_000_000);
    expect(await notify('active')).toBe(200);
    bob.on('SUBSCRIBE', (again) => answerAs(bob, again, 200, { headers: [...CONTACT, ['Expires', '100000']] }));
    toLeg(alice, 'SUBSCRIBE', alice.receivedStatus(200)[0]);
    await sim.runFor(99_000_000);
    expect(await notify('active')).toBe(200);
    await sim.runFor(101_000_000);
    expect(await notify('active')).toBe(481);
  });

  it('that only fetches has its NOTIFY', async () => {
    const { sim, notify, accept } = await subscribed(0);
    await accept();
    await sim.runFor(30_000);
    expect(await notify('terminated')).toBe(200);
    await sim.runFor(70_000);
    expect(await notify('active')).toBe(481);
  });

  it('that forked below us lives on each leg', async () => {
    const { alice, bob, sim, notify, accept } = await subscribed(600);
    await accept();
    expect(await notify('active', 'b2', ['<sip:10.0.0.3;lr;d=2>'])).toBe(200);
    expect(await notify('terminated', 'b1')).toBe(200);
    await sim.runFor(300_000);
    expect(await notify('active', 'b2')).toBe(200);
    const [two] = alice.received('NOTIFY');
    toLeg(alice, 'SUBSCRIBE', alice.receivedStatus(200)[0], { to: two?.headers.get(H.From) ?? '' });
    await sim.runFor(20);
    expect(routesOf(bob.received('SUBSCRIBE')[1])).toEqual(['<sip:10.0.0.3;lr;d=2>']);
    expect(await notify('terminated', 'b2')).toBe(200);
    await sim.runFor(70_000);
    expect(await notify('active', 'b2')).toBe(481);
  });

  it('by REFER has its NOTIFYs', async () => {
    const { alice, bob, sim } = await toposStage();
    alice.on('NOTIFY', (request) => void alice.reply(request, 200));
    alice.request('REFER', BOB, { headers: [['Refer-To', '<sip:carol@10.0.0.4>']] });
    await sim.runFor(20);
    const [refer] = bob.received('REFER');
    if (refer !== undefined) answerAs(bob, refer, 202, { headers: CONTACT });
    await sim.runFor(20);
    for (const state of ['active', 'terminated']) {
      toCaller(bob, 'NOTIFY', refer, { headers: [['Subscription-State', state]] });
      await sim.runFor(20);
    }
    expect(alice.received('NOTIFY').map(({ uri }) => uri)).toEqual(Array(2).fill('sip:alice@10.0.0.2:5060'));
    expect(bob.receivedStatus(200, 'NOTIFY')).toHaveLength(2);
  });
});
