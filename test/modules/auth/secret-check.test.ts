/** Checks with a secret of the route, what a nonce is bound to, and the small functions around credentials. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import type { PvPlace } from '../../../src/engine/pv-value.ts';
import { type AuthParams, type Answer, credentials, openDesk, REALM, requestWith } from './desk.ts';

const HA1 = createHash('md5').update(`alice:${REALM}:wonderland`).digest('hex');

function deskWith(params: AuthParams = {}) {
  const desk = openDesk(params);
  const asked = (given: Partial<Answer> = {}) => requestWith(credentials({ nonce: desk.nonce(), ...given }));
  return { ...desk, asked };
}

/** A pseudo-variable that takes what is written to it. */
function place(): PvPlace & { text: string } {
  const own = {
    name: '$var(line)',
    text: '',
    read: () => own.text,
    write: (_: unknown, value: unknown) => void (own.text = String(value)),
  };
  return own;
}

describe('a secret of the route', () => {
  it('is a password, or a hash with flag 1', () => {
    const { auth, asked } = deskWith();
    expect(auth.proxyAuthenticateWith(asked(), REALM, 'wonderland', 0)).toBe('ok');
    expect(auth.proxyAuthenticateWith(asked(), REALM, HA1.toUpperCase(), 1)).toBe('ok');
    expect(auth.proxyAuthenticateWith(asked(), REALM, HA1, 0)).toBe('wrongPassword');
    expect(auth.proxyAuthenticateWith(asked(), REALM, 'wonderland', 1)).toBe('wrongPassword');
  });

  it('that is empty lets nobody in', () => {
    const { auth, asked } = deskWith();
    expect(auth.proxyAuthenticateWith(asked({ password: '' }), REALM, '', 0)).toBe('error');
    expect(auth.proxyAuthenticateWith(asked({ password: '' }), REALM, '', 1)).toBe('error');
  });

  it('is for whoever answers: there is no unknown user', () => {
    const { auth, asked } = deskWith({ credentials: ['alice:other'] });
    expect(auth.proxyAuthenticateWith(asked({ user: 'nobody' }), REALM, 'wonderland', 0)).toBe('ok');
    expect(auth.proxyAuthenticateWith(asked({ user: 'alice' }), REALM, 'wonderland', 0)).toBe('ok');
  });

  it('is looked for in Authorization of a REGISTER, in Proxy-Authorization of everything else', () => {
    const { auth, asked, nonce } = deskWith();
    const register = requestWith(credentials({ nonce: nonce(), method: 'REGISTER' }), { method: 'REGISTER' });
    expect(auth.authenticateWith(register, REALM, 'wonderland', 0, 0)).toBe('ok');
    expect(auth.wwwAuthenticateWith(register, REALM, 'wonderland', 0)).toBe('ok');
    expect(auth.proxyAuthenticateWith(register, REALM, 'wonderland', 0)).toBe('noCredentials');
    expect(auth.authenticateWith(asked(), REALM, 'wonderland', 0, 0)).toBe('ok');
  });

  it('may be for another method than that of the request', () => {
    const { auth, nonce } = deskWith();
    const ctx = requestWith([], { headers: [`Authorization: ${credentials({ nonce: nonce(), method: 'INFO' })}`] });
    expect(auth.wwwAuthenticateWith(ctx, REALM, 'wonderland', 0, 'INFO')).toBe('ok');
    expect(auth.wwwAuthenticateWith(ctx, REALM, 'wonderland', 0)).toBe('wrongPassword');
  });

  it('is that of the caller when the checks ask for it, whether or not the name brings its domain', () => {
    const { auth, asked } = deskWith();
    const check = (user: string, checks: number) =>
      auth.authenticateWith(asked({ user }), REALM, 'wonderland', 0, checks);
    expect(check('carol', 0)).toBe('ok');
    expect(check('carol', 1)).toBe('mismatch');
    expect(check('alice', 1)).toBe('ok');
    expect(check('alice@example.com', 1)).toBe('ok');
  });

  it.each([
    [0, undefined],
    [2, /^Proxy-Authenticate: Digest realm="example.com", nonce="[\w-]{32}"\r\n$/],
    [4, /", qop="auth"\r\n$/],
    [8, /", qop="auth-int"\r\n$/],
    [20, /", qop="auth", stale=true\r\n$/],
  ])('leaves a challenge in digest_challenge by the flags %i', (flags, line) => {
    const { auth } = deskWith();
    const ctx = requestWith([]);
    expect(auth.proxyAuthenticateWith(ctx, REALM, 'wonderland', flags)).toBe('noCredentials');
    const left = ctx.state.avps.get('digest_challenge');
    if (line === undefined) expect(left).toBeUndefined();
    else expect(left).toEqual([expect.stringMatching(line)]);
  });
});

describe('auth_checks', () => {
  const REQUEST = { uri: 'sip:bob@example.com', source: '10.0.0.1' };
  /** The outcome for a request that differs in one thing from the one that was challenged. */
  function answered(bits: number, other: Partial<typeof REQUEST>, params: AuthParams = { auth_checks_no_dlg: bits }) {
    const { auth } = deskWith({ ...params, credentials: ['alice:wonderland'] });
    const asked = requestWith([], REQUEST);
    const line = place();
    auth.wwwChallengeText(asked, REALM, 0, line);
    const nonce = /nonce="([^"]+)"/.exec(line.text)?.[1] ?? '';
    return auth.authenticate(requestWith(credentials({ nonce }), { ...REQUEST, ...other }));
  }

  it('bind a nonce to the Request-URI and to the source, and only to those that are named', () => {
    expect(answered(1, {})).toBe('ok');
    expect(answered(1, { uri: 'sip:carol@example.com' })).toBe('staleNonce');
    expect(answered(1, { source: '10.0.0.2' })).toBe('ok');
    expect(answered(8, { source: '10.0.0.2' })).toBe('staleNonce');
    expect(answered(0, { uri: 'sip:carol@example.com', source: '10.0.0.2' })).toBe('ok');
  });

  it('for REGISTER and for dialogs do not touch other requests', () => {
    const params = { auth_checks_register: 15, auth_checks_in_dlg: 15 };
    expect(answered(0, { uri: 'sip:carol@example.com', source: '10.0.0.2' }, params)).toBe('ok');
  });
});

describe('around credentials', () => {
  it('has_credentials finds a realm in either header, and judges nothing', () => {
    const { auth } = deskWith();
    const digest = 'Digest username="x", realm="example.com", nonce="x"';
    expect(auth.hasCredentials(requestWith([]), REALM)).toBe(false);
    expect(auth.hasCredentials(requestWith(digest), REALM)).toBe(true);
    expect(auth.hasCredentials(requestWith([], { headers: [`Authorization: ${digest}`] }), REALM)).toBe(true);
    expect(auth.hasCredentials(requestWith(digest), 'example.org')).toBe(false);
    expect(auth.hasCredentials(requestWith('Basic realm="example.com"'), REALM)).toBe(false);
  });

  it('auth_get_www_authenticate writes a header line into a variable', () => {
    const { auth } = deskWith();
    const ctx = requestWith([]);
    const line = place();
    expect(auth.wwwChallengeText(ctx, REALM, 17, line)).toBe('written');
    expect(line.text).toMatch(
      /^WWW-Authenticate: Digest realm="example.com", nonce="[\w-]{32}", qop="auth", stale=true\r\n$/,
    );
  });

  it('www_authenticate takes a method, and proxy_authenticate does not need a table', () => {
    const { auth, asked, nonce } = deskWith({ credentials: ['alice:wonderland'] });
    const ctx = requestWith([], { headers: [`Authorization: ${credentials({ nonce: nonce(), method: 'INFO' })}`] });
    expect(auth.wwwAuthenticate(ctx, REALM, 'subscriber', 'INFO')).toBe('ok');
    expect(auth.proxyAuthenticate(asked())).toBe('ok');
  });

  const info = (ctx: RequestContext) => ctx.state.replyHeaders.filter(([name]) => name === 'Authentication-Info');

  it('Authentication-Info proves that the secret is known here too, and names the next nonce', () => {
    const { auth, asked, nonce } = deskWith({ credentials: ['alice:wonderland'], add_authinfo_hdr: 'on' });
    const given = nonce();
    const ctx = asked({ nonce: given });
    expect(auth.authenticate(ctx)).toBe('ok');
    const a2 = createHash('md5').update(':sip:bob@example.com').digest('hex');
    const proof = createHash('md5').update(`${HA1}:${given}:00000001:abc:auth:${a2}`).digest('hex');
    const value = `nextnonce="${given}", qop=auth, rspauth="${proof}", cnonce="abc", nc=00000001`;
    expect(info(ctx)).toEqual([['Authentication-Info', value]]);
    const plain = asked({ nonce: given, qop: undefined });
    expect(auth.authenticate(plain)).toBe('ok');
    expect(info(plain)).toEqual([['Authentication-Info', `nextnonce="${given}"`]]);
  });

  it('Authentication-Info goes to nobody who failed, and to nobody when it is off', () => {
    const on = deskWith({ credentials: ['alice:wonderland'], add_authinfo_hdr: 'on' });
    const wrong = on.asked({ password: 'x' });
    expect(on.auth.authenticate(wrong)).toBe('wrongPassword');
    expect(info(wrong)).toEqual([]);
    const off = deskWith({ credentials: ['alice:wonderland'] });
    const right = off.asked();
    expect(off.auth.authenticate(right)).toBe('ok');
    expect(info(right)).toEqual([]);
  });
});
