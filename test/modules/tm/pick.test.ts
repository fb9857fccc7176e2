/** The choice of the reply that goes back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickBest, rank, relayedCopy } from '../../../src/modules/tm/pick.ts';
import { SipResponse } from '../../../src/sip/message.ts';

describe('the best of several final replies', () => {
  it.each([
    [[404, 603, 302], 603],
    [[606, 600], 600],
    [[404, 302, 301], 301],
    [[486, 401], 401],
    [[486, 484, 420], 420],
    [[486, 404], 404],
    [[500, 499], 499],
    [[503, 500], 500],
    [[408], 408],
  ])('of %j is %i', (statuses, best) => {
    expect(pickBest(statuses.map((status) => ({ status })))?.status).toBe(best);
  });

  it('is the one of the lower branch when two are alike', () => {
    const finals = [
      { status: 486, branch: 0 },
      { status: 486, branch: 1 },
    ];
    expect(pickBest(finals)).toBe(finals[0]);
  });

  it('of none is none', () => {
    expect(pickBest([])).toBeUndefined();
  });

  it('ranks no other before it, in whatever order they come', () => {
    const statuses = fc.array(fc.integer({ min: 300, max: 699 }), { minLength: 1 });
    fc.assert(
      fc.property(statuses, (given) => {
        const best = pickBest(given.map((status) => ({ status })))?.status ?? 0;
        expect(given).toContain(best);
        expect(Math.min(...given.map(rank))).toBe(rank(best));
      }),
    );
  });
});

describe('challenges', () => {
  const challenge = (status: number, name: string, realm: string) => {
    const response = SipResponse.create(status, '');
    response.headers.append(name, `Digest realm="${realm}"`);
    return response;
  };

  const on = { remap503: true, aggregateChallenges: true };
  const outcome = (response: SipResponse) => ({ status: response.status, reason: '', response });

  it('of the other 401 and 407 are added, those of the chosen reply are not doubled', () => {
    const chosen = challenge(401, 'WWW-Authenticate', 'a');
    const others = [challenge(407, 'Proxy-Authenticate', 'b'), challenge(404, 'WWW-Authenticate', 'c')];
    const finals = [...[chosen, ...others].map(outcome), { status: 408, reason: '', response: undefined }];
    const { headers } = relayedCopy(chosen, finals, on);
    expect(headers.getAll('WWW-Authenticate')).toEqual(['Digest realm="a"']);
    expect(headers.getAll('Proxy-Authenticate')).toEqual(['Digest realm="b"']);
    const alone = relayedCopy(chosen, finals, { ...on, aggregateChallenges: false });
    expect(alone.headers.has('Proxy-Authenticate')).toBe(false);
  });

  it('are not added to another reply', () => {
    const finals = [outcome(challenge(401, 'WWW-Authenticate', 'a'))];
    expect(relayedCopy(SipResponse.create(404, ''), finals, on).headers.has('WWW-Authenticate')).toBe(false);
  });
});

describe('a 503', () => {
  it('goes back as 500, if that is wanted, and the reply it was made from stays', () => {
    const chosen = SipResponse.create(503, 'Overloaded');
    const given = { remap503: true, aggregateChallenges: true };
    expect(relayedCopy(chosen, [], given)).toMatchObject({ status: 500, reason: 'Service Unavailable' });
    expect(relayedCopy(chosen, [], { ...given, remap503: false })).toMatchObject({ status: 503 });
    expect(chosen).toMatchObject({ status: 503, reason: 'Overloaded' });
  });
});
