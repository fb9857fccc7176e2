/** The non-INVITE client machine against the sentences of RFC 3261 17.1.2, state by input, in virtual time. */
import { describe, expect, it } from 'vitest';
import { NonInviteClient } from '../../src/transaction/non-invite-client.ts';
import type { ClientConfig } from '../../src/transaction/timers.ts';
import { at, message, runOut, TCP, UDP, words } from './timeline.ts';

const make = (config: ClientConfig = UDP) => new NonInviteClient(at(0), message('REGISTER'), config);

const inputs = {
  100: (tx: NonInviteClient) => tx.onResponse(at(100), 100),
  200: (tx: NonInviteClient) => tx.onResponse(at(100), 200),
  401: (tx: NonInviteClient) => tx.onResponse(at(100), 401),
  603: (tx: NonInviteClient) => tx.onResponse(at(100), 603),
  'transport error': (tx: NonInviteClient) => tx.onTransportError(),
  'timer E': (tx: NonInviteClient) => tx.onDeadline(at(500)),
  'timer F': (tx: NonInviteClient) => tx.onDeadline(at(32_000)),
  'timer K': (tx: NonInviteClient) => tx.onDeadline(at(5_000)),
} as const;

it('waits as long as it is told from then on, until it is answered', () => {
  const tx = make(TCP);
  tx.wait(at(1_000), 2_000);
  expect(tx.deadline).toBe(3_000);
  tx.wait(at(1_500), 0);
  expect(tx.deadline).toBe(3_000);
  const answered = make();
  answered.onResponse(at(0), 200);
  answered.wait(at(100), 1);
  expect(answered.deadline).toBe(5_000);
});

/** Every state is entered at 0. */
function machineIn(state: string): NonInviteClient {
  const tx = make();
  if (state === 'proceeding') tx.onResponse(at(0), 100);
  if (state === 'completed' || state === 'terminated') tx.onResponse(at(0), 200);
  if (state === 'terminated') runOut(tx);
  return tx;
}

const FINAL = '"the response MUST be passed to the TU, and ... MUST transition to the \'Completed\' state"';
const FAILED = '17.1.4: "SHOULD transition directly to the \'Terminated\' state"';
const BUFFER = '"exists to buffer any additional response retransmissions"';

type Row = readonly [from: string, input: keyof typeof inputs, effects: string[], to: string, because: string];

const rows: readonly Row[] = [
  ['trying', 100, ['deliver'], 'proceeding', '"SHOULD move to the \'Proceeding\' state"'],
  ['trying', 200, ['deliver'], 'completed', FINAL],
  ['trying', 401, ['deliver'], 'completed', FINAL],
  ['trying', 603, ['deliver'], 'completed', FINAL],
  ['trying', 'timer E', ['send REGISTER'], 'trying', 'timer E repeats the request'],
  ['trying', 'timer F', ['timeout F', 'terminated timeout'], 'terminated', '"SHOULD inform the TU about the timeout"'],
  ['trying', 'transport error', ['terminated transport'], 'terminated', FAILED],
  ['proceeding', 100, ['deliver'], 'proceeding', 'every provisional response goes to the user'],
  ['proceeding', 200, ['deliver'], 'completed', FINAL],
  ['proceeding', 401, ['deliver'], 'completed', FINAL],
  ['proceeding', 'timer E', ['send REGISTER'], 'proceeding', '"the request MUST be passed to the transport layer"'],
  [
    'proceeding',
    'timer F',
    ['timeout F', 'terminated timeout'],
    'terminated',
    '"the TU MUST be informed of a timeout"',
  ],
  ['proceeding', 'transport error', ['terminated transport'], 'terminated', FAILED],
  ['completed', 100, [], 'completed', BUFFER],
  ['completed', 200, [], 'completed', BUFFER],
  ['completed', 401, [], 'completed', BUFFER],
  ['completed', 'timer K', ['terminated finished'], 'terminated', '"MUST transition to the \'Terminated\' state"'],
  ['completed', 'transport error', [], 'completed', 'the answer is here, a failing repetition matters no more'],
  ['terminated', 100, [], 'terminated', 'nothing revives it'],
  ['terminated', 200, [], 'terminated', 'nothing revives it'],
  ['terminated', 'timer F', [], 'terminated', 'nothing revives it'],
  ['terminated', 'transport error', [], 'terminated', 'nothing revives it'],
];

describe('NonInviteClient, state by input (RFC 3261 §17.1.2)', () => {
  it.each(rows)('%s, on %s: %j, then %s: %s', (from, input, effects, to) => {
    const tx = machineIn(from);
    expect(words(inputs[input](tx))).toEqual(effects);
    expect(tx.state).toBe(to);
  });
});

const sends = (...times: number[]) => times.map((ms) => `${ms} send REGISTER`);

describe('NonInviteClient timers', () => {
  it('repeats after T1, doubling up to T2, until F at 64*T1 (timer E)', () => {
    expect(runOut(make())).toEqual([
      ...sends(500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500),
      '32000 timeout F',
      '32000 terminated timeout',
    ]);
  });

  it('repeats every T2 once a provisional response came: "Timer E MUST be reset with a value of T2 seconds"', () => {
    const tx = make();
    tx.onDeadline(at(500));
    tx.onResponse(at(600), 100);
    expect(runOut(tx)).toEqual([
      ...sends(1_500, 5_500, 9_500, 13_500, 17_500, 21_500, 25_500, 29_500),
      '32000 timeout F',
      '32000 terminated timeout',
    ]);
  });

  it('repeats nothing over a reliable transport', () => {
    expect(runOut(make(TCP))).toEqual(['32000 timeout F', '32000 terminated timeout']);
  });

  it('gives up after fr_timer where it is set, provisional response or not', () => {
    const tx = make({ ...UDP, frTimerMs: 1_000 });
    tx.onResponse(at(100), 100);
    expect(runOut(tx)).toEqual([...sends(500), '1000 timeout F', '1000 terminated timeout']);
  });

  it('absorbs repeated final responses for T4 over UDP (timer K)', () => {
    const tx = make();
    tx.onResponse(at(1_000), 200);
    expect(runOut(tx)).toEqual(['6000 terminated finished']);
  });

  it('ends with the final response over a reliable transport (timer K is zero)', () => {
    const tx = make(TCP);
    expect(words(tx.onResponse(at(1_000), 200))).toEqual(['deliver', 'terminated finished']);
    expect(tx.deadline).toBeUndefined();
  });

  it('gives up instead of repeating when E and F are both due', () => {
    expect(words(make().onDeadline(at(50_000)))).toEqual(['timeout F', 'terminated timeout']);
  });
});
