/** lookup() and its kin, on contexts: results as Kamailio 5.6.3 gave them to the same requests. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import type { ParamInputs } from '../../../src/engine/spec.ts';
import { registrar } from '../../../src/modules/registrar/registrar.ts';
import { usrloc } from '../../../src/modules/usrloc/usrloc.ts';
import { leaving, rigOf, written } from '../../support/contexts.ts';

type Params = ParamInputs<(typeof registrar)['decl']['params']>;

async function rig(params: Params = {}, location: ParamInputs<(typeof usrloc)['decl']['params']> = {}) {
  const made = await rigOf([use(usrloc, location), use(registrar, params)]);
  let cseq = 0;
  const register = (headers: readonly string[], listen?: string): string => {
    const text = written({ uri: 'sip:example.com', method: 'REGISTER', headers }).replace(
      'CSeq: 1 ',
      `CSeq: ${++cseq} `,
    );
    return atOnce(made.modules.registrar.save(made.request(text, listen), 'location'));
  };
  const to = (uri: string, method = 'INVITE', toTag?: string): RequestContext =>
    made.request(written({ uri, method, ...(toTag === undefined ? {} : { toTag }) }));
  return { ...made, register, to, reg: made.modules.registrar };
}

/** Without a store nothing waits. */
function atOnce<T>(outcome: T | Promise<T>): T {
  if (outcome instanceof Promise) throw new Error('it waits');
  return outcome;
}

const BOB = 'sip:bob@example.com';
const uris = (ctx: RequestContext): readonly string[] => [ctx.message.uri, ...ctx.branches.map(({ uri }) => uri)];

describe('save', () => {
  it('says what it did', async () => {
    const { register } = await rig({ max_contacts: 2 });
    expect(register(['Contact: <sip:b@h>'])).toBe('created');
    expect(register(['Contact: <sip:b@h>'])).toBe('updated');
    expect(register([])).toBe('listed');
    expect(register(['Contact: <sip:b@h>;expires=0'])).toBe('removed');
    expect(register(['Contact: <sip:b@h>;expires=0'])).toBe('unchanged');
    expect(register(['Contact: <sip:1@h>, <sip:2@h>, <sip:3@h>'])).toBe('tooMany');
    expect(register(['Contact: <sip:b@h>;q=2'])).toBe('error');
    expect(register(['Contact: *', 'Expires: 0'])).toBe('removed');
  });

  it('keeps one contact a user with flag 4, the first that stays', async () => {
    const { reg, request, to } = await rig();
    const save = (cseq: number, contacts: string): string => {
      const text = written({ uri: 'sip:h', method: 'REGISTER', headers: [`Contact: ${contacts}`] });
      return atOnce(reg.save(request(text.replace('CSeq: 1 ', `CSeq: ${cseq} `)), 'location', 4));
    };
    expect(save(1, '<sip:a@h>')).toBe('created');
    expect(save(2, '<sip:x@h>;expires=0, <sip:b@h>, <sip:c@h>')).toBe('created');
    expect(save(3, '<sip:b@h>, <sip:c@h>')).toBe('updated');
    const call = to(BOB);
    expect(reg.lookup(call, 'location')).toBe('found');
    expect(uris(call)).toEqual(['sip:b@h']);
  });

  it('does not answer with flag 2, and leaves its headers to the route with flag 16', async () => {
    const { reg, request, sim } = await rig();
    const ctx = request(written({ uri: 'sip:h', method: 'REGISTER', headers: ['Contact: <sip:a@h>'] }));
    expect(reg.save(ctx, 'location', 2 | 16)).toBe('created');
    expect(ctx.state.replyHeaders).toEqual([['Contact', '<sip:a@h>;expires=3600']]);
    expect(sim.wire.lines()).toEqual([]);
    expect(reg.save(request(written({ method: 'REGISTER', headers: ['Contact: *'] })), 'location', 2)).toBe('error');
    expect(sim.wire.lines()).toEqual([]);
  });

  it('takes the address of record that the route names', async () => {
    const { reg, request, to } = await rig();
    const ctx = request(written({ uri: 'sip:h', method: 'REGISTER', headers: ['Contact: <sip:a@h>'] }));
    atOnce(reg.save(ctx, 'location', 0, 'sip:carol@example.com'));
    expect(reg.registered(to('sip:carol@example.com'), 'location')).toBe(true);
    expect(reg.registered(to(BOB), 'location')).toBe(false);
    expect(reg.registered(to(BOB), 'location', 'sip:carol@example.com')).toBe(true);
    expect(reg.registered(to(BOB), 'location', 'garbage')).toBe(false);
    expect(reg.registered(to('sip:carol@example.com'), 'elsewhere')).toBe(false);
  });
});

describe('lookup', () => {
  it('makes the best contact the Request-URI and branches of the others, in the order of q', async () => {
    const { reg, register, to } = await rig();
    register(['Contact: <sip:a@h>;q=0.5, <sip:b@h>;q=0.9, <sip:c@h>, <sip:d@h>;q=0.9']);
    const call = to(BOB);
    expect(reg.lookup(call, 'location')).toBe('found');
    expect(uris(call)).toEqual(['sip:b@h', 'sip:d@h', 'sip:a@h', 'sip:c@h']);
    expect(call.branches.map(({ q }) => q)).toEqual([900, 500, 1000]);
  });

  it('makes no branches when append_branches is off', async () => {
    const { reg, register, to } = await rig({ append_branches: 'off' });
    register(['Contact: <sip:a@h>, <sip:b@h>']);
    const call = to(BOB);
    atOnce(reg.lookup(call, 'location'));
    expect(uris(call)).toEqual(['sip:a@h']);
  });

  it.each([
    ['sip:nobody@example.com', 'notFound'],
    ['tel:+123', 'notFound'],
    ['sip:example.com', 'notFound'],
    ['isbn:123', 'error'],
  ])('says of %s: %s', async (uri, outcome) => {
    const { reg, to } = await rig();
    const call = to(uri);
    expect(reg.lookup(call, 'location')).toBe(outcome);
    expect(uris(call)).toEqual([uri]);
  });

  it('leaves out contacts that do not accept the method, outside of dialogs', async () => {
    const { reg, register, to } = await rig({ method_filtering: 'on' });
    register(['Contact: <sip:a@h>;methods="INVITE,ACK,BYE"']);
    expect(reg.lookup(to(BOB, 'INVITE'), 'location')).toBe('found');
    expect(reg.lookup(to(BOB, 'MESSAGE'), 'location')).toBe('methodNotAllowed');
    expect(reg.lookup(to(BOB, 'MESSAGE', 'tag'), 'location')).toBe('found');
    register(['Contact: <sip:a@h>', 'Allow: INVITE, ACK']);
    expect(reg.lookup(to(BOB, 'OPTIONS'), 'location')).toBe('methodNotAllowed');
    register(['Contact: <sip:a@h>;methods="INVITE,FOO"']);
    expect(reg.lookup(to(BOB, 'FOO'), 'location')).toBe('found');
    register(['Contact: <sip:a@h>']);
    expect(reg.lookup(to(BOB, 'MESSAGE'), 'location')).toBe('found');
  });

  it('sends to where the REGISTER came from, out of the listener it came in on, with its branch flags', async () => {
    const { reg, request, to } = await rig({ received_avp: '$avp(RECEIVED)' });
    const ctx = request(
      written({ method: 'REGISTER', headers: ['Contact: <sip:a@192.168.0.1>'] }),
      'udp:10.0.0.11:15070',
    );
    ctx.state.avps.set('RECEIVED', ['sip:203.0.113.9:4711']);
    ctx.branchFlags = 64;
    atOnce(reg.save(ctx, 'location'));
    const call = to(BOB);
    call.branchFlags = 1;
    atOnce(reg.lookup(call, 'location'));
    expect(call.message.uri).toBe('sip:a@192.168.0.1');
    expect(call.destination.uri).toBe('sip:203.0.113.9:4711');
    expect(call.destination.listener?.local.port).toBe(15070);
    expect(call.branchFlags).toBe(65);
  });

  it('sends along the Path, each contact along its own', async () => {
    const { reg, register, to, flow } = await rig({ use_path: 'on', path_mode: 'off' });
    register(['Contact: <sip:a@h>;q=1', 'Path: <sip:p1;lr>, <sip:p2;lr>']);
    register(['Contact: <sip:b@h>;q=0.5', 'Path: <sip:p3;lr>']);
    const call = to(BOB);
    atOnce(reg.lookup(call, 'location'));
    expect(call.destination.uri).toBe('sip:p1;lr');
    expect(call.branches[0]?.destination.uri).toBe('sip:p3;lr');
    expect(leaving(call, flow()).headers.getAll('Route')).toEqual(['<sip:p1;lr>, <sip:p2;lr>']);
    expect(call.branches[0]?.destination.route).toBe('<sip:p3;lr>');
    call.destination.uri = 'sip:voicemail@h';
    expect(leaving(call, flow()).headers.getAll('Route')).toEqual([]);
  });

  it('leaves out a first hop of the Path that is ourselves, when path_check_local is on', async () => {
    const { reg, register, to, flow } = await rig({ use_path: 'on', path_mode: 'off', path_check_local: 'on' });
    register(['Contact: <sip:a@h>', 'Path: <sip:10.0.0.12;lr>, <sip:p2;lr>']);
    const call = to(BOB);
    atOnce(reg.lookup(call, 'location'));
    expect(call.destination.uri).toBe('sip:p2;lr');
    expect(leaving(call, flow()).headers.getAll('Route')).toEqual(['<sip:p2;lr>']);
  });

  it('finds the user that the route names', async () => {
    const { reg, register, to } = await rig();
    register(['Contact: <sip:b@h>']);
    const call = to('sip:x@example.com');
    expect(reg.lookup(call, 'location', BOB)).toBe('found');
    expect(uris(call)).toEqual(['sip:b@h']);
  });
});

it('lookup_to_dset makes branches and leaves the Request-URI', async () => {
  const { reg, register, to } = await rig();
  register(['Contact: <sip:a@h>, <sip:b@h>']);
  const call = to(BOB);
  expect(reg.lookupToDset(call, 'location')).toBe('found');
  expect(uris(call)).toEqual([BOB, 'sip:a@h', 'sip:b@h']);
});

it('lookup_branches looks up the branches that have no destination too', async () => {
  const { reg, register, request, to } = await rig();
  register(['Contact: <sip:a@h>, <sip:b@h>']);
  const carol = written({ method: 'REGISTER', headers: ['Contact: <sip:c@h>, <sip:d@h>'] });
  atOnce(reg.save(request(carol), 'location', 0, 'sip:carol@example.com'));
  const call = to(BOB);
  call.appendBranch('sip:carol@example.com');
  call.appendBranch('sip:nobody@example.com');
  expect(reg.lookupBranches(call, 'location')).toBe('found');
  expect(uris(call)).toEqual(['sip:a@h', 'sip:c@h', 'sip:d@h', 'sip:nobody@example.com', 'sip:b@h']);
  expect(reg.lookupBranches(to('sip:nobody@example.com'), 'location')).toBe('notFound');
});

describe('unregister', () => {
  it('removes all contacts of a user, or one by its name', async () => {
    const { reg, register, to } = await rig();
    register(['Contact: <sip:a@h>, <sip:b@h>']);
    const call = to(BOB);
    expect(reg.fetchContacts(call, 'location', BOB, 'p')).toBe('fetched');
    expect(reg.unregister(call, 'location', BOB, 'unknown')).toBe('notFound');
    expect(reg.unregister(call, 'location', 'garbage')).toBe('error');
    expect(reg.unregister(call, 'location', BOB)).toBe('removed');
    expect(reg.registered(call, 'location')).toBe(false);
    expect(reg.unregister(call, 'location', BOB)).toBe('removed');
    expect(reg.fetchContacts(call, 'location', BOB, 'q')).toBe('notFound');
    expect(reg.freeContacts(call, 'p')).toBe('freed');
    expect(reg.freeContacts(call, 'p')).toBe('notFound');
  });
});

it('keeps at most 16 profiles of fetched contacts for a request', async () => {
  const { reg, register, to } = await rig();
  register(['Contact: <sip:a@h>']);
  const call = to(BOB);
  for (let i = 0; i < 16; i++) expect(reg.fetchContacts(call, 'location', BOB, `p${i}`)).toBe('fetched');
  expect(reg.fetchContacts(call, 'location', BOB, 'p16')).toBe('full');
  expect(reg.fetchContacts(call, 'location', BOB, 'p0')).toBe('fetched');
});

it('add_sock_hdr tells the registrar behind us where a request came in, and sock_flag makes it believe that', async () => {
  const { reg, request, to } = await rig({ sock_flag: 3, sock_hdr_name: 'X-Sock' });
  const edge = request(written({ method: 'REGISTER' }), 'udp:10.0.0.11:15070');
  reg.addSockHdr(edge, 'X-Sock');
  expect(edge.message.headers.get('X-Sock')).toBe('udp:10.0.0.11:15070');
  for (const flags of [0, 8]) {
    const headers = ['Contact: <sip:a@h>', 'X-Sock: udp:10.0.0.11:15070'];
    const ctx = request(written({ method: 'REGISTER', headers }).replace('c1@', `c${flags}@`));
    ctx.state.flags = flags;
    atOnce(reg.save(ctx, 'location'));
    const call = to(BOB);
    atOnce(reg.lookup(call, 'location'));
    expect(call.destination.listener?.local.port).toBe(flags === 0 ? 15060 : 15070);
  }
});

it('declares the numbers that kamailio.cfg sees', () => {
  expect(registrar.decl.functions.save.returns).toMatchObject({
    created: 1,
    updated: 2,
    removed: 3,
    listed: 4,
    error: -1,
    tooMany: -2,
  });
  expect(registrar.decl.functions.lookup.returns).toEqual({ found: 1, notFound: -1, methodNotAllowed: -2, error: -3 });
});
