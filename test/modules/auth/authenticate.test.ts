/** Every outcome of the check, every edge of its limits, and that nothing but valid credentials passes it. */
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestContext } from '../../../src/engine/context.ts';
import { MAX_USERNAME } from '../../../src/modules/auth/presented.ts';
import { NonceFactory } from '../../../src/sip/nonce.ts';
import { parseCredentials } from '../../../src/sip/credentials.ts';
import { Simulator } from '../../../src/testing.ts';
import {
  type Answer,
  answerParams,
  contextOf,
  credentials,
  digestOf,
  openDesk,
  REALM,
  requestWith,
  SECRET,
} from './desk.ts';

const ALICE = { credentials: ['alice:wonderland'] };

interface Vector {
  readonly user: string;
  readonly realm: string;
  readonly pw: string;
  readonly method: string;
  readonly uri: string;
  readonly algorithm: Answer['algorithm'];
  readonly qop: 'auth' | 'auth-int' | null;
}
const vectorsUrl = new URL('../../sip/vectors/digest.json', import.meta.url);
const vectors: readonly Vector[] = JSON.parse(readFileSync(vectorsUrl, 'utf8'));

describe('valid credentials', () => {
  it.each(vectors)('of the published examples are accepted: $user, $algorithm, qop $qop', (vector) => {
    const { user, realm, method, uri, algorithm } = vector;
    const desk = openDesk({ credentials: [`${user}:${vector.pw}`], algorithm: ['MD5', 'SHA-256', 'SHA-512-256'] });
    const qop = vector.qop ?? undefined;
    const value = credentials({
      user,
      password: vector.pw,
      realm,
      method,
      uri,
      algorithm,
      qop,
      nonce: desk.nonce(realm),
    });
    const ctx = requestWith(value, { method, uri: 'sip:example.com' });
    expect(desk.auth.authenticate(ctx, realm)).toBe('ok');
    expect(ctx.state.avps.get('auth_user')).toEqual([user]);
    expect(ctx.state.avps.get('auth_realm')).toEqual([realm]);
  });

  it.each([
    ['MD5', 'md5'],
    ['SHA-256', 'sha256'],
  ] as const)('are checked against a stored %s hash', (algorithm, hash) => {
    const stored = createHash(hash).update(`alice:${REALM}:wonderland`).digest('hex');
    const desk = openDesk({ credentials: [`alice@${REALM}:ha1=${stored}`], algorithm });
    const right = credentials({ nonce: desk.nonce(), algorithm });
    const wrong = credentials({ nonce: desk.nonce(), algorithm, password: 'Wonderland' });
    expect(desk.auth.authenticate(requestWith(right))).toBe('ok');
    expect(desk.auth.authenticate(requestWith(wrong))).toBe('wrongPassword');
  });

  it('have the domain of From as realm, in lower case, unless the route names another', () => {
    const desk = openDesk(ALICE);
    const from = '<sip:alice@EXAMPLE.com>';
    expect(desk.auth.authenticate(requestWith(credentials({ nonce: desk.nonce() }), { from }))).toBe('ok');
    expect(desk.auth.authenticate(requestWith(credentials({ nonce: desk.nonce() }), { from }), '')).toBe('ok');
    expect(desk.auth.authenticate(requestWith(credentials({ nonce: desk.nonce() })), 'other.example')).toBe(
      'noCredentials',
    );
    const other = credentials({ nonce: desk.nonce('other.example'), realm: 'other.example' });
    expect(desk.auth.authenticate(requestWith(other), 'other.example')).toBe('ok');
  });

  it('are for the realm without the prefix that is to be cut off', () => {
    const desk = openDesk({ ...ALICE, realm_prefix: 'sip.' });
    const value = credentials({ nonce: desk.nonce() });
    expect(desk.auth.authenticate(requestWith(value), 'sip.example.com')).toBe('ok');
    expect(desk.auth.authenticate(requestWith(value), 'example.com')).toBe('ok');
    expect(desk.auth.authenticate(requestWith(value), 'sip.')).toBe('noCredentials');
  });

  it('are found among those for other realms and schemes', () => {
    const desk = openDesk(ALICE);
    const mine = credentials({ nonce: desk.nonce() });
    const other = credentials({ nonce: 'x', realm: 'other.example' });
    expect(desk.auth.authenticate(requestWith(['Basic YTpi', other, mine]))).toBe('ok');
  });

  it('are read from Authorization or Proxy-Authorization as the function says', () => {
    const desk = openDesk(ALICE);
    const invite = requestWith(credentials({ nonce: desk.nonce() }));
    expect(desk.auth.proxyAuthenticate(invite)).toBe('ok');
    expect(desk.auth.wwwAuthenticate(invite)).toBe('noCredentials');
    expect(invite.state.avps.has('auth_user')).toBe(false);
    const register = requestWith(credentials({ nonce: desk.nonce(), method: 'REGISTER' }), { method: 'REGISTER' });
    expect(desk.auth.authenticate(register)).toBe('ok');
    expect(desk.auth.proxyAuthenticate(register)).toBe('noCredentials');
  });

  it('may be for another URI than the Request-URI, which proxies rewrite', () => {
    const desk = openDesk(ALICE);
    const value = credentials({ nonce: desk.nonce(), uri: 'sip:somebody@else.example' });
    expect(desk.auth.authenticate(requestWith(value))).toBe('ok');
  });

  it('may name the user with the realm', () => {
    const desk = openDesk(ALICE);
    const user = `alice@${REALM}`;
    const ctx = requestWith(credentials({ nonce: desk.nonce(), user }));
    expect(desk.auth.authenticate(ctx)).toBe('ok');
    expect(ctx.state.avps.get('auth_user')).toEqual(['alice']);
    const stranger = credentials({ nonce: desk.nonce(), user: 'alice@other.example' });
    expect(desk.auth.authenticate(requestWith(stranger))).toBe('unknownUser');
  });

  it('hold quotes, backslashes and letters beyond ASCII', () => {
    const user = 'J"r\\gen Müller';
    const desk = openDesk({ credentials: [`${user}:pässword: with @ and "`] });
    const value = credentials({ nonce: desk.nonce(), user, password: 'pässword: with @ and "' });
    expect(desk.auth.authenticate(requestWith(value))).toBe('ok');
  });

  it('cover the body under auth-int', () => {
    const desk = openDesk(ALICE);
    const value = credentials({ nonce: desk.nonce(), qop: 'auth-int', body: 'v=0\r\n' });
    expect(desk.auth.authenticate(requestWith(value, { body: 'v=0\r\n' }))).toBe('ok');
    expect(desk.auth.authenticate(requestWith(value, { body: 'v=1\r\n' }))).toBe('wrongPassword');
  });

  it.each(['ACK', 'CANCEL', 'PRACK'])('are not asked of %s, which logs nobody in', (method) => {
    const desk = openDesk(ALICE);
    const ctx = requestWith([], { method });
    expect(desk.auth.authenticate(ctx)).toBe('ok');
    expect(ctx.state.avps.has('auth_user')).toBe(false);
    expect(desk.auth.removeCredentials(ctx)).toBe('none');
    expect(desk.auth.challenge(ctx)).toBe('exempt');
  });

  it('log in the request that they came with, and no other one of the same exchange', () => {
    const desk = openDesk(ALICE);
    const invite = requestWith(credentials({ nonce: desk.nonce() }));
    expect(desk.auth.authenticate(invite)).toBe('ok');
    const { message, received, exchange } = requestWith(credentials({ nonce: 'x' }), { method: 'ACK' });
    const ack = new RequestContext({ message, received, exchange: invite.exchange });
    expect(exchange).not.toBe(invite.exchange);
    expect(desk.auth.removeCredentials(ack)).toBe('none');
    const failed = invite.derive(invite.message.fork(), { route: 'failure' });
    expect(desk.auth.removeCredentials(failed)).toBe('removed');
    expect(failed.message.headers.has('Proxy-Authorization')).toBe(false);
    expect(invite.message.headers.has('Proxy-Authorization')).toBe(true);
  });

  it('are removed when they were accepted, and only they', () => {
    const desk = openDesk(ALICE);
    const other = credentials({ nonce: 'x', realm: 'other.example' });
    const ctx = requestWith([other, credentials({ nonce: desk.nonce() })]);
    expect(desk.auth.removeCredentials(ctx)).toBe('none');
    desk.auth.authenticate(ctx);
    expect(desk.auth.removeCredentials(ctx)).toBe('removed');
    expect(ctx.message.headers.getAll('Proxy-Authorization')).toEqual([other]);
    const refused = requestWith(credentials({ nonce: desk.nonce(), password: 'x' }));
    desk.auth.authenticate(refused);
    expect(desk.auth.removeCredentials(refused)).toBe('none');
  });
});

describe('what is not valid', () => {
  const without = (name: string) => (params: Record<string, string>) =>
    Object.fromEntries(Object.entries(params).filter(([key]) => key !== name));

  it.each(['username', 'nonce', 'uri', 'response', 'nc', 'cnonce', 'realm'])('is malformed without %s', (name) => {
    const desk = openDesk(ALICE);
    const value = digestOf(without(name)(answerParams({ nonce: desk.nonce() })));
    expect(desk.auth.authenticate(requestWith(value))).toBe('error');
  });

  it.each([
    ['qop', 'auth-conf'],
    ['qop', '""'],
    ['nc', '1'],
    ['nc', '000000001'],
    ['nc', '0000000g'],
    ['cnonce', '""'],
    ['username', '""'],
    ['algorithm', 'AKAv1-MD5'],
    ['algorithm', 'MD5-sess'],
    ['algorithm', 'SHA-256'],
  ])('is malformed with %s=%s', (name, text) => {
    const desk = openDesk(ALICE);
    const value = digestOf({ ...answerParams({ nonce: desk.nonce() }), [name]: text });
    expect(desk.auth.authenticate(requestWith(value))).toBe('error');
  });

  it('is malformed as Digest that is no list of parameters, and absent in another scheme', () => {
    const desk = openDesk(ALICE);
    expect(desk.auth.authenticate(requestWith('Digest username'))).toBe('error');
    expect(desk.auth.authenticate(requestWith([]))).toBe('noCredentials');
    expect(desk.auth.authenticate(requestWith(['Basic YTpi', 'NoOneKnowsThisScheme opaque-data=here']))).toBe(
      'noCredentials',
    );
  });

  it('is absent in the unknown scheme of RFC 4475 regaut01', () => {
    const text = readFileSync(new URL('../../sip/vectors/rfc4475/regaut01.dat', import.meta.url), 'latin1');
    expect(openDesk(ALICE).auth.authenticate(contextOf(text))).toBe('noCredentials');
  });

  it('has no realm when From has no domain and the route names none', () => {
    const desk = openDesk(ALICE);
    const value = credentials({ nonce: desk.nonce() });
    expect(desk.auth.authenticate(requestWith(value, { from: '<tel:+4930123>' }))).toBe('error');
    expect(desk.auth.authenticate(requestWith(value, { from: '<tel:+4930123>' }), REALM)).toBe('ok');
  });

  it('tells a wrong password from an unknown user', () => {
    const desk = openDesk(ALICE);
    const wrong = credentials({ nonce: desk.nonce(), password: 'looking-glass' });
    const unknown = credentials({ nonce: desk.nonce(), user: 'mallory' });
    expect(desk.auth.authenticate(requestWith(wrong))).toBe('wrongPassword');
    expect(desk.auth.authenticate(requestWith(unknown))).toBe('unknownUser');
  });

  it('does not accept an empty password for a user who has only a hash of another algorithm, or none', () => {
    const md5 = createHash('md5').update(`alice:${REALM}:wonderland`).digest('hex');
    const desk = openDesk({ credentials: [`alice@${REALM}:ha1=${md5}`], algorithm: ['MD5', 'SHA-256'] });
    const empty = { nonce: desk.nonce(), password: '' };
    expect(desk.auth.authenticate(requestWith(credentials({ ...empty, algorithm: 'SHA-256' })))).toBe('wrongPassword');
    expect(desk.auth.authenticate(requestWith(credentials({ ...empty, user: 'mallory' })))).toBe('unknownUser');
  });

  it('takes a user name up to its limit', () => {
    const [longest, longer] = [MAX_USERNAME, MAX_USERNAME + 1].map((length) => 'a'.repeat(length));
    const desk = openDesk({ credentials: [`${longest}:x`, `${longer}:x`] });
    const as = (user: string | undefined) =>
      requestWith(credentials({ nonce: desk.nonce(), user: user ?? '', password: 'x' }));
    expect(desk.auth.authenticate(as(longest))).toBe('ok');
    expect(desk.auth.authenticate(as(longer))).toBe('error');
  });
});

describe('the identity of the caller', () => {
  const check = (parts: Parameters<typeof requestWith>[1], flags: number) => {
    const desk = openDesk({ credentials: ['alice:wonderland', 'jürgen:wonderland'] });
    const method = parts?.method ?? 'INVITE';
    const ctx = requestWith(credentials({ nonce: desk.nonce(), method }), parts);
    const outcome = desk.auth.authenticate(ctx, REALM, undefined, flags);
    expect(ctx.state.avps.has('auth_user')).toBe(outcome === 'ok');
    return outcome;
  };
  const [alice, bob, phone] = ['<sip:alice@example.com>', '<sip:bob@example.com>', '<tel:+4930123>'];

  it.each([
    ['INVITE', { from: alice }, 1, 'ok'],
    ['INVITE', { from: '<sip:%61lice@example.com>' }, 1, 'ok'],
    ['INVITE', { from: bob }, 0, 'ok'],
    ['INVITE', { from: bob }, 1, 'mismatch'],
    ['INVITE', { from: '<sip:example.com>' }, 1, 'mismatch'],
    ['INVITE', { from: phone }, 1, 'mismatch'],
    ['INVITE', { from: bob }, 3, 'ok'],
    ['OPTIONS', { from: bob }, 3, 'mismatch'],
    ['REGISTER', { from: alice, to: alice }, 1, 'ok'],
    ['REGISTER', { from: alice, to: bob }, 1, 'mismatch'],
    ['REGISTER', { from: bob, to: alice }, 1, 'mismatch'],
    ['PUBLISH', { from: alice, to: alice, uri: 'sip:alice@example.com' }, 1, 'ok'],
    ['PUBLISH', { from: alice, to: alice, uri: 'sip:bob@example.com' }, 1, 'mismatch'],
  ])('of %s with %j and flags %i is %4$s', (method, parts, flags, outcome) => {
    expect(check({ method, ...parts }, flags)).toBe(outcome);
  });
});

describe('a nonce', () => {
  it('is good until its last moment and stale thereafter', () => {
    const sim = new Simulator();
    const desk = openDesk({ ...ALICE, nonce_expire: 300 }, sim);
    const value = credentials({ nonce: desk.nonce() });
    desk.wait(300_000 - 1);
    expect(desk.auth.authenticate(requestWith(value))).toBe('ok');
    desk.wait(2);
    expect(desk.auth.authenticate(requestWith(value))).toBe('staleNonce');
  });

  it('is not ours when it is forged, of another key or for another realm', () => {
    const desk = openDesk(ALICE);
    const foreign = new NonceFactory(Buffer.from('another sixteen!')).make(desk.sim.clock.wall(), REALM);
    for (const nonce of [foreign, desk.nonce('other.example'), desk.nonce().toLowerCase()]) {
      expect(desk.auth.authenticate(requestWith(credentials({ nonce })))).toBe('staleNonce');
    }
    expect(desk.auth.authenticate(requestWith(credentials({ nonce: 'x' })))).toBe('error');
  });

  it('of before a restart is good when the secret is the same, and not ours when it was random', () => {
    const sim = new Simulator();
    const value = credentials({ nonce: openDesk(ALICE, sim).nonce() });
    expect(openDesk(ALICE, sim).auth.authenticate(requestWith(value))).toBe('ok');
    const other = openDesk({ ...ALICE, secret: `${SECRET}!` }, sim);
    expect(other.auth.authenticate(requestWith(value))).toBe('staleNonce');
  });

  it('may be used again when nothing is said against it', () => {
    const desk = openDesk(ALICE);
    const value = credentials({ nonce: desk.nonce() });
    for (let i = 0; i < 3; i++) expect(desk.auth.authenticate(requestWith(value))).toBe('ok');
  });

  it('counts upwards under nonce_count', () => {
    const desk = openDesk({ ...ALICE, nonce_count: 'on' });
    const nonce = desk.nonce();
    const send = (nc: string, password = 'wonderland') =>
      desk.auth.authenticate(requestWith(credentials({ nonce, nc, password })));
    expect(send('00000009', 'wrong')).toBe('wrongPassword');
    expect(send('00000002')).toBe('ok');
    expect(send('00000002')).toBe('staleNonce');
    expect(send('00000001')).toBe('staleNonce');
    expect(send('0000000A')).toBe('ok');
    expect(send('ffffffff')).toBe('ok');
  });

  it('is used up by an answer without nc under nonce_count', () => {
    const desk = openDesk({ ...ALICE, nonce_count: 'on' });
    const nonce = desk.nonce();
    const plain = requestWith(credentials({ nonce, qop: undefined }));
    expect(desk.auth.authenticate(plain)).toBe('ok');
    expect(desk.auth.authenticate(plain)).toBe('nonceReused');
    expect(desk.auth.authenticate(requestWith(credentials({ nonce, nc: 'ffffffff' })))).toBe('staleNonce');
  });

  it('is good once under one_time_nonce, and not used up by wrong credentials', () => {
    const desk = openDesk({ ...ALICE, one_time_nonce: 'on' });
    const nonce = desk.nonce();
    const send = (nc: string, password = 'wonderland') =>
      desk.auth.authenticate(requestWith(credentials({ nonce, nc, password })));
    expect(send('00000001', 'wrong')).toBe('wrongPassword');
    expect(send('00000001')).toBe('ok');
    expect(send('00000002')).toBe('nonceReused');
  });

  it('that was used stays used after a reload', async () => {
    const desk = openDesk({ ...ALICE, one_time_nonce: 'on' });
    const value = credentials({ nonce: desk.nonce() });
    expect(desk.auth.authenticate(requestWith(value))).toBe('ok');
    const next = await desk.reload({ ...ALICE, one_time_nonce: 'on', qop: 'none' });
    expect(next.auth.authenticate(requestWith(value))).toBe('nonceReused');
  });
});

describe('too many failures', () => {
  const attempt = (desk: ReturnType<typeof openDesk>, source: string, given: Partial<Answer> = {}) =>
    desk.auth.authenticate(requestWith(credentials({ nonce: desk.nonce(), ...given }), { source }));

  it('from one address shut it out until the window has passed, right passwords too', () => {
    const desk = openDesk({ ...ALICE, max_failures: 3, failure_window: 60 });
    for (const user of ['a', 'b', 'c']) expect(attempt(desk, '10.0.0.66', { user })).toBe('unknownUser');
    expect(attempt(desk, '10.0.0.66', { user: 'd' })).toBe('limited');
    expect(attempt(desk, '10.0.0.66')).toBe('limited');
    expect(attempt(desk, '10.0.0.67')).toBe('ok');
    desk.wait(59_999);
    expect(attempt(desk, '10.0.0.66', { user: 'bob' })).toBe('limited');
    desk.wait(1);
    expect(attempt(desk, '10.0.0.66')).toBe('ok');
  });

  it('for one user shut out everybody but those who logged in as him from where they are', () => {
    const desk = openDesk({ credentials: ['alice:wonderland', 'bob:builder'], max_failures: 3 });
    expect(attempt(desk, '10.0.0.1')).toBe('ok');
    for (const source of ['10.0.1.1', '10.0.1.2', '10.0.1.3']) {
      expect(attempt(desk, source, { password: 'guess' })).toBe('wrongPassword');
    }
    expect(attempt(desk, '10.0.1.4')).toBe('limited');
    expect(attempt(desk, '10.0.1.4', { user: 'bob', password: 'builder' })).toBe('ok');
    expect(attempt(desk, '10.0.0.1')).toBe('ok');
  });

  it('are counted for an unknown user as for a known one', () => {
    const desk = openDesk({ ...ALICE, max_failures: 2 });
    for (const source of ['10.0.1.1', '10.0.1.2']) expect(attempt(desk, source, { user: 'eve' })).toBe('unknownUser');
    expect(attempt(desk, '10.0.1.3', { user: 'eve' })).toBe('limited');
  });

  it('do not come from stale, forged or malformed credentials', () => {
    const desk = openDesk({ ...ALICE, max_failures: 1 });
    const old = desk.nonce();
    desk.wait(400_000);
    for (let i = 0; i < 5; i++) {
      expect(attempt(desk, '10.0.0.1', { nonce: old })).toBe('staleNonce');
      expect(attempt(desk, '10.0.0.1', { nonce: 'x' })).toBe('error');
    }
    expect(attempt(desk, '10.0.0.1')).toBe('ok');
  });

  it('do not matter when the limit is 0, and are 10 unless told', () => {
    const [without, usual] = [openDesk({ ...ALICE, max_failures: 0 }), openDesk(ALICE)];
    for (let i = 0; i < 20; i++) {
      expect(attempt(without, '10.0.0.1', { password: 'x' })).toBe('wrongPassword');
      expect(attempt(usual, '10.0.0.1', { password: 'x' })).toBe(i < 10 ? 'wrongPassword' : 'limited');
    }
  });

  it('are logged once with their source and without any part of the credentials', () => {
    const desk = openDesk({ ...ALICE, max_failures: 2 });
    const given = { user: 'secret-user', password: 'secret-word', cnonce: 'secret-cnonce' };
    for (let i = 0; i < 6; i++) attempt(desk, '10.0.0.66', given);
    expect(desk.logged).toHaveLength(1);
    expect(desk.logged[0]).toContain('10.0.0.66');
    expect(desk.logged[0]).not.toContain('secret');
  });
});

describe('any mutation of valid credentials', () => {
  const meaning = (value: string): string => {
    const parsed = parseCredentials(value);
    const names = ['username', 'realm', 'nonce', 'uri', 'response', 'qop', 'nc', 'cnonce'];
    const algorithm = parsed?.params.get('algorithm')?.toUpperCase() ?? 'MD5';
    return JSON.stringify([parsed?.scheme.toLowerCase(), algorithm, ...names.map((name) => parsed?.params.get(name))]);
  };

  it('is refused, be it of a byte, a parameter or the method', () => {
    const desk = openDesk({ ...ALICE, max_failures: 0, algorithm: ['MD5', 'SHA-256'] });
    const valid = credentials({ nonce: desk.nonce() });
    expect(desk.auth.authenticate(requestWith(valid))).toBe('ok');
    const edit = fc.record({
      at: fc.nat(valid.length - 1),
      remove: fc.nat(3),
      insert: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('"', ',', '\\', '0', 'f', 'auth', ' ')),
    });
    fc.assert(
      fc.property(edit, ({ at, remove, insert }) => {
        const mutant = valid.slice(0, at) + insert + valid.slice(at + remove);
        fc.pre(meaning(mutant) !== meaning(valid));
        expect(desk.auth.authenticate(requestWith(mutant))).not.toBe('ok');
      }),
      { numRuns: 2000 },
    );
    expect(desk.auth.authenticate(requestWith(valid, { method: 'BYE' }))).toBe('wrongPassword');
  });
});
