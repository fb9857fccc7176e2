/** Call-IDs of other calls in Replaces, Join, Target-Dialog, In-Reply-To and in the URI of a Refer-To. */
import { describe, expect, it } from 'vitest';
import { type CallReference, translateReferences } from '../../../src/modules/topos/call-references.ts';
import { SipRequest } from '../../../src/sip/message.ts';

function translated(name: string, value: string, translate: (reference: CallReference) => string | undefined) {
  const request = SipRequest.create('INVITE', 'sip:bob@example.com');
  request.headers.append(name, value);
  translateReferences(request, translate);
  return request.headers.get(name);
}

const swap = ({ callId }: CallReference): string | undefined => (callId === 'one@h' ? 'two' : undefined);

describe('a reference to another call', () => {
  it.each([
    ['Replaces', 'one@h;to-tag=a;from-tag=b', 'two;to-tag=a;from-tag=b'],
    ['Replaces', ' one@h ; to-tag=a;early-only;from-tag=b', 'two; to-tag=a;early-only;from-tag=b'],
    ['replaces', 'one@h;from-tag=b;to-tag=a', 'two;from-tag=b;to-tag=a'],
    ['Join', 'one@h;to-tag=a;from-tag=b', 'two;to-tag=a;from-tag=b'],
    ['Target-Dialog', 'one@h;local-tag=a;remote-tag=b', 'two;local-tag=a;remote-tag=b'],
    ['In-Reply-To', 'zero@h, one@h,three', 'zero@h, two, three'],
    [
      'Refer-To',
      '<sip:c@h?Replaces=one%40h%3Bto-tag%3Da%3Bfrom-tag%3Db>',
      '<sip:c@h?Replaces=two%3Bto-tag%3Da%3Bfrom-tag%3Db>',
    ],
    [
      'Refer-To',
      'Carol <sip:c@h;method=INVITE?Subject=x&replaces=one%40h%3Bto-tag%3Da&Require=replaces>;x=1',
      'Carol <sip:c@h;method=INVITE?Subject=x&replaces=two%3Bto-tag%3Da&Require=replaces>;x=1',
    ],
    ['r', '<sip:c@h?Join=one@h%3Bto-tag%3Da>', '<sip:c@h?Join=two%3Bto-tag%3Da>'],
  ])('in %s: %s', (name, value, expected) => {
    expect(translated(name, value, swap)).toBe(expected);
  });

  it.each([
    ['Replaces', 'other@h;to-tag=a'],
    ['Replaces', 'one@h;;'],
    ['Replaces', ''],
    ['Refer-To', '<sip:c@h>'],
    ['Refer-To', '<sip:c@h?Subject=one%40h>'],
    ['Refer-To', '<sip:c@h?Replaces>'],
    ['Refer-To', 'not an address ? at all'],
    ['Subject', 'one@h'],
  ])('is none, and the bytes stay: %s: %s', (name, value) => {
    expect(translated(name, value, swap)).toBe(value);
  });

  it('is shown with its tags and with the request that it is for', () => {
    const seen: CallReference[] = [];
    translated('Refer-To', '<sip:c@h?Replaces=a%3Bto-tag%3Dx>', (reference) => void seen.push(reference));
    translated('Replaces', 'b;to-tag=y', (reference) => void seen.push(reference));
    expect(seen.map(({ callId, isForLater, params }) => [callId, isForLater, params.get('to-tag')])).toEqual([
      ['a', true, 'x'],
      ['b', false, 'y'],
    ]);
  });

  it('survives an id that has to be escaped in a URI', () => {
    const made = translated('Refer-To', '<sip:c@h?Replaces=one%40h%3Bto-tag%3Da>', () => 'a"b%<c>@d');
    expect(made).toBe('<sip:c@h?Replaces=a%22b%25%3Cc%3E%40d%3Bto-tag%3Da>');
  });
});
