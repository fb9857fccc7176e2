/** The ACK to a 2xx of an INVITE of our own (RFC 3261 section 13.2.2.4). */
import { expect, it } from 'vitest';
import { SipRequest } from '../../src/sip/message.ts';
import { buildDialogAck } from '../../src/sip/reply.ts';
import { response } from './messages.ts';

const invite = SipRequest.create('INVITE', 'sip:bob@example.org');
for (const [name, value] of [
  ['From', '<sip:a@b>;tag=1'],
  ['To', '<sip:c@d>'],
  ['Call-ID', 'x'],
  ['CSeq', '7 INVITE'],
] as const)
  invite.headers.append(name, value);

const ok = (...lines: readonly string[]): string =>
  [
    'SIP/2.0 200 OK',
    'From: <sip:a@b>;tag=1',
    'To: <sip:c@d>;tag=2',
    'Call-ID: x',
    'CSeq: 7 INVITE',
    ...lines,
    '',
    '',
  ].join('\r\n');

it('goes to the Contact, along Record-Route backwards, with the tags of the dialog and no Via yet', () => {
  const ack = buildDialogAck(
    invite,
    response(
      ok('Contact: <sip:desk@10.0.0.9;x=1>', 'Record-Route: <sip:p1;lr>, <sip:p2;lr>', 'Record-Route: <sip:p3;lr>'),
    ),
  );
  expect(ack.serialize().toString('latin1').split('\r\n')).toEqual([
    'ACK sip:desk@10.0.0.9;x=1 SIP/2.0',
    'Max-Forwards: 70',
    'Route: <sip:p3;lr>',
    'Route: <sip:p2;lr>',
    'Route: <sip:p1;lr>',
    'From: <sip:a@b>;tag=1',
    'To: <sip:c@d>;tag=2',
    'Call-ID: x',
    'CSeq: 7 ACK',
    'Content-Length: 0',
    '',
    '',
  ]);
});

it('goes where the INVITE went when the reply has no Contact', () => {
  expect(buildDialogAck(invite, response(ok())).uri).toBe('sip:bob@example.org');
});
