/** tmx: what each kind of route sees, as the real Kamailio 5.6.3 showed it; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import { ReplyContext, type RequestContext } from '../../../src/engine/context.ts';
import type { Functions } from '../../../src/engine/declaration.ts';
import { pv } from '../../../src/modules/pv/pv.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import type { TmxApi } from '../../../src/modules/tmx/api.ts';
import { tmx } from '../../../src/modules/tmx/tmx.ts';
import { formatBranch } from '../../../src/transaction/branch.ts';
import { trust } from '../../../src/util/trust.ts';
import { response } from '../../sip/messages.ts';
import { written } from '../../support/contexts.ts';
import { deskOf } from '../pv/desk.ts';

const desk = await deskOf([tmx, tm, pv]);
// What the module that was listed gives.
const fn = trust<Functions<typeof tmx.decl>>(desk.functions('tmx'));
const { scopes } = trust<TmxApi>(desk.api('tmx'));

const busy = (index: number) =>
  [
    'SIP/2.0 486 Busy Here',
    `Via: SIP/2.0/UDP 127.0.0.1:16760;branch=${formatBranch({ node: 0, worker: 0, id: 'x', index })}`,
    'Via: SIP/2.0/UDP 127.0.0.1:16999;branch=z9hG4bKa1',
    'From: <sip:alice@example.com>;tag=f1',
    'To: <sip:bob@example.org>;tag=t2',
    'Call-ID: c1@x',
    'CSeq: 1 INVITE',
    'X-R: 1',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

const request = desk.request(written());
const branch = request.derive(request.message.fork(), { route: 'branch', branchIndex: 1 });
const failed = request.derive(request.message.fork(), {
  route: 'failure',
  winning: { status: 486, reason: 'Busy Here', response: response(busy(1)) },
});
const timedOut = request.derive(request.message.fork(), {
  route: 'failure',
  winning: { status: 408, reason: 'Request Timeout', response: undefined },
});
const replied = new ReplyContext(
  { message: response(busy(2)), received: request.received, exchange: request.exchange, request },
  'onreply',
);
const core = desk.reply(busy(2));

describe('what this is about', () => {
  it.each<[string, RequestContext | ReplyContext, number, number, string]>([
    ['a request', request, 0, 0, ''],
    ['a branch', branch, 1, 0, ''],
    ['a reply of a branch', replied, 2, 486, 'Busy Here'],
    ['a reply before it is matched', core, -1, 486, 'Busy Here'],
  ])('in the route of %s', (_, ctx, index, code, reason) => {
    const read = (name: string) => desk.read(ctx, name);
    expect([read('$T_branch_idx'), read('$T_reply_code'), read('$T_reply_reason')]).toEqual([index, code, reason]);
    expect([read('$T(branch_index)'), read('$T(reply_code)'), read('$T(reply_reason)')]).toEqual([index, code, reason]);
  });

  it('in a failure route is the winning reply', () => {
    expect([desk.read(failed, '$T_reply_code'), desk.read(failed, '$T_reply_reason')]).toEqual([486, 'Busy Here']);
    expect([desk.read(failed, '$T(reply_type)'), desk.read(timedOut, '$T(reply_type)')]).toEqual([0, 1]);
    expect(desk.read(failed, '$rs')).toBeNull();
  });

  it('has a method, and nothing under another name', () => {
    expect([desk.read(replied, '$T(method)'), desk.read(core, '$T(method)'), desk.read(request, '$T(x)')]).toEqual([
      'INVITE',
      null,
      null,
    ]);
  });
});

describe('another message of the transaction', () => {
  it('is the request, from its replies', () => {
    expect(scopes.T_req(replied)).toBe(request);
    expect(scopes.T_req(failed)).toBe(failed);
    expect(scopes.T_req(core)).toBeUndefined();
  });

  it('is the reply that won, in a failure route', () => {
    const ctx = scopes.T_rpl(failed);
    expect(ctx && ['$rs', '$rr', '$hdr(X-R)'].map((name) => desk.read(ctx, name))).toEqual([486, 'Busy Here', '1']);
    expect(ctx?.state).toBe(request.state);
    expect([scopes.T_rpl(timedOut), scopes.T_rpl(request), scopes.T_rpl(replied)]).toEqual([
      undefined,
      undefined,
      replied,
    ]);
  });

  it('hands on what was read there', () => {
    expect(desk.read(request, '$T_req(486)')).toBe('486');
  });
});

describe('the kind of route', () => {
  it.each<[string, RequestContext | ReplyContext, readonly boolean[]]>([
    ['request', request, [true, false, false, false]],
    ['branch', branch, [false, true, false, false]],
    ['failure', failed, [false, false, true, false]],
    ['onreply', replied, [false, false, false, true]],
    ['reply', core, [false, false, false, true]],
  ])('is known in %s', (_, ctx, expected) => {
    expect([fn.isRequestRoute(ctx), fn.isBranchRoute(ctx), fn.isFailureRoute(ctx), fn.isReplyRoute(ctx)]).toEqual(
      expected,
    );
  });

  it('never holds a request that is repeated, which Kamailio tells with 1', () => {
    expect(fn.precheck(request)).toBe(false);
  });
});
