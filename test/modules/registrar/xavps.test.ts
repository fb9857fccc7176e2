/** What scripts say to the registrar in structured AVPs and hear from it there, and replies that wait for their route. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { pv } from '../../../src/modules/pv/pv.ts';
import { registrar } from '../../../src/modules/registrar/registrar.ts';
import { usrloc } from '../../../src/modules/usrloc/usrloc.ts';
import { ScriptedUa } from '../../../src/testing.ts';
import { H } from '../../../src/sip/header-names.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';
import { desk, OK, PROXY, refused } from './desk.ts';

type Params = Parameters<typeof use<typeof registrar.decl>>[1];

async function rigWith(params: Params = {}) {
  const named = { xavp_cfg: 'reg', xavp_rcd: 'rcd', ...params };
  const rig = await moduleRig([pv, usrloc, use(registrar, named)], {
    listen: ['udp:10.0.0.10:5060', 'udp:10.0.0.11:5060'],
  });
  const fn = rig.modules.registrar;
  let cseq = 0;
  const request = (contact: string, said: Readonly<Record<string, string | number>> = {}): RequestContext => {
    const ctx = rig.request(written({ headers: contact === '' ? [] : [`Contact: ${contact}`] }));
    ctx.message.uri = 'sip:alice@example.com';
    ctx.message.headers.set(H.To, '<sip:alice@example.com>');
    ctx.message.headers.set(H.CSeq, `${++cseq} REGISTER`);
    let first = true;
    for (const [field, value] of Object.entries(said)) {
      rig.write(ctx, 'xavp', `reg${first ? '' : '[0]'}=>${field}`, value);
      first = false;
    }
    return ctx;
  };
  const save = (contact: string, said: Readonly<Record<string, string | number>> = {}) =>
    fn.save(request(contact, said), 'location', 2);
  const contacts = () => JSON.stringify(rig.rpc('ul.dump'));
  const rcd = (ctx: RequestContext) =>
    ['ruid', 'contact', 'expires', 'received', 'path'].map((field) => rig.read(ctx, 'xavp', `rcd=>${field}`));
  return { ...rig, fn, request, save, contacts, rcd };
}

describe('xavp_cfg in save', () => {
  it('limits the contacts of this user', async () => {
    const { save } = await rigWith({ max_contacts: 1 });
    expect([await save('<sip:a@1.1.1.1>', { max_contacts: 2 }), await save('<sip:b@1.1.1.1>')]).toEqual([
      'created',
      'tooMany',
    ]);
    expect(await save('<sip:b@1.1.1.1>', { max_contacts: 2 })).toBe('created');
    expect(await save('<sip:c@1.1.1.1>', { max_contacts: 2 })).toBe('tooMany');
  });

  it('says preference and seconds, whatever the contact says', async () => {
    const { save, contacts } = await rigWith();
    await save('<sip:a@1.1.1.1>;q=0.3;expires=3600', { q: 900, expires: 120 });
    expect(contacts()).toContain('"Expires":120,"Q":0.9');
  });

  it('says the socket to send from; one that is not ours changes nothing', async () => {
    const { save, contacts } = await rigWith();
    await save('<sip:a@1.1.1.1>', { socket: 'udp:10.0.0.11:5060' });
    expect(contacts()).toContain('"Socket":"udp:10.0.0.11:5060"');
    await save('<sip:a@1.1.1.1>', { socket: 'udp:10.9.9.9:5060' });
    expect(contacts()).toContain('"Socket":"udp:10.0.0.10:5060"');
  });

  it('has no meaning without the parameter, and what is no number none at all', async () => {
    const off = await rigWith({ xavp_cfg: 'other' });
    await off.save('<sip:a@1.1.1.1>', { expires: 120 });
    expect(off.contacts()).toContain('"Expires":3600');
    const on = await rigWith();
    await on.save('<sip:a@1.1.1.1>', { expires: 'soon' });
    expect(on.contacts()).toContain('"Expires":3600');
  });
});

describe('xavp_rcd', () => {
  it('describes the contact that lookup made the Request-URI', async () => {
    const rig = await rigWith({ use_path: 'on', path_mode: 'off' });
    await rig.save('<sip:a@1.1.1.1>;q=0.1');
    await rig.save('<sip:b@1.1.1.1>;q=0.9');
    const ctx = rig.request('');
    expect(await rig.fn.lookup(ctx, 'location')).toBe('found');
    expect(rig.rcd(ctx)).toEqual([expect.stringMatching(/./), 'sip:b@1.1.1.1', 3600, null, null]);
  });

  it('leaves out what the mask says', async () => {
    const rig = await rigWith({ xavp_rcd_mask: 5 });
    await rig.save('<sip:a@1.1.1.1>');
    const ctx = rig.request('');
    rig.fn.registered(ctx, 'location');
    expect(rig.rcd(ctx)).toEqual([null, 'sip:a@1.1.1.1', null, null, null]);
  });

  it('is not written when nothing was found, or when registered is told so', async () => {
    const rig = await rigWith();
    const ctx = rig.request('');
    rig.fn.registered(ctx, 'location');
    await rig.save('<sip:a@1.1.1.1>');
    rig.fn.registered(ctx, 'location', undefined, 0, 2);
    expect(rig.rcd(ctx)).toEqual([null, null, null, null, null]);
  });
});

describe('registered', () => {
  it.each([
    [0, {}, true],
    [1, { match_callid: 'nope' }, false],
    [0, { match_callid: 'nope' }, true],
    [4, { match_contact: 'sip:a@1.1.1.1' }, true],
    [4, { match_contact: 'sip:b@1.1.1.1' }, false],
    [2, { match_received: 'sip:9.9.9.9' }, false],
    [7, {}, true],
    [5, { match_contact: 'sip:a@1.1.1.1', match_callid: 'nope' }, false],
  ])('with the bits %i matches %j: %s', async (bits, said, expected) => {
    const rig = await rigWith();
    await rig.save('<sip:a@1.1.1.1>');
    expect(rig.fn.registered(rig.request('', said), 'location', undefined, bits)).toBe(expected);
  });

  it('matches the Call-ID of the REGISTER', async () => {
    const rig = await rigWith();
    await rig.save('<sip:a@1.1.1.1>');
    const callId = rig.request('').message.callId ?? '';
    expect(rig.fn.registered(rig.request('', { match_callid: callId }), 'location', undefined, 1)).toBe(true);
  });
});

it('lookup_filter_mode 1 finds contacts with a branch flag of the script only', async () => {
  const rig = await rigWith({ lookup_filter_mode: 1 });
  const register = rig.request('<sip:a@1.1.1.1>');
  register.branchFlags = 64;
  await rig.fn.save(register, 'location', 2);
  expect(await rig.fn.lookup(rig.request('', { rlf_bflags: 64 }), 'location')).toBe('found');
  expect(await rig.fn.lookup(rig.request('', { rlf_bflags: 128 }), 'location')).toBe('notFound');
  expect(await rig.fn.lookup(rig.request(''), 'location')).toBe('found');
});

it('lookup_filter_mode 2 leaves out contacts whose connection is closed', async () => {
  const found = async (lookup_filter_mode: number) => {
    const outcomes: unknown[] = [];
    const { sim, ask } = await desk({
      registrar: { lookup_filter_mode },
      route(modules, ctx) {
        if (ctx.message.method === 'REGISTER') return undefined;
        outcomes.push(modules.registrar.lookup(ctx, 'location'));
        return modules.sl.reply(ctx, 200, 'OK');
      },
    });
    const local = { address: '10.0.0.2', port: 5060 };
    const phone = await ScriptedUa.start({
      ...{ world: sim.host('10.0.0.2'), local, proxy: PROXY, transport: 'tcp', user: 'alice', domain: 'example.com' },
    });
    phone.register();
    await sim.runFor(100);
    const there = { method: 'OPTIONS', uri: 'sip:alice@example.com' };
    await ask([], there);
    phone.close();
    await sim.runFor(100);
    await ask([], there);
    return outcomes;
  };
  expect([await found(0), await found(2)]).toEqual([
    ['found', 'found'],
    ['found', 'notFound'],
  ]);
});

describe('reg_send_reply', () => {
  const later = {
    route: (
      modules: Parameters<NonNullable<NonNullable<Parameters<typeof desk>[0]>['route']>>[0],
      ctx: RequestContext,
    ) => {
      if (ctx.message.method === 'REGISTER') void modules.registrar.save(ctx, 'location', 2);
      return modules.registrar.sendReply(ctx);
    },
  };

  it('sends what save left out', async () => {
    const { ask } = await desk(later);
    expect(await ask(['Contact: <sip:a@1.1.1.1>'])).toEqual([OK, 'Contact: <sip:a@1.1.1.1>;expires=3600']);
    expect(await ask(['Contact: *'])).toEqual(refused('400 Bad Request', '* used in contact and expires is not zero'));
  });

  it('is an empty 200 where save left out nothing', async () => {
    const { ask } = await desk(later);
    expect(await ask([], { method: 'OPTIONS' })).toEqual([OK]);
  });
});

it('a profile that was never fetched can be freed, as there is nothing left of it', async () => {
  const rig = await rigWith();
  expect(rig.fn.freeContacts(rig.request(''), 'zz')).toBe('notFound');
  expect(registrar.decl.functions.freeContacts.returns.notFound).toBe(1);
});
