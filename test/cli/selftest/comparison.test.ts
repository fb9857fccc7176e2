/** The verdict on each message, from a wire and from targets that the test makes up. */
import { describe, expect, it } from 'vitest';
import { compare, type Evidence } from '../../../src/cli/selftest/comparison.ts';
import { standardExpectation } from '../../../src/cli/selftest/expectation.ts';
import type { WireMessage } from '../../../src/cli/selftest/wire-view.ts';

const ALICE = '127.0.0.1:1';
const PROXY = '127.0.0.1:2';

const message = (more: Partial<WireMessage> = {}): WireMessage => ({
  source: ALICE,
  destination: PROXY,
  callId: 'call',
  method: 'INVITE',
  cseq: 1,
  status: undefined,
  ...more,
});
const invite = message();
const refused = message({ source: PROXY, destination: ALICE, status: 407 });

function verdicts(evidence: Partial<Evidence>): readonly string[] {
  return compare({
    endings: [{ scenario: 'call', callId: 'call' }],
    names: new Map([
      [ALICE, 'alice'],
      [PROXY, 'proxy'],
    ]),
    wire: [],
    frames: { homer: [], voipmonitor: [] },
    expectation: standardExpectation,
    script: undefined,
    ...evidence,
  }).map(({ scenario, message: text, found, verdict }) => `${scenario}: ${text}: ${found.join() || '-'}: ${verdict}`);
}

describe('a message on the wire', () => {
  it.each([
    ['at its target is ok', { homer: [], voipmonitor: [invite] }, 'voipmonitor: ok'],
    ['at no target is missing', { homer: [], voipmonitor: [] }, '-: missing'],
    ['at another target is at the wrong one', { homer: [invite], voipmonitor: [] }, 'homer: wrong target'],
    [
      'at one target too many is at a wrong one',
      { homer: [invite], voipmonitor: [invite] },
      'homer,voipmonitor: wrong target',
    ],
    [
      'at its target twice is there twice',
      { homer: [], voipmonitor: [invite, invite] },
      'voipmonitor,voipmonitor: twice',
    ],
  ] as const)('%s', (_, frames, verdict) => {
    expect(verdicts({ wire: [invite], frames })).toEqual([`call: alice > proxy INVITE: ${verdict}`]);
  });

  it('that was retransmitted belongs to its target as often as it was sent', () => {
    const wire = [invite, invite];
    expect(verdicts({ wire, frames: { homer: [], voipmonitor: [invite] } })).toEqual([
      'call: alice > proxy INVITE: voipmonitor: missing',
    ]);
    expect(verdicts({ wire, frames: { homer: [], voipmonitor: [invite, invite] } })).toEqual([
      'call: alice > proxy INVITE: voipmonitor,voipmonitor: ok',
    ]);
  });

  it('is another one when its CSeq or its direction differs', () => {
    const other = message({ cseq: 2 });
    expect(verdicts({ wire: [invite, other, refused], frames: { homer: [], voipmonitor: [invite, refused] } })).toEqual(
      [
        'call: alice > proxy INVITE: voipmonitor: ok',
        'call: alice > proxy INVITE: -: missing',
        'call: proxy > alice 407 (INVITE): voipmonitor: ok',
      ],
    );
  });

  it('belongs where the method that it answers belongs', () => {
    const register = message({ method: 'REGISTER' });
    const ok = message({ method: 'REGISTER', source: PROXY, destination: ALICE, status: 200 });
    expect(verdicts({ wire: [register, ok], frames: { homer: [register, ok], voipmonitor: [] } })).toEqual([
      'call: alice > proxy REGISTER: homer: ok',
      'call: proxy > alice 200 (REGISTER): homer: ok',
    ]);
  });
});

describe('a frame', () => {
  it('of a message that was not on the wire is told', () => {
    const stranger = message({ source: '127.0.0.1:9', callId: 'elsewhere' });
    expect(verdicts({ wire: [invite], frames: { homer: [stranger], voipmonitor: [invite] } })).toEqual([
      'call: alice > proxy INVITE: voipmonitor: ok',
      'another: 127.0.0.1:9 > proxy INVITE: homer: not on the wire',
    ]);
  });
});

describe('a script', () => {
  it('misses what was never sent', () => {
    const script = new Map([['call', ['alice > proxy INVITE', 'proxy > alice 407 (INVITE)', 'alice > proxy INVITE']]]);
    expect(verdicts({ wire: [invite], frames: { homer: [], voipmonitor: [invite] }, script })).toEqual([
      'call: alice > proxy INVITE: voipmonitor: ok',
      'call: proxy > alice 407 (INVITE): -: never sent',
      'call: alice > proxy INVITE: -: never sent',
    ]);
  });
});
