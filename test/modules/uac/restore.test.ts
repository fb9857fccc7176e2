/** Replaced From and To along a whole dialog; texts and parameters are those of the real Kamailio 5.6.3. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Use, use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { sl } from '../../../src/modules/sl/sl.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { decodeUri, encodeUris, MAX_KEPT_URI } from '../../../src/modules/uac/restore-code.ts';
import { uac } from '../../../src/modules/uac/uac.ts';
import type { SipMessage } from '../../../src/sip/message.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../../src/testing.ts';

const PROXY = { address: '10.0.0.10', port: 5060 };
const ALICE = 'sip:alice@example.org';

type UacParams = typeof uac extends { decl: infer _ } ? Use<(typeof uac)['decl']>['params'] : never;

interface Case {
  readonly params?: UacParams;
  readonly ftag?: 0 | 1;
  readonly manual?: boolean;
  readonly from?: readonly [string, string?];
  readonly to?: readonly [string, string?];
}

const shown = (message: SipMessage | undefined): string =>
  [message?.headers.get('From'), message?.headers.get('To')].map((text) => (text ?? '').replace(/;.*/, '')).join(' ');

async function dialog({ params = {}, ftag = 1, manual = false, from, to }: Case) {
  const sim = new Simulator();
  const restored: boolean[] = [];
  const routes = defineRoutes([use(rr, { append_fromtag: ftag }), sl, tm, use(uac, params)], (on) => ({
    request(ctx) {
      if (ctx.message.toTag !== undefined) {
        on.rr.looseRoute(ctx);
        if (manual) restored.push(on.uac.restoreFrom(ctx), on.uac.restoreFrom(ctx));
        return on.tm.relay(ctx);
      }
      on.rr.recordRoute(ctx);
      if (from !== undefined) on.uac.replaceFrom(ctx, ...from);
      if (to !== undefined) on.uac.replaceTo(ctx, ...to);
      return on.tm.relay(ctx);
    },
  }));
  await simulateProxy(sim, routes, { listen: ['udp:10.0.0.10:5060'] });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      proxy: PROXY,
      domain: 'example.org',
    });
  const alice = await agent('alice', '10.0.0.1');
  const bob = await agent('bob', '10.0.0.2');
  bob.acceptCalls([180, 200]);
  alice.acceptCalls();
  alice.invite('sip:bob@10.0.0.2', { from: `"Alice" <${ALICE}>;tag=a1`, to: '<sip:bob@example.org>' });
  await sim.runFor(1_000);
  alice.ack2xx();
  await sim.runFor(1_000);
  alice.inDialog('INFO');
  await sim.runFor(1_000);
  bob.bye();
  await sim.runFor(1_000);
  return { alice, bob, restored };
}

describe('restore_mode auto', () => {
  it.each([
    [
      'a longer From',
      { from: ['sip:anonymous@anonymous.invalid'] },
      '<sip:anonymous@anonymous.invalid>',
      'vsf=AAAAAAACBg0cLQoNEi0RAgpAFh8IdXMuaW52YWxpZA--',
    ],
    ['a shorter From', { from: ['sip:x@y'] }, '<sip:x@y>', 'vsf=AAAAABksEGNlQGV4YW1wbGUub3Jn'],
    [
      'under a password',
      { from: ['sip:x@y'], params: { restore_passwd: 'pw123' } },
      '<sip:x@y>',
      'vsf=cHcxMipcZ1JXcxUPUF9DHBIfXUEX',
    ],
    [
      'under another name',
      { from: ['sip:x@y'], params: { rr_from_store_param: 'ff' } },
      '<sip:x@y>',
      'ff=AAAAABksEGNlQGV4YW1wbGUub3Jn',
    ],
  ] as const)('keeps %s, and gives each side what it knows', async (_, given, address, param) => {
    const { alice, bob } = await dialog({ ...given });
    const theirs = `"Alice" ${address} <sip:bob@example.org>`;
    const own = `"Alice" <${ALICE}> <sip:bob@example.org>`;
    expect(bob.received('INVITE')[0]?.headers.get('Record-Route')).toBe(`<sip:10.0.0.10;lr;ftag=a1;${param}>`);
    expect(bob.received().map((request) => `${request.method} ${shown(request)}`)).toEqual([
      `INVITE ${theirs}`,
      `ACK ${theirs}`,
      `INFO ${theirs}`,
    ]);
    const relayed = alice.receivedStatus().filter(({ status }) => status > 100);
    expect(relayed.map(shown)).toEqual([own, own, own]);
    expect(alice.receivedStatus(200)).toHaveLength(2);
    expect(shown(alice.received('BYE')[0])).toBe(`<sip:bob@example.org> "Alice" <${ALICE}>`);
    expect(shown(bob.receivedStatus(200, 'BYE')[0])).toBe(`<sip:bob@example.org> "Alice" ${address}`);
  });

  it('keeps From and To, and a display name only until the reply', async () => {
    const { alice, bob } = await dialog({ from: ['sip:x@y'], to: ['"Rob"', 'sip:robert@example.com'] });
    expect(bob.received('INVITE')[0]?.headers.get('Record-Route')).toBe(
      '<sip:10.0.0.10;lr;ftag=a1;vsf=AAAAABksEGNlQGV4YW1wbGUub3Jn;vst=AAAAABAAACUXDCEICA0IXgMXSWNvbQ-->',
    );
    expect(shown(bob.received('INVITE')[0])).toBe('"Alice" <sip:x@y> "Rob" <sip:robert@example.com>');
    expect(shown(bob.received('INFO')[0])).toBe('"Alice" <sip:x@y> <sip:robert@example.com>');
    expect(shown(alice.receivedStatus(200)[0])).toBe(`"Alice" <${ALICE}> <sip:bob@example.org>`);
    expect(shown(alice.received('BYE')[0])).toBe(`"Rob" <sip:bob@example.org> "Alice" <${ALICE}>`);
    expect(shown(bob.receivedStatus(200, 'BYE')[0])).toBe('"Rob" <sip:robert@example.com> "Alice" <sip:x@y>');
  });

  it('says the original URI in an AVP', async () => {
    const seen: unknown[] = [];
    const sim = new Simulator();
    const routes = defineRoutes([rr, tm, use(uac, { restore_from_avp: '$avp(was)' })], (on) => ({
      request(ctx) {
        on.uac.replaceFrom(ctx, 'sip:x@y');
        seen.push(ctx.state.avps.get('was'));
      },
    }));
    await simulateProxy(sim, routes, { listen: ['udp:10.0.0.10:5060'] });
    const world = sim.host('10.0.0.1');
    const ua = await ScriptedUa.start({ world, local: { address: '10.0.0.1', port: 5060 }, user: 'a', proxy: PROXY });
    ua.request('OPTIONS', 'sip:b@c', { from: `<${ALICE}>;tag=1` });
    await sim.runFor(100);
    expect(seen).toEqual([[ALICE]]);
  });
});

it('restores replies alone in mode manual, and requests when it is told to', async () => {
  const from = ['sip:x@y'] as const;
  const { alice, bob, restored } = await dialog({ from, params: { restore_mode: 'manual' } });
  expect(shown(alice.receivedStatus(200)[0])).toContain(ALICE);
  expect(shown(bob.received('INFO')[0])).toContain(ALICE);
  expect(restored).toEqual([]);
  const told = await dialog({ from, params: { restore_mode: 'manual' }, manual: true });
  expect(shown(told.bob.received('INFO')[0])).toBe('"Alice" <sip:x@y> <sip:bob@example.org>');
  expect(shown(told.alice.received('BYE')[0])).toBe(`<sip:bob@example.org> "Alice" <${ALICE}>`);
  expect(told.restored.slice(2)).toEqual([true, true, true, true]);
});

it('restores replies alone where the direction cannot be told', async () => {
  const { alice, bob } = await dialog({ from: ['sip:x@y'], ftag: 0 });
  expect(bob.received('INVITE')[0]?.headers.get('Record-Route')).toBe('<sip:10.0.0.10;lr>');
  expect(shown(alice.receivedStatus(200)[0])).toContain(ALICE);
});

it('leaves everything as it was replaced in mode none', async () => {
  const { alice, bob, restored } = await dialog({ from: ['sip:x@y'], params: { restore_mode: 'none' }, manual: true });
  expect(bob.received('INVITE')[0]?.headers.get('Record-Route')).toBe('<sip:10.0.0.10;lr;ftag=a1>');
  expect(shown(alice.receivedStatus(200)[0])).toContain('sip:x@y');
  expect(restored).toEqual(restored.map(() => false));
});

describe('a kept URI', () => {
  const uri = fc.stringMatching(/^sip:[a-z0-9@.;=]{1,40}$/);

  it('is found again from either of the two', () => {
    fc.assert(
      fc.property(uri, uri, fc.string({ maxLength: 9 }), (before, after, password) => {
        const kept = encodeUris(before, after, password);
        expect(kept).toMatch(/^[A-Za-z0-9+/-]*$/);
        expect(decodeUri(kept, after, password)).toBe(before);
        expect(decodeUri(kept, before, password)).toBe(after);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['', 'AAA', '!!!!', 'AA==', 'AAAA'])('is not read out of %j', (text) => {
    expect(decodeUri(text, 'sip:alice@example.org', '')).toBeUndefined();
  });

  it('that is made up changes nothing unless it is a URI', () => {
    expect(decodeUri(encodeUris('sip:a@b', 'sip:a@b', ''), 'sip:a@b', '')).toBe('sip:a@b');
  });

  it.each([
    [MAX_KEPT_URI, true],
    [MAX_KEPT_URI + 1, false],
  ])('of %i bytes is kept: %s', async (length, isKept) => {
    const { bob } = await dialog({ from: [`sip:${'x'.repeat(length - 6)}@y`] });
    expect(bob.received('INVITE')[0]?.headers.get('Record-Route')?.includes(';vsf=')).toBe(isKept);
  });
});
