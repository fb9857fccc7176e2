/** The table of tickets: what they stand for, for how long, and how many. */
import { describe, expect, it } from 'vitest';
import {
  type IssuedTicket,
  MAX_TICKETS,
  readTicket,
  requestUri,
  TICKET_MS,
  type TicketTarget,
  ticketId,
  Tickets,
  ticketText,
} from '../../../src/modules/topos/tickets.ts';
import { SimRandom } from '../../../src/testing/sim-random.ts';
import type { Instant } from '../../../src/util/time.ts';
import { trust } from '../../../src/util/trust.ts';

const at = (ms: number): Instant => trust<Instant>(ms);
const target: TicketTarget = { uri: 'sip:c@10.0.0.4', routes: ['<sip:10.0.0.5;lr>'], connection: 7, isMasked: true };

describe('a ticket', () => {
  it('bears 128 random bits and stands for its target until its time is over', () => {
    const tickets = new Tickets();
    const user = tickets.issue(target, new SimRandom(1), at(0));
    expect(user).toMatch(/^rtpsh-[0-9a-f]{32}$/);
    expect(tickets.read(user, at(TICKET_MS - 1))).toBe(target);
    expect(tickets.read(user, at(TICKET_MS))).toBe('unknown');
  });

  it.each([undefined, '', 'bob', 'atpsh-00000000000000000000000000000000', 'rtpsh-0', `rtpsh-${'g'.repeat(32)}`])(
    'is not %s',
    (user) => {
      expect(new Tickets().read(user, at(0))).toBe('none');
    },
  );

  it('makes room for further ones: the oldest goes', () => {
    const tickets = new Tickets();
    const random = new SimRandom(2);
    const first = tickets.issue(target, random, at(0));
    const second = tickets.issue(target, random, at(0));
    for (let i = 2; i <= MAX_TICKETS; i++) tickets.issue(target, random, at(0));
    expect(tickets.size).toBe(MAX_TICKETS);
    expect(tickets.read(first, at(0))).toBe('unknown');
    expect(tickets.read(second, at(0))).toBe(target);
  });
});

describe('a ticket of another node', () => {
  it('is told when it is issued, and serves here for the rest of its time', () => {
    const [theirs, ours] = [new Tickets(), new Tickets()];
    const told: IssuedTicket[] = [];
    theirs.watcher = { issued: (ticket) => void told.push(ticket) };
    const user = theirs.issue(target, new SimRandom(3), at(0));
    const [ticket] = told;
    if (ticket === undefined) throw new Error('not told');
    expect(ticket).toEqual({ id: ticketId(user), target, expires: at(TICKET_MS) });
    expect([...theirs.values()]).toEqual(told);
    ours.adopt({ ...ticket, expires: at(1_500) }, at(1_000));
    expect(ours.read(user, at(1_499))).toBe(target);
    expect(ours.read(user, at(1_500))).toBe('unknown');
  });

  it.each([true, false, undefined])('is read as it was written, but for its connection, isMasked = %s', (isMasked) => {
    const text = ticketText({ ...target, isMasked }, 'me');
    expect(readTicket(text)).toEqual({ owner: 'me', value: { ...target, isMasked, connection: 0 } });
  });

  it.each([
    ['no record', 'x'],
    ['another form', ticketText(target, 'me').replace(/^\[\d+/, '[1')],
    ['no owner', ticketText(target, 'me').replace('"me"', 'null')],
    ['no routes', ticketText(target, 'me').replace('["<sip:10.0.0.5;lr>"]', 'null')],
    ['no SIP address', ticketText({ ...target, uri: 'tel:+1' }, 'me')],
    ['another type', ticketText(target, 'me').replace('true]', '1]')],
  ])('is nothing when it is %s', (_, text) => {
    expect(readTicket(text)).toBeUndefined();
  });
});

describe('a URI for a request line', () => {
  it.each([
    ['sip:c@10.0.0.4', 'sip:c@10.0.0.4'],
    ['sips:c:pw@h:5070;transport=tcp;method=BYE?Subject=x', 'sips:c:pw@h:5070;transport=tcp'],
    ['sip:[2001:db8::1]', 'sip:[2001:db8::1]'],
  ])('is made of %s', (text, expected) => {
    expect(requestUri(text)).toBe(expected);
  });

  it.each(['tel:+1', 'nonsense', ''])('is not made of %s', (text) => {
    expect(requestUri(text)).toBeUndefined();
  });
});
