/** Digest arithmetic against the published examples and against the formulas of RFC 7616 written out. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  type DigestInput,
  digestAlgorithm,
  digestResponse,
  ha1,
  sameDigest,
} from '../../src/sip/digest.ts';

interface Vector {
  readonly source: string;
  readonly algorithm: DigestAlgorithm;
  readonly computed: string;
  readonly ha1?: string;
  readonly user: string;
  readonly realm: string;
  readonly pw: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  readonly nc?: string;
  readonly cnonce?: string;
  readonly qop: 'auth' | 'auth-int' | null;
}

const vectors: readonly Vector[] = JSON.parse(readFileSync(new URL('vectors/digest.json', import.meta.url), 'utf8'));

const input: DigestInput = {
  algorithm: 'SHA-256',
  ha1: ha1('SHA-256', 'alice', 'example.com', 'secret'),
  nonce: 'n0',
  nc: '00000001',
  cnonce: 'c0',
  qop: 'auth',
  method: 'REGISTER',
  uri: 'sip:example.com',
  body: undefined,
};

describe('digestResponse', () => {
  it.each(vectors)('gives the known value: $source, $algorithm, qop $qop', (vector) => {
    const secret = ha1(vector.algorithm, vector.user, vector.realm, vector.pw);
    if (vector.ha1 !== undefined) expect(secret).toBe(vector.ha1);
    const response = digestResponse({
      algorithm: vector.algorithm,
      ha1: secret,
      nonce: vector.nonce,
      nc: vector.nc ?? '00000001',
      cnonce: vector.cnonce ?? '0a4f113b',
      qop: vector.qop ?? undefined,
      method: vector.method,
      uri: vector.uri,
      body: undefined,
    });
    expect(response).toBe(vector.computed);
  });

  it('covers the body under auth-int only, an absent one as an empty one', () => {
    const body = Buffer.from('v=0\r\n\0\xff', 'latin1');
    const protectedBody: DigestInput = { ...input, qop: 'auth-int', body };
    const sha = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const ha2 = sha(`REGISTER:sip:example.com:${sha(body)}`);
    expect(digestResponse(protectedBody)).toBe(sha(`${input.ha1}:n0:00000001:c0:auth-int:${ha2}`));
    expect(digestResponse({ ...protectedBody, body: undefined })).toBe(
      digestResponse({ ...protectedBody, body: new Uint8Array() }),
    );
    expect(digestResponse({ ...input, body })).toBe(digestResponse(input));
  });

  it('derives the secret of a -sess algorithm from nonce and cnonce', () => {
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const secret = md5('alice:example.com:secret');
    const session = md5(`${secret}:n0:c0`);
    const expected = md5(`${session}:n0:00000001:c0:auth:${md5('REGISTER:sip:example.com')}`);
    expect(ha1('MD5-sess', 'alice', 'example.com', 'secret')).toBe(secret);
    expect(digestResponse({ ...input, algorithm: 'MD5-sess', ha1: secret })).toBe(expected);
  });

  it('leaves nc, cnonce and qop out when the client sent no qop', () => {
    const old = { ...input, qop: undefined };
    expect(digestResponse(old)).toBe(digestResponse({ ...old, nc: 'ffffffff', cnonce: 'other' }));
    expect(digestResponse(old)).not.toBe(digestResponse(input));
  });

  it('hashes the URI as the bytes that were on the wire', () => {
    const wire = Buffer.from('sip:jürgen@example.com', 'utf8').toString('latin1');
    const sha = (text: string, encoding: 'utf8' | 'latin1'): string =>
      createHash('sha256').update(text, encoding).digest('hex');
    const ha2 = sha('REGISTER:sip:jürgen@example.com', 'utf8');
    expect(digestResponse({ ...input, uri: wire })).toBe(sha(`${input.ha1}:n0:00000001:c0:auth:${ha2}`, 'latin1'));
  });

  it('changes with everything that it protects', () => {
    const changes: Partial<DigestInput>[] = [
      { algorithm: 'MD5' },
      { ha1: ha1('SHA-256', 'alice', 'example.com', 'Secret') },
      { nonce: 'n1' },
      { nc: '00000002' },
      { cnonce: 'c1' },
      { qop: 'auth-int' },
      { method: 'INVITE' },
      { uri: 'sip:example.org' },
    ];
    const responses = new Set(changes.map((change) => digestResponse({ ...input, ...change })));
    responses.add(digestResponse(input));
    expect(responses.size).toBe(changes.length + 1);
  });
});

describe('digestAlgorithm', () => {
  it('assumes MD5 when the parameter is absent and knows names in any case', () => {
    expect(digestAlgorithm(undefined)).toBe('MD5');
    for (const algorithm of DIGEST_ALGORITHMS) expect(digestAlgorithm(algorithm.toLowerCase())).toBe(algorithm);
  });

  it.each(['', 'SHA-1', 'AKAv1-MD5', 'MD5 ', 'constructor'])('does not know %j', (token) => {
    expect(digestAlgorithm(token)).toBeUndefined();
  });
});

describe('sameDigest', () => {
  it('tells equal from different texts, of any length and characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(sameDigest(a, a)).toBe(true);
        expect(sameDigest(a, b)).toBe(a === b);
      }),
    );
    expect(sameDigest('', 'a')).toBe(false);
    expect(sameDigest('abc', 'abd')).toBe(false);
  });
});
