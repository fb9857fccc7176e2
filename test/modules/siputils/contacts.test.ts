/** siputils: Contacts that hide what they named, as Kamailio 5.6.3 writes them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { siputils } from '../../../src/modules/siputils/siputils.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([siputils]);
const fn = rig.modules.siputils;
const CONTACT = '<sip:bob@1.2.3.4:5070;transport=tcp;ob>;q=0.5, "C <x>" <sip:carol:pw@5.6.7.8>';

const request = (contact: string, uri = 'sip:bob@h') => rig.request(written({ uri, headers: [`Contact: ${contact}`] }));
const contactOf = (ctx: ReturnType<typeof request>) => ctx.message.headers.get('Contact');

it('encodes a Contact into the user of ours and decodes it', () => {
  const ctx = request(CONTACT);
  expect(fn.encodeContact(ctx, 'enc', '9.9.9.9')).toBe('changed');
  expect(contactOf(ctx)).toBe(
    '<sip:enc*bob**1.2.3.4*5070*tcp@9.9.9.9>;q=0.5, "C <x>" <sip:enc*carol*pw*5.6.7.8**@9.9.9.9>',
  );
  expect(fn.decodeContactHeader(ctx)).toBe('changed');
  expect(contactOf(ctx)).toBe('<sip:bob@1.2.3.4:5070;transport=tcp>;q=0.5, "C <x>" <sip:carol:pw@5.6.7.8>');
});

it.each([
  ['sip:enc*bob**1.2.3.4*5070*tcp@9.9.9.9', 'changed', 'sip:bob@1.2.3.4:5070;transport=tcp'],
  ['sip:enc***1.2.3.4**@9.9.9.9', 'changed', 'sip:1.2.3.4'],
  ['sip:enc*bob*1.2.3.4*5060*udp@9.9.9.9', 'malformed', 'sip:enc*bob*1.2.3.4*5060*udp@9.9.9.9'],
  ['sip:bob@9.9.9.9', 'malformed', 'sip:bob@9.9.9.9'],
  ['sip:enc*a**1.2.3.4**udp*more@h', 'malformed', 'sip:enc*a**1.2.3.4**udp*more@h'],
  ['tel:+123', 'malformed', 'tel:+123'],
])('a Request-URI %s is %s', (uri, outcome, becomes) => {
  const ctx = request('<sip:a@h>', uri);
  expect(fn.decodeContact(ctx)).toBe(outcome);
  expect(ctx.message.uri).toBe(becomes);
});

it('encodes a Contact into a parameter of ours and decodes it', () => {
  const ctx = request(CONTACT);
  expect(fn.contactParamEncode(ctx, 'cp', 'sip:127.0.0.1:5060')).toBe('changed');
  expect(contactOf(ctx)).toContain('<sip:127.0.0.1:5060;cp=c2lwOmJvYkAxLjIuMy40OjUwNzA7dHJhbnNwb3J0PXRjcDtvYg>;q=0.5');
  expect(fn.contactParamDecode(ctx, 'cp')).toBe('changed');
  expect(contactOf(ctx)).toBe(CONTACT);
  expect(fn.contactParamDecode(ctx, 'cp')).toBe('changed');
  expect(fn.contactParamRm(ctx, 'ob')).toBe('changed');
  expect(contactOf(ctx)).toBe('<sip:bob@1.2.3.4:5070;transport=tcp>;q=0.5, "C <x>" <sip:carol:pw@5.6.7.8>');
});

it.each([
  ['sip:x@y;cp=c2lwOmJvYkAxLjIuMy40', 'changed', 'sip:bob@1.2.3.4'],
  ['sip:x@y;z=1', 'changed', 'sip:x@y;z=1'],
  ['sip:x@y;cp=abc~def', 'malformed', 'sip:x@y;cp=abc~def'],
  ['sip:x@y;cp=AAAA', 'malformed', 'sip:x@y;cp=AAAA'],
])('a parameter of the Request-URI %s: %s', (uri, outcome, becomes) => {
  const ctx = request('<sip:a@h>', uri);
  expect(fn.contactParamDecodeRuri(ctx, 'cp')).toBe(outcome);
  expect(ctx.message.uri).toBe(becomes);
});

it('leaves all Contacts as they are when one cannot be changed, and * alone', () => {
  const mixed = request('<sip:a@h>, <tel:+1>');
  expect(fn.encodeContact(mixed, 'enc', 'h')).toBe('malformed');
  expect(contactOf(mixed)).toBe('<sip:a@h>, <tel:+1>');
  const star = request('*');
  expect(fn.encodeContact(star, 'enc', 'h')).toBe('changed');
  expect(contactOf(star)).toBe('*');
});

it('takes another separator, and without brackets the parameters stay those of the header', async () => {
  const other = await moduleRig([use(siputils, { contact_flds_separator: '-' })]);
  const ctx = other.request(written({ headers: ['Contact: sip:a@1.1.1.1;expires=5'] }));
  other.modules.siputils.encodeContact(ctx, 'e', 'h');
  expect(ctx.message.headers.get('Contact')).toBe('<sip:e-a--1.1.1.1--@h>;expires=5');
});

it('never throws, whatever a peer names', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const ctx = request(text.replace(/[\r\n]/g, ''));
      fn.encodeContact(ctx, 'e', 'h');
      fn.decodeContactHeader(ctx);
      fn.contactParamEncode(ctx, 'cp', 'sip:h');
      fn.contactParamDecode(ctx, 'cp');
      fn.contactParamRm(ctx, 'cp');
    }),
    { numRuns: 200 },
  );
});
