/** textops: answers and places as the real Kamailio 5.6.3 gave them; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import { MAX_REPLY_HEADERS } from '../../../src/modules/textops/header-functions.ts';
import { textops } from '../../../src/modules/textops/textops.ts';
import { RINGING } from '../../sip/messages.ts';
import { rigOf, written } from '../../support/contexts.ts';

const rig = await rigOf([textops]);
const fn = rig.modules.textops;

describe('isMethod', () => {
  it.each([
    ['INVITE', true],
    ['INVITE|ACK', true],
    ['ACK|INVITE|BYE', true],
    ['ACK|BYE', false],
    ['INV', false],
    ['invite', false],
    ['', false],
    ['INVITEX|XINVITE', false],
  ])('finds INVITE in %j: %s', (methods, expected) => {
    expect(fn.isMethod(rig.request(written()), methods)).toBe(expected);
  });

  it('takes the method of a reply from CSeq', () => {
    expect(fn.isMethod(rig.reply(RINGING), 'INVITE')).toBe(true);
    expect(fn.isMethod(rig.reply(RINGING), 'BYE')).toBe(false);
  });
});

describe('hasBody', () => {
  it.each([
    ['', undefined, undefined, false],
    ['', 'application/sdp', 'application/sdp', false],
    ['v=0', undefined, undefined, true],
    ['v=0', 'application/sdp', 'application/sdp', true],
    ['v=0', 'Application/SDP;charset=x', 'application/sdp', true],
    ['v=0', 'application/sdp', 'text/plain', false],
    ['v=0', undefined, 'application/sdp', true],
    ['v=0', undefined, 'text/plain', false],
  ])('of %j, Content-Type %s, asked for %s: %s', (body, type, wanted, expected) => {
    const headers = type === undefined ? [] : [`c: ${type}`];
    expect(fn.hasBody(rig.request(written({ headers, body })), wanted)).toBe(expected);
  });
});

describe('headers', () => {
  const names = (ctx: ReturnType<typeof rig.request>): string[] => ctx.message.headers.fields().map(({ name }) => name);
  const request = () => rig.request(written({ headers: ['s: hi', 'X-Rm: 1', 'x-rm: 2'] }));

  it('are found by long and compact name in any case', () => {
    expect(['s', 'SUBJECT', 'Subject', 'x-RM'].map((name) => fn.isPresentHf(request(), name))).toEqual(
      Array(4).fill(true),
    );
    expect(fn.isPresentHf(request(), 'X-Gone')).toBe(false);
  });

  it('are appended at the end or behind another, inserted at the start or before another', () => {
    const ctx = request();
    expect(fn.appendHf(ctx, 'X-A: 1\r\n')).toBe('added');
    expect(fn.insertHf(ctx, 'X-I: 2\r\n')).toBe('added');
    expect(fn.appendHf(ctx, 'X-B: 4', 'Subject')).toBe('added');
    expect(fn.insertHf(ctx, 'X-C: 5\n', 'Subject')).toBe('added');
    const order = 'X-I Via From To Call-ID CSeq X-C s X-B X-Rm x-rm Content-Length X-A';
    expect(names(ctx)).toEqual(order.split(' '));
  });

  it('go to the end or the start when the other one is not there', () => {
    const ctx = request();
    fn.appendHf(ctx, 'X-A: 1', 'X-Gone');
    fn.insertHf(ctx, 'X-I: 2', 'X-Gone');
    expect([names(ctx).at(0), names(ctx).at(-1)]).toEqual(['X-I', 'X-A']);
  });

  it('are removed all at once, and only once', () => {
    const ctx = request();
    expect([fn.removeHf(ctx, 'X-RM'), fn.removeHf(ctx, 'X-RM')]).toEqual(['removed', 'absent']);
    expect(fn.isPresentHf(ctx, 'X-Rm')).toBe(false);
  });

  it.each(['', 'no colon', ': no name', 'X Y: z', 'X-A: 1\r\nX-B: 2', 'X-A: 1\r\n\r\nbody', 'X-A: 1\0', 'X-A: \r2'])(
    'are refused when %j is not exactly one (Kamailio writes it as it is)',
    (text) => {
      const ctx = request();
      expect([fn.appendHf(ctx, text), fn.insertHf(ctx, text), fn.appendToReply(ctx, text)]).toEqual(
        Array(3).fill('malformed'),
      );
      expect(ctx.message.serialize().toString('latin1')).toBe(ctx.message.raw);
      expect(ctx.state.replyHeaders).toEqual([]);
    },
  );

  it('are kept for the replies made here', () => {
    const ctx = request();
    expect(fn.appendToReply(ctx, 'Retry-After: 5\r\n')).toBe('added');
    rig.engine.reply(ctx, { status: 503 });
    expect(rig.engine.replies.stateless(ctx.message, { status: 503 }, ctx.state).headers.get('Retry-After')).toBe('5');
  });

  it(`for replies are at most ${MAX_REPLY_HEADERS}`, () => {
    const ctx = request();
    const outcomes = Array.from({ length: MAX_REPLY_HEADERS + 1 }, () => fn.appendToReply(ctx, 'X-A: 1'));
    expect(outcomes.indexOf('full')).toBe(MAX_REPLY_HEADERS);
    expect(ctx.state.replyHeaders).toHaveLength(MAX_REPLY_HEADERS);
  });
});

describe('search', () => {
  it('sees the whole message as it would leave, edits included (Kamailio sees the one received)', () => {
    const ctx = rig.request(written({ body: 'v=0 SDP' }));
    expect(fn.search(ctx, '^call-id: C1@')).toBe(true);
    expect(fn.search(ctx, 'x-new')).toBe(false);
    fn.appendHf(ctx, 'X-New: 1');
    expect(fn.search(ctx, 'x-new')).toBe(true);
  });

  it('of the body sees nothing else', () => {
    const ctx = rig.request(written({ body: 'v=0 SDP' }));
    expect(fn.searchBody(ctx, 'sdp$')).toBe(true);
    expect(fn.searchBody(ctx, 'call-id')).toBe(false);
  });

  it('with a broken expression throws: it is the fault of the route', () => {
    expect(() => fn.search(rig.request(written()), '(')).toThrow(SyntaxError);
  });
});
