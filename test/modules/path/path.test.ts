/** path: the forms that the real Kamailio 5.6.3 writes; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { MAX_PATHS, path } from '../../../src/modules/path/path.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { leaving, written } from '../../support/contexts.ts';
import { type From, moduleRig } from '../../support/module-rig.ts';

type Params = Parameters<typeof use<typeof path.decl>>[1];

const start = async (params: Params = {}) => {
  const rig = await moduleRig([use(path, params)]);
  const register = (from?: From) =>
    rig.request(written({ method: 'REGISTER' }), { address: '127.0.0.1', port: 25_991, ...from });
  /** The Path headers as they leave on a listener. */
  const left = (ctx: ReturnType<typeof register>, listen = 0) =>
    leaving(ctx, rig.request(written(), { listen }).received.flow).headers.getAll('Path');
  return { fn: rig.modules.path, register, left };
};
const HERE = '10.0.0.10:15060';

it.each([
  [[], `<sip:${HERE};lr>`],
  [[''], `<sip:${HERE};lr>`],
  [['u'], `<sip:u@${HERE};lr>`],
  [['u', 'p=1'], `<sip:u@${HERE};lr;p=1>`],
] as const)('add(%j) writes %s', async ([user, more]: readonly string[], expected) => {
  const { fn, register, left } = await start();
  const ctx = register();
  expect([fn.add(ctx, user, more), left(ctx)]).toEqual(['added', [expected]]);
});

it.each([
  [[], {}, `<sip:${HERE};lr;received=sip:127.0.0.1:25991>`],
  [['u', 'p=1'], {}, `<sip:u@${HERE};lr;received=sip:127.0.0.1:25991;p=1>`],
  [['u'], { transport: 'tcp' }, `<sip:u@${HERE};lr;received=sip:127.0.0.1:25991%3Btransport%3Dtcp>`],
  [['u'], { address: '2001:db8::1' }, `<sip:u@${HERE};lr;received=sip:[2001:db8::1]:25991>`],
] as const)('addReceived(%j) of %j writes %s', async ([user, more]: readonly string[], from, expected) => {
  const { fn, register, left } = await start();
  const ctx = register(from);
  expect([fn.addReceived(ctx, user, more), left(ctx)]).toEqual(['added', [expected]]);
});

it('writes the source in the form of an alias when asked to', async () => {
  const { fn, register, left } = await start({ received_format: 1, received_name: 'rcv' });
  const ctx = register({ transport: 'tcp' });
  fn.addReceived(ctx);
  expect(left(ctx)).toEqual([`<sip:${HERE};lr;rcv=127.0.0.1~25991~2>`]);
});

it('names the socket that the request leaves from, and its transport', async () => {
  const { fn, register, left } = await start();
  const ctx = register();
  fn.add(ctx);
  expect([left(ctx, 1), left(ctx, 2), left(ctx, 3), left(ctx, 4)]).toEqual([
    ['<sip:10.0.0.11:15070;lr>'],
    [`<sip:${HERE};transport=tcp;lr>`],
    ['<sip:192.0.2.5:5060;lr>'],
    ['<sip:10.0.0.12;lr>'],
  ]);
});

it('writes both sockets when asked to', async () => {
  const { fn, register, left } = await start({ enable_r2: 1 });
  const ctx = register();
  fn.add(ctx, 'u', 'p=1');
  expect(left(ctx, 2)).toEqual([`<sip:u@${HERE};transport=tcp;lr;p=1;r2=on>`, `<sip:u@${HERE};lr;p=1;r2=on>`]);
});

it('stands above the Paths of others, the first one on top', async () => {
  const { fn, register, left } = await start();
  const ctx = register();
  ctx.message.headers.append('Path', '<sip:o@9.9.9.9;lr>');
  fn.add(ctx);
  fn.add(ctx, 'b');
  expect(left(ctx)).toEqual([`<sip:${HERE};lr>`, `<sip:b@${HERE};lr>`, '<sip:o@9.9.9.9;lr>']);
});

it.each([
  ['a@b', ''],
  ['u', 'p=1>'],
  ['u', '?Subject=x'],
  ['u v', ''],
])('refuses user %j with parameters %j, which would be another URI (Kamailio writes it)', async (user, more) => {
  const { fn, register, left } = await start();
  const ctx = register();
  expect([fn.add(ctx, user, more), left(ctx)]).toEqual(['malformed', []]);
});

it('adds no more than a few', async () => {
  const { fn, register, left } = await start();
  const ctx = register();
  for (let i = 0; i < MAX_PATHS; i++) expect(fn.add(ctx)).toBe('added');
  expect([fn.add(ctx), left(ctx).length]).toEqual(['full', MAX_PATHS]);
});

describe('use_received', () => {
  const routed = async (params: Params, received: string) => {
    const rig = await moduleRig([rr, use(path, params)]);
    const ctx = rig.request(written({ headers: [`Route: <sip:${HERE};lr${received}>`] }));
    rig.modules.rr.looseRoute(ctx);
    return ctx.destination.uri;
  };

  it.each([
    [{}, ';received=sip:10.0.0.77:5062', 'sip:10.0.0.77:5062'],
    [{}, ';received=sip:10.0.0.77:5062%3Btransport%3Dtcp', 'sip:10.0.0.77:5062;transport=tcp'],
    [{ received_format: 1, received_name: 'rcv' }, ';rcv=10.0.0.77~5062~2', 'sip:10.0.0.77:5062;transport=tcp'],
    [{ received_format: 1 }, ';received=[2001:db8::7]~5062~1', 'sip:[2001:db8::7]:5062'],
    [{}, '', undefined],
    [{}, ';received=nonsense', undefined],
    [{ received_format: 1 }, ';received=10.0.0.77~5062~9', undefined],
    [{ received_format: 1 }, ';received=a%20b~1~1', undefined],
  ] as const)('%j sends what our own Route%s leads to %s', async (params, received, uri) => {
    expect(await routed({ use_received: 1, ...params }, received)).toBe(uri);
  });

  it('is off unless it is asked for', async () => {
    expect(await routed({}, ';received=sip:10.0.0.77:5062')).toBeUndefined();
  });

  it('needs rr', async () => {
    await expect(moduleRig([use(path, { use_received: 1 })])).rejects.toThrow('path needs the module rr');
  });
});
