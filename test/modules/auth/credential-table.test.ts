/** Lines of credentials: what they mean, and what is said about bad ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CredentialTable, expectedHa1 } from '../../../src/modules/auth/credential-table.ts';
import { ha1 } from '../../../src/sip/digest.ts';

const MD5 = 'a'.repeat(32);
const SHA256 = 'b'.repeat(64);

function tableOf(...lines: readonly string[]): CredentialTable {
  const table = new CredentialTable();
  for (const line of lines) expect(table.add(line)).toBeUndefined();
  return table;
}

describe('a line', () => {
  it.each([
    ['alice:secret', 'alice', '', 'secret'],
    ['alice@example.com:se:c@ret', 'alice', 'example.com', 'se:c@ret'],
    ['alice@home@example.com:secret', 'alice@home', 'example.com', 'secret'],
    ['alice@[2001:db8::1]:secret', 'alice', '[2001:db8::1]', 'secret'],
    ['alice:p@[x]:y', 'alice', '', 'p@[x]:y'],
  ])('%s names user, realm and password', (line, user, realm, password) => {
    expect(tableOf(line).find(user, realm)).toMatchObject({ user, password });
    if (realm !== '') expect(tableOf(line).find(user, 'elsewhere')).toBeUndefined();
  });

  it('gives a user hashes of several algorithms beside a password', () => {
    const table = tableOf(`a@r:ha1=${MD5}`, `a@r:ha1=${SHA256.toUpperCase()}`, 'a@r:word');
    expect(table.size).toBe(1);
    expect(table.find('a', 'r')).toEqual({ user: 'a', password: 'word', md5: MD5, sha256: SHA256 });
  });

  it.each([
    'alice',
    'alice:',
    ':hidden',
    '@r:hidden',
    'a@:hidden',
    'a:ha1=hidden',
    'a@r:ha1=hidden',
    `a@r:ha1=${MD5}0`,
    `a:ha1=${MD5}`,
  ])('%s is refused in words that do not repeat it', (line) => {
    const fault = new CredentialTable().add(line);
    expect(fault).toBeDefined();
    expect(fault).not.toContain('hidden');
    expect(fault).not.toContain(MD5);
  });

  it('for the same user and realm a second time is refused', () => {
    const table = tableOf('a@r:one', 'a:two');
    expect(table.add('a@R:hidden')).toBe('a is listed twice');
    expect(table.find('a', 'r')?.password).toBe('one');
  });

  it('is taken up to the limit of the table', () => {
    const table = new CredentialTable(2);
    expect([table.add('a:x'), table.add('b:x'), table.add('c:x')]).toEqual([undefined, undefined, 'more than 2 users']);
    expect(table.add(`a@r:ha1=${MD5}`)).toBe('more than 2 users');
    expect(table.size).toBe(2);
  });
});

describe('finding a user', () => {
  it('prefers the realm, whose case does not matter, to the line without one', () => {
    const table = tableOf('a@Example.com:special', 'a:general');
    expect(table.find('a', 'example.COM')?.password).toBe('special');
    expect(table.find('a', 'other')?.password).toBe('general');
    expect(table.find('A', 'other')).toBeUndefined();
  });

  it('finds nobody by a name that only looks like a key of the table', () => {
    const table = tableOf('a@r:x');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'r', '@', '\0', ':') }), (user) => {
        expect(table.find(user, 'r') !== undefined).toBe(user === 'a' || user === 'a@r');
      }),
    );
  });
});

describe('what to expect of a client', () => {
  it('comes from the stored hash of the algorithm, else from the password, else from nothing', () => {
    const entry = tableOf(`a@r:ha1=${MD5}`, 'a@r:word').find('a', 'r');
    expect(expectedHa1(entry, 'MD5', 'a', 'r')).toEqual({ ha1: MD5, usable: true });
    expect(expectedHa1(entry, 'SHA-512-256', 'a', 'r')).toEqual({
      ha1: ha1('SHA-512-256', 'a', 'r', 'word'),
      usable: true,
    });
    expect(expectedHa1(tableOf(`a@r:ha1=${MD5}`).find('a', 'r'), 'SHA-256', 'a', 'r').usable).toBe(false);
    expect(expectedHa1(undefined, 'MD5', 'a', 'r').usable).toBe(false);
  });
});
