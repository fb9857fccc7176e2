/** Matching keys: what RFC 3261 calls the same transaction has the same key, and nothing else has. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cancelTargetKey, MAGIC_COOKIE, type MatchParts, mergedKey, serverKey } from '../../src/transaction/keys.ts';

const invite: MatchParts = {
  method: 'INVITE',
  uri: 'sip:bob@example.com',
  branch: 'z9hG4bKnashds8',
  transport: 'UDP',
  host: 'pc33.example.com',
  port: 5066,
  fromTag: '1928301774',
  toTag: undefined,
  callId: 'a84b4c76e66710',
  cseqNumber: 314159,
};

const old: MatchParts = { ...invite, branch: undefined };

describe('serverKey with a magic cookie (RFC 3261 §17.2.3)', () => {
  it('is the same for a retransmission', () => {
    expect(serverKey({ ...invite })).toBe(serverKey(invite));
  });

  it.each([
    ['branch', { branch: 'z9hG4bKother' }],
    ['case of the branch', { branch: 'z9hG4bKNASHDS8' }],
    ['sent-by host', { host: 'pc34.example.com' }],
    ['sent-by port', { port: 5067 }],
    ['presence of the sent-by port', { port: undefined }],
    ['method', { method: 'OPTIONS' }],
  ])('differs with the %s', (_, change) => {
    expect(serverKey({ ...invite, ...change })).not.toBe(serverKey(invite));
  });

  it('compares the sent-by host without case', () => {
    expect(serverKey({ ...invite, host: 'PC33.Example.COM' })).toBe(serverKey(invite));
  });

  it.each([
    ['uri', { uri: 'sip:carol@example.com' }],
    ['tags', { fromTag: 'x', toTag: 'y' }],
    ['Call-ID', { callId: 'other' }],
    ['CSeq number', { cseqNumber: 1 }],
  ])('does not look at the %s: branch, sent-by and method decide', (_, change) => {
    expect(serverKey({ ...invite, ...change })).toBe(serverKey(invite));
  });

  it('gives an ACK the key of its INVITE: "except for ACK, where the method of the request ... is INVITE"', () => {
    expect(serverKey({ ...invite, method: 'ACK', toTag: 'ours' })).toBe(serverKey(invite));
  });

  it('gives a CANCEL its own key, and the key of the INVITE as its target (RFC 3261 §9.2)', () => {
    const cancel = { ...invite, method: 'CANCEL' };
    expect(serverKey(cancel)).not.toBe(serverKey(invite));
    expect(cancelTargetKey(cancel)).toBe(serverKey(invite));
  });
});

describe('serverKey without a magic cookie (RFC 2543, RFC 3261 §17.2.3)', () => {
  it.each([
    ['no branch', undefined],
    ['a branch of other form', '1'],
    ['a bare cookie, which identifies nothing (RFC 4475 §3.2.1)', MAGIC_COOKIE],
  ])('looks at the whole request for %s', (_, branch) => {
    const request = { ...old, branch };
    expect(serverKey({ ...request, callId: 'other' })).not.toBe(serverKey(request));
  });

  it.each([
    ['Request-URI', { uri: 'sip:carol@example.com' }],
    ['From tag', { fromTag: 'other' }],
    ['presence of the From tag', { fromTag: undefined }],
    ['Call-ID', { callId: 'other' }],
    ['CSeq number', { cseqNumber: 314160 }],
    ['transport of the top Via', { transport: 'TCP' }],
    ['host of the top Via', { host: 'pc34.example.com' }],
    ['port of the top Via', { port: undefined }],
    ['method', { method: 'INFO' }],
  ])('differs with the %s', (_, change) => {
    expect(serverKey({ ...old, ...change })).not.toBe(serverKey(old));
  });

  it('differs with the To tag, save for INVITE, whose ACK has the tag of our reply', () => {
    const bye = { ...old, method: 'BYE', toTag: 'a' };
    expect(serverKey({ ...bye, toTag: 'b' })).not.toBe(serverKey(bye));
    expect(serverKey({ ...bye, toTag: undefined })).not.toBe(serverKey({ ...bye, toTag: '' }));
    expect(serverKey({ ...old, method: 'ACK', toTag: 'ours' })).toBe(serverKey(old));
    expect(cancelTargetKey({ ...old, method: 'CANCEL' })).toBe(serverKey(old));
  });
});

describe('mergedKey (RFC 3261 §8.2.2.2)', () => {
  it('is the same for one request that came by two ways', () => {
    const other = {
      ...invite,
      branch: 'z9hG4bKother',
      host: 'p2.example.com',
      transport: 'TCP',
      uri: 'sip:bob@10.0.0.1',
    };
    expect(mergedKey(other)).toBe(mergedKey(invite));
    expect(serverKey(other)).not.toBe(serverKey(invite));
  });

  it.each([
    ['From tag', { fromTag: 'other' }],
    ['Call-ID', { callId: 'other' }],
    ['CSeq number', { cseqNumber: 1 }],
    ['CSeq method', { method: 'OPTIONS' }],
  ])('differs with the %s', (_, change) => {
    expect(mergedKey({ ...invite, ...change })).not.toBe(mergedKey(invite));
  });

  it('concerns only requests without a To tag', () => {
    expect(mergedKey({ ...invite, toTag: 'x' })).toBeUndefined();
  });
});

/** Texts that try to look like what the keys put between parts. */
const text = fc.string({ unit: fc.constantFrom('a', 'B', ':', '1', '2', '-', '\n', ' '), maxLength: 4 });
const tag = fc.option(text, { nil: undefined });
const branch = fc.oneof(
  tag,
  text.map((rest) => MAGIC_COOKIE + rest),
);
const parts: fc.Arbitrary<MatchParts> = fc.record({
  method: fc.oneof(fc.constantFrom('INVITE', 'ACK', 'CANCEL', 'BYE'), text),
  uri: text,
  branch,
  transport: fc.constantFrom('UDP', 'TCP'),
  host: text,
  port: fc.option(fc.nat(12), { nil: undefined }),
  fromTag: tag,
  toTag: tag,
  callId: text,
  cseqNumber: fc.nat(12),
});

/** The rule of 17.2.3 as a list, to compare keys with. */
function identity(request: MatchParts): readonly unknown[] {
  const method = request.method === 'ACK' ? 'INVITE' : request.method;
  const { branch: id, host, port } = request;
  if (id?.startsWith(MAGIC_COOKIE) === true && id !== MAGIC_COOKIE)
    return [id, host.toLowerCase(), port ?? null, method];
  const { uri, fromTag, toTag, callId, cseqNumber, transport } = request;
  const ours = [uri, fromTag ?? null, callId, cseqNumber, transport, host, port ?? null, method];
  return method === 'INVITE' ? ours : [...ours, toTag ?? null];
}

/** Mostly near misses: the second request moves text of one part of the first into another. */
const pair = fc
  .tuple(parts, parts, fc.subarray(['uri', 'host', 'port', 'callId', 'fromTag', 'toTag', 'method'] as const))
  .map(([first, second, shared]) => {
    const near: Record<string, unknown> = {};
    for (const name of shared) near[name] = first[name];
    return [first, { ...second, branch: first.branch, cseqNumber: first.cseqNumber, ...near }] as const;
  });

describe('keys made of hostile text', () => {
  it.each([
    [MAGIC_COOKIE, 'branch', 'host'],
    [MAGIC_COOKIE, 'host', 'method'],
    ['', 'uri', 'fromTag'],
    ['', 'fromTag', 'toTag'],
    ['', 'toTag', 'callId'],
    ['', 'callId', 'method'],
  ] as const)('tell one text cut in two places apart (%j, %s and %s)', (cookie, left, right) => {
    const joined = 'abcdef';
    const cut = (place: number) => {
      const request = { ...old, method: 'BYE', branch: `${cookie}x`, toTag: 't' };
      const head = (left === 'branch' ? MAGIC_COOKIE : '') + joined.slice(0, place);
      return serverKey({ ...request, [left]: head, [right]: joined.slice(place) });
    };
    expect(new Set([1, 2, 3, 4, 5].map(cut)).size).toBe(5);
  });

  it('are equal exactly when the parts are (server)', () => {
    fc.assert(
      fc.property(fc.oneof(pair, fc.tuple(parts, parts)), ([a, b]) => {
        const same = JSON.stringify(identity(a)) === JSON.stringify(identity(b));
        expect(serverKey(a) === serverKey(b)).toBe(same);
      }),
      { numRuns: 3_000 },
    );
  });

  it('are equal exactly when the parts are (merged)', () => {
    fc.assert(
      fc.property(text, text, text, text, fc.nat(3), (a, b, c, d, n) => {
        const same = a === c && b === d;
        const one = { ...invite, callId: a, fromTag: b, cseqNumber: n };
        expect(mergedKey(one) === mergedKey({ ...one, callId: c, fromTag: d })).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps an absent From tag apart from an empty one', () => {
    expect(mergedKey({ ...invite, fromTag: undefined })).not.toBe(mergedKey({ ...invite, fromTag: '' }));
  });
});
