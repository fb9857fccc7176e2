/** Methods: whatever a text names, and the same text for each usual one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { methodIn } from '../../src/sip/method.ts';

it.each(['INVITE', 'INFO', 'ACK', 'invite', 'INVITEE', 'INVIT', 'INVOTE', 'SUBSCRIBE', 'X', 'ABCDEFGHIJKLMNOPQRS', ''])(
  'reads %j as it stands',
  (name) => {
    expect(methodIn(`7 ${name} x`, 2, 2 + name.length)).toBe(name);
  },
);

it('reads any part of any text as it stands', () => {
  const letters = fc.string({ unit: fc.constantFrom('A', 'C', 'K', 'B', 'Y', 'E', 'k'), maxLength: 20 });
  fc.assert(
    fc.property(letters, letters, (before, name) => {
      expect(methodIn(before + name, before.length, before.length + name.length)).toBe(name);
    }),
  );
});
