/** A BYE that the proxy makes itself, to both sides of a hidden call (behaviour 30). */
import { expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import type { SipMessage } from '../../src/sip/message.ts';
import { BOB, routesOf, type ToposModules, toposStage, UPSTREAM, viasOf } from './topos-stage.ts';

interface End {
  readonly contact: string;
  readonly routes: readonly string[];
  readonly tag: string;
}

it('goes to the Contact and along the route set of each side, and tells neither of the other', async () => {
  const given: ToposModules[] = [];
  const asked: RequestContext[] = [];
  const { sim, proxy, alice, bob, carol } = await toposStage({
    routes: (modules) => {
      given.push(modules);
      return {
        request(ctx) {
          if (ctx.message.method === 'OPTIONS') {
            asked.push(ctx);
            return modules.sl.reply(ctx, 200);
          }
          if (ctx.message.toTag === undefined) modules.rr.recordRoute(ctx);
          return modules.tm.relay(ctx);
        },
      };
    },
  });
  bob.on('INVITE', (invite) => bob.reply(invite, 200));
  for (const ua of [alice, bob]) ua.on('BYE', (bye) => void ua.reply(bye, 200));
  const invite = alice.invite(BOB, { headers: UPSTREAM });
  await sim.runFor(100);
  const callId = invite.callId ?? '';
  alice.ack2xx(callId);
  carol.request('OPTIONS', 'sip:10.0.0.1');
  await sim.runFor(100);
  const told: { readonly dialogs: readonly { readonly a: End; readonly b: readonly End[] }[] } = JSON.parse(
    JSON.stringify(await proxy.engine.commands.find('topos.dialog')?.run([callId])),
  );
  const { a, b: [b] = [] } = told.dialogs[0] ?? {};
  const [[ctx], [modules]] = [asked, given];
  if (a === undefined || b === undefined || ctx === undefined || modules === undefined) throw new Error('no dialog');
  const hangUp = (to: End, from: End): void => {
    const names = [`From: <sip:one@example.com>;tag=${from.tag}`, `To: <sip:other@example.com>;tag=${to.tag}`];
    const routes = to.routes.map((route) => `Route: ${route}`);
    const headers = [...names, `Call-ID: ${callId}`, 'CSeq: 9 BYE', ...routes].map((line) => `${line}\r\n`).join('');
    const next = /<([^>]+)>/.exec(to.routes[0] ?? '')?.[1] ?? '';
    expect(modules.tm.send(ctx, 'BYE', to.contact, next, '', headers, '')).toBe('sent');
  };
  hangUp(a, b);
  hangUp(b, a);
  await sim.runFor(100);
  const [toA, toB] = [alice.received('BYE'), bob.received('BYE')];
  expect([toA.length, toB.length]).toEqual([1, 1]);
  expect([toA[0]?.uri, toB[0]?.uri]).toEqual(['sip:alice@10.0.0.2:5060', 'sip:bob@10.0.0.3:5060']);
  expect([routesOf(toA[0]), routesOf(toB[0])]).toEqual([['<sip:10.0.0.2;lr;up=1>', '<sip:10.0.7.2;lr;up=2>'], []]);
  for (const bye of [toA[0], toB[0]])
    expect(viasOf(bye)).toEqual([expect.stringContaining('SIP/2.0/UDP 10.0.0.1:5060;')]);
  expect(textOf(toA[0])).not.toMatch(/10\.0\.0\.3|tpsh-/);
  expect(textOf(toB[0]).replaceAll(callId, '')).not.toMatch(/10\.0\.0\.2|10\.0\.7\.2|192\.168|tpsh-/);
  // Their answers end here.
  expect([
    alice.lines().filter((line) => line.includes('(BYE)')),
    bob.lines().filter((line) => line.includes('(BYE)')),
  ]).toEqual([[], []]);
});

const textOf = (message: SipMessage | undefined): string =>
  message === undefined ? '' : Buffer.from(message.serialize()).toString('latin1');
