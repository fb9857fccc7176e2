/** The INVITE client machine against sentences of RFC 3261 17.1.1, 16.7, 16.8, 9.1 and RFC 6026, without waiting. */
import { describe, expect, it } from 'vitest';
import { InviteClient } from '../../src/transaction/invite-client.ts';
import type { InviteClientConfig } from '../../src/transaction/timers.ts';
import { at, message, runOut, TCP, UDP, words } from './timeline.ts';

const WITH_C: InviteClientConfig = { ...UDP, frInvTimerMs: 120_000 };

const make = (config: InviteClientConfig = WITH_C) => new InviteClient(at(0), message('INVITE'), config);

const inputs = {
  100: (tx: InviteClient) => tx.onResponse(at(100), 100),
  180: (tx: InviteClient) => tx.onResponse(at(100), 180),
  200: (tx: InviteClient) => tx.onResponse(at(100), 200),
  302: (tx: InviteClient) => tx.onResponse(at(100), 302),
  487: (tx: InviteClient) => tx.onResponse(at(100), 487),
  600: (tx: InviteClient) => tx.onResponse(at(100), 600),
  'transport error': (tx: InviteClient) => tx.onTransportError(),
  'timer A': (tx: InviteClient) => tx.onDeadline(at(500)),
  'timer B': (tx: InviteClient) => tx.onDeadline(at(32_000)),
  'timer C': (tx: InviteClient) => tx.onDeadline(at(120_000)),
  'timer D': (tx: InviteClient) => tx.onDeadline(at(32_000)),
  'timer M': (tx: InviteClient) => tx.onDeadline(at(32_000)),
  'end of the cancel': (tx: InviteClient) => tx.onDeadline(at(32_000)),
  CANCEL: (tx: InviteClient) => {
    tx.onCancelled(at(100));
    return [];
  },
  ACK: (tx: InviteClient) => tx.acked(at(100), message('ACK')),
} as const;

describe('waits that are changed while it runs', () => {
  it('are the first one in calling and the second one in proceeding, from now on', () => {
    const tx = make();
    tx.wait(at(100), 5_000, 7_000);
    expect(runOutAt(tx)).toBe(5_100);
    const ringing = make();
    ringing.onResponse(at(0), 180);
    ringing.wait(at(100), 5_000, 7_000);
    expect(ringing.deadline).toBe(7_100);
    ringing.onResponse(at(1_000), 180);
    expect(ringing.deadline).toBe(8_000);
  });

  it('stay as they are for 0, and in other states', () => {
    const tx = make();
    tx.onResponse(at(0), 180);
    tx.wait(at(100), 0, 0);
    expect(tx.deadline).toBe(120_000);
    tx.onResponse(at(200), 404);
    tx.wait(at(300), 1, 1);
    expect(tx.deadline).toBe(32_200);
  });
});

describe('the end of its life', () => {
  it.each([
    [119_999, 119_999],
    [120_000, 120_000],
    [120_001, 120_000],
  ])('of %i leaves timer C at %i', (endOfLife, due) => {
    const tx = make({ ...WITH_C, endOfLife: at(endOfLife) });
    tx.onResponse(at(0), 180);
    expect(tx.deadline).toBe(due);
  });
});

/** When timer B fires. */
function runOutAt(tx: InviteClient): number {
  let now = tx.deadline;
  while (now !== undefined && tx.state === 'calling') {
    tx.onDeadline(now);
    if (tx.state !== 'calling') return now;
    now = tx.deadline;
  }
  return Number.NaN;
}

/** Every state is entered at 0. */
function machineIn(state: string): InviteClient {
  const tx = make();
  if (state === 'proceeding' || state === 'cancelling') tx.onResponse(at(0), 180);
  if (state === 'cancelling') tx.onCancelled(at(0));
  if (state === 'completed' || state === 'acknowledged') tx.onResponse(at(0), 404);
  if (state === 'acknowledged') tx.acked(at(0), message('ACK'));
  if (state === 'accepted' || state === 'terminated') tx.onResponse(at(0), 200);
  if (state === 'terminated') runOut(tx);
  return tx;
}

const TO_USER = '"the provisional response MUST be passed to the TU"';
const ACKED = '"MUST pass the received response up to the TU, and ... MUST generate an ACK request"';
const NOT_SENDING = 'nothing of this transaction is being sent, an answer may still come';
const ACK_AGAIN = '"MUST cause the ACK to be re-passed to the transport layer", not delivered';

type Row = readonly [from: string, input: keyof typeof inputs, effects: string[], to: string, because: string];

const rows: readonly Row[] = [
  ['calling', 100, ['deliver'], 'proceeding', TO_USER],
  ['calling', 180, ['deliver'], 'proceeding', TO_USER],
  ['calling', 200, ['deliver'], 'accepted', 'RFC 6026 8.4: "MUST transition to the \'Accepted\' state"'],
  ['calling', 302, ['ack', 'deliver'], 'completed', ACKED],
  ['calling', 487, ['ack', 'deliver'], 'completed', ACKED],
  ['calling', 600, ['ack', 'deliver'], 'completed', ACKED],
  [
    'calling',
    'timer A',
    ['send INVITE'],
    'calling',
    '"MUST retransmit the request by passing it to the transport layer"',
  ],
  [
    'calling',
    'timer B',
    ['timeout B', 'terminated timeout'],
    'terminated',
    '"SHOULD inform the TU that a timeout has occurred"',
  ],
  [
    'calling',
    'transport error',
    ['terminated transport'],
    'terminated',
    '17.1.4: "directly to the \'Terminated\' state"',
  ],
  ['calling', 'CANCEL', [], 'calling', '9.1: before a provisional response "the CANCEL request MUST NOT be sent"'],
  ['calling', 'ACK', [], 'calling', 'there is nothing to acknowledge'],
  ['proceeding', 100, ['deliver'], 'proceeding', TO_USER],
  ['proceeding', 180, ['deliver'], 'proceeding', TO_USER],
  ['proceeding', 200, ['deliver'], 'accepted', 'RFC 6026 8.4: "The 2xx response MUST be passed up to the TU"'],
  ['proceeding', 302, ['ack', 'deliver'], 'completed', ACKED],
  ['proceeding', 487, ['ack', 'deliver'], 'completed', ACKED],
  ['proceeding', 600, ['ack', 'deliver'], 'completed', ACKED],
  ['proceeding', 'timer A', [], 'proceeding', '"SHOULD NOT retransmit the request any longer"'],
  ['proceeding', 'timer B', [], 'proceeding', 'timer B only waits for the first response'],
  ['proceeding', 'timer C', ['timeout C'], 'cancelling', '16.8: "the proxy MUST generate a CANCEL request"'],
  ['proceeding', 'transport error', [], 'proceeding', NOT_SENDING],
  ['proceeding', 'CANCEL', [], 'cancelling', '9.1: from now on it waits 64*T1'],
  ['cancelling', 100, ['deliver'], 'cancelling', TO_USER],
  ['cancelling', 180, ['deliver'], 'cancelling', TO_USER],
  ['cancelling', 200, ['deliver'], 'accepted', 'a 2xx that crossed the CANCEL is still passed up'],
  ['cancelling', 487, ['ack', 'deliver'], 'completed', ACKED],
  ['cancelling', 600, ['ack', 'deliver'], 'completed', ACKED],
  [
    'cancelling',
    'end of the cancel',
    ['timeout cancelled', 'terminated timeout'],
    'terminated',
    '9.1: no final response in 64*T1',
  ],
  ['cancelling', 'transport error', [], 'cancelling', NOT_SENDING],
  ['cancelling', 'CANCEL', [], 'cancelling', 'a second CANCEL starts nothing anew'],
  ['completed', 487, [], 'completed', 'a repetition before our ACK exists is absorbed'],
  ['completed', 'ACK', ['send ACK'], 'completed', '"and then pass the ACK to the transport layer for transmission"'],
  ['completed', 'timer D', ['terminated finished'], 'terminated', '"MUST move to the terminated state"'],
  ['completed', 'transport error', ['terminated transport'], 'terminated', 'the ACK could not be sent'],
  ['acknowledged', 100, [], 'completed', 'provisional responses come too late'],
  ['acknowledged', 200, [], 'completed', 'the final response was another one'],
  ['acknowledged', 302, ['send ACK'], 'completed', ACK_AGAIN],
  ['acknowledged', 487, ['send ACK'], 'completed', ACK_AGAIN],
  ['acknowledged', 'ACK', [], 'completed', 'the first ACK stands'],
  ['acknowledged', 'CANCEL', [], 'completed', '9.1: a CANCEL has no effect once the final response is here'],
  ['accepted', 100, [], 'accepted', 'provisional responses come too late'],
  ['accepted', 180, [], 'accepted', 'provisional responses come too late'],
  ['accepted', 200, ['deliver'], 'accepted', 'RFC 6026 8.4: further 2xx "MUST be passed up to the TU"'],
  ['accepted', 487, [], 'accepted', 'only 2xx follow a 2xx'],
  ['accepted', 'ACK', [], 'accepted', 'RFC 6026 8.4: "MUST NOT generate an ACK to the 2xx response"'],
  ['accepted', 'timer M', ['terminated finished'], 'terminated', 'timer M ends the wait for more 2xx'],
  ['accepted', 'transport error', [], 'accepted', NOT_SENDING],
  ['terminated', 100, [], 'terminated', 'nothing revives it'],
  ['terminated', 200, [], 'terminated', 'nothing revives it'],
  ['terminated', 487, [], 'terminated', 'nothing revives it'],
  ['terminated', 'ACK', [], 'terminated', 'nothing revives it'],
  ['terminated', 'CANCEL', [], 'terminated', 'nothing revives it'],
  ['terminated', 'timer C', [], 'terminated', 'nothing revives it'],
  ['terminated', 'transport error', [], 'terminated', 'nothing revives it'],
];

describe('InviteClient, state by input (RFC 3261 §17.1.1, RFC 6026)', () => {
  it.each(rows)('%s, on %s: %j, then %s: %s', (from, input, effects, to) => {
    const tx = machineIn(from);
    expect(words(inputs[input](tx))).toEqual(effects);
    expect(tx.state).toBe(to);
  });
});

describe('InviteClient before the first response', () => {
  it('repeats after 0.5, 1, 2, 4, 8 and 16 s, without a cap, until B at 32 s (timer A)', () => {
    expect(runOut(make())).toEqual([
      ...[500, 1_500, 3_500, 7_500, 15_500, 31_500].map((ms) => `${ms} send INVITE`),
      '32000 timeout B',
      '32000 terminated timeout',
    ]);
  });

  it('repeats nothing over a reliable transport', () => {
    expect(runOut(make(TCP))).toEqual(['32000 timeout B', '32000 terminated timeout']);
  });

  it('gives up after fr_timer where it is set', () => {
    expect(runOut(make({ ...UDP, frTimerMs: 2_000 }))).toEqual([
      '500 send INVITE',
      '1500 send INVITE',
      '2000 timeout B',
      '2000 terminated timeout',
    ]);
  });

  it('counts the interval of A from when it really fired', () => {
    const tx = make();
    tx.onDeadline(at(520));
    expect(tx.deadline).toBe(1_520);
  });

  it('gives up instead of repeating when A and B are both due', () => {
    expect(words(make().onDeadline(at(50_000)))).toEqual(['timeout B', 'terminated timeout']);
  });
});

describe('InviteClient timer C (RFC 3261 §16.6 step 11, §16.7 step 2, §16.8)', () => {
  it('is larger than 3 minutes unless told otherwise', () => {
    const tx = make(UDP);
    tx.onResponse(at(0), 180);
    expect(tx.deadline).toBeGreaterThan(180_000);
  });

  it.each([
    [100, 120_000],
    [101, 170_000],
    [183, 170_000],
    [199, 170_000],
  ])('is re-armed by 101 to 199 only: after a %d at 50 s it is due at %d', (status, due) => {
    const tx = make();
    tx.onResponse(at(0), 100);
    tx.onResponse(at(50_000), status);
    expect(tx.deadline).toBe(due);
  });

  it('starts with the first provisional response, 100 included, and ends timers A and B', () => {
    const tx = make();
    tx.onResponse(at(300), 100);
    expect(tx.deadline).toBe(120_300);
  });

  it('asks for a CANCEL, then gives the peer 64*T1 for its 487', () => {
    const tx = make();
    tx.onResponse(at(0), 180);
    expect(runOut(tx)).toEqual(['120000 timeout C', '152000 timeout cancelled', '152000 terminated timeout']);
  });

  it('does not start the 64*T1 again when the core reports its CANCEL', () => {
    const tx = make();
    tx.onResponse(at(0), 180);
    tx.onDeadline(at(120_000));
    tx.onCancelled(at(125_000));
    expect(tx.deadline).toBe(152_000);
  });

  it('is not prolonged by provisional responses once cancelled', () => {
    const tx = make();
    tx.onResponse(at(0), 180);
    tx.onCancelled(at(10_000));
    tx.onResponse(at(20_000), 180);
    expect(tx.deadline).toBe(42_000);
  });

  it('delivers a 2xx that comes after C fired', () => {
    const tx = make();
    tx.onResponse(at(0), 180);
    tx.onDeadline(at(120_000));
    expect(words(tx.onResponse(at(121_000), 200))).toEqual(['deliver']);
    expect(runOut(tx)).toEqual(['153000 terminated finished']);
  });
});

describe('InviteClient after the final response', () => {
  it('answers each repeated 300-699 with the same ACK for 32 s over UDP (timer D)', () => {
    const tx = make();
    tx.onResponse(at(0), 486);
    tx.acked(at(1), message('ACK'));
    expect(words(tx.onResponse(at(500), 486))).toEqual(['send ACK']);
    expect(words(tx.onResponse(at(31_999), 486))).toEqual(['send ACK']);
    expect(runOut(tx)).toEqual(['32000 terminated finished']);
  });

  it('ends with the ACK over a reliable transport (timer D is zero)', () => {
    const tx = make(TCP);
    tx.onResponse(at(5), 486);
    expect(words(tx.acked(at(5), message('ACK')))).toEqual(['send ACK', 'terminated finished']);
    expect(tx.deadline).toBeUndefined();
  });

  it('does not wait for ever for an ACK that nobody builds, over a reliable transport', () => {
    const tx = make(TCP);
    tx.onResponse(at(5), 486);
    expect(runOut(tx)).toEqual(['5 terminated finished']);
  });

  it('stays 64*T1 for further 2xx over every transport (timer M)', () => {
    for (const config of [UDP, TCP]) {
      const tx = make(config);
      tx.onResponse(at(1_000), 200);
      tx.onResponse(at(30_000), 200);
      expect(runOut(tx)).toEqual(['33000 terminated finished']);
    }
  });
});
