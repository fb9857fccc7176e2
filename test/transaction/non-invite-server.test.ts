/** The non-INVITE server machine against the sentences of RFC 3261 17.2.2, state by input, in virtual time. */
import { describe, expect, it } from 'vitest';
import { NonInviteServer } from '../../src/transaction/non-invite-server.ts';
import { at, message, runOut, TCP, UDP, words } from './timeline.ts';

const inputs = {
  request: (tx: NonInviteServer) => tx.onRetransmission(),
  100: (tx: NonInviteServer) => tx.onResponse(at(100), 100, message('100')),
  200: (tx: NonInviteServer) => tx.onResponse(at(100), 200, message('200')),
  404: (tx: NonInviteServer) => tx.onResponse(at(100), 404, message('404')),
  603: (tx: NonInviteServer) => tx.onResponse(at(100), 603, message('603')),
  'timer J': (tx: NonInviteServer) => tx.onDeadline(at(32_000)),
  'transport error': (tx: NonInviteServer) => tx.onTransportError(),
} as const;

/** Every state is entered at 0. */
function machineIn(state: string): NonInviteServer {
  const tx = new NonInviteServer(UDP);
  if (state === 'proceeding') tx.onResponse(at(0), 100, message('100'));
  if (state === 'completed' || state === 'terminated') tx.onResponse(at(0), 202, message('202'));
  if (state === 'terminated') runOut(tx);
  return tx;
}

const STAYS = 'RFC 6026 8.8: "SHOULD inform the TU that a failure has occurred, and MUST remain in the current state"';
const ONE_FINAL = '"Any other final responses passed by the TU ... MUST be discarded"';

type Row = readonly [from: string, input: keyof typeof inputs, effects: string[], to: string, because: string];

const rows: readonly Row[] = [
  ['trying', 'request', [], 'trying', '"any further request retransmissions are discarded"'],
  ['trying', 100, ['send 100'], 'proceeding', '"the server transaction MUST enter the \'Proceeding\' state"'],
  ['trying', 200, ['send 200'], 'completed', 'a final reply completes it without a provisional one'],
  ['trying', 404, ['send 404'], 'completed', 'a final reply completes it without a provisional one'],
  ['trying', 'timer J', [], 'trying', 'no timer runs while the user thinks'],
  ['trying', 'transport error', ['unsent'], 'trying', STAYS],
  ['proceeding', 'request', ['send 100'], 'proceeding', '"the most recently sent provisional response MUST be passed"'],
  ['proceeding', 100, ['send 100'], 'proceeding', '"Any further provisional responses ... MUST be passed"'],
  ['proceeding', 200, ['send 200'], 'completed', '"the transaction MUST enter the \'Completed\' state"'],
  ['proceeding', 404, ['send 404'], 'completed', '"the transaction MUST enter the \'Completed\' state"'],
  ['proceeding', 603, ['send 603'], 'completed', '"the transaction MUST enter the \'Completed\' state"'],
  ['proceeding', 'timer J', [], 'proceeding', 'no timer runs while the user thinks'],
  ['proceeding', 'transport error', ['unsent'], 'proceeding', STAYS],
  ['completed', 'request', ['send 202'], 'completed', '"MUST pass the final response to the transport layer"'],
  ['completed', 100, [], 'completed', 'a provisional reply after the final one is dropped'],
  ['completed', 200, [], 'completed', ONE_FINAL],
  ['completed', 404, [], 'completed', ONE_FINAL],
  ['completed', 'timer J', ['terminated finished'], 'terminated', '"it MUST transition to the \'Terminated\' state"'],
  ['completed', 'transport error', ['unsent'], 'completed', STAYS],
  ['terminated', 'request', [], 'terminated', 'nothing revives it'],
  ['terminated', 100, [], 'terminated', 'nothing revives it'],
  ['terminated', 200, [], 'terminated', 'nothing revives it'],
  ['terminated', 'timer J', [], 'terminated', 'nothing revives it'],
  ['terminated', 'transport error', [], 'terminated', 'nothing revives it'],
];

describe('NonInviteServer, state by input (RFC 3261 §17.2.2)', () => {
  it.each(rows)('%s, on %s: %j, then %s: %s', (from, input, effects, to) => {
    const tx = machineIn(from);
    expect(words(inputs[input](tx))).toEqual(effects);
    expect(tx.state).toBe(to);
  });
});

describe('NonInviteServer timer J', () => {
  it('answers retransmissions for exactly 64*T1 over UDP', () => {
    const tx = new NonInviteServer(UDP);
    tx.onResponse(at(1_000), 200, message('200'));
    expect(tx.deadline).toBe(33_000);
    expect(words(tx.onDeadline(at(32_999)))).toEqual([]);
    expect(words(tx.onRetransmission())).toEqual(['send 200']);
    expect(words(tx.onDeadline(at(33_000)))).toEqual(['terminated finished']);
  });

  it('ends with the final reply over a reliable transport (timer J is zero)', () => {
    const tx = new NonInviteServer(TCP);
    expect(words(tx.onResponse(at(0), 200, message('200')))).toEqual(['send 200', 'terminated finished']);
    expect(tx.deadline).toBeUndefined();
  });

  it('does not prolong J by retransmissions', () => {
    const tx = new NonInviteServer(UDP);
    tx.onResponse(at(0), 200, message('200'));
    tx.onRetransmission();
    tx.onResponse(at(31_000), 200, message('200'));
    expect(runOut(tx)).toEqual(['32000 terminated finished']);
  });
});
