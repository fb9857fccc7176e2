/** The INVITE server machine against the sentences of RFC 3261 17.2.1 and RFC 6026, state by input, in virtual time. */
import { describe, expect, it } from 'vitest';
import { InviteServer } from '../../src/transaction/invite-server.ts';
import { at, message, runOut, TCP, UDP, words } from './timeline.ts';

const inputs = {
  INVITE: (tx: InviteServer) => tx.onRetransmission(),
  180: (tx: InviteServer) => tx.onResponse(at(100), 180, message('180')),
  200: (tx: InviteServer) => tx.onResponse(at(100), 200, message('200')),
  302: (tx: InviteServer) => tx.onResponse(at(100), 302, message('302')),
  486: (tx: InviteServer) => tx.onResponse(at(100), 486, message('486')),
  600: (tx: InviteServer) => tx.onResponse(at(100), 600, message('600')),
  ACK: (tx: InviteServer) => tx.onAck(at(100)),
  'transport error': (tx: InviteServer) => tx.onTransportError(),
  'timer G': (tx: InviteServer) => tx.onDeadline(at(500)),
  'timer H': (tx: InviteServer) => tx.onDeadline(at(32_000)),
  'timer I': (tx: InviteServer) => tx.onDeadline(at(5_000)),
  'timer L': (tx: InviteServer) => tx.onDeadline(at(32_000)),
} as const;

/** Every state is entered at 0. */
function machineIn(state: string): InviteServer {
  const tx = new InviteServer(UDP);
  if (state === 'ringing') tx.onResponse(at(0), 180, message('180'));
  if (state === 'accepted' || state === 'terminated') tx.onResponse(at(0), 200, message('200'));
  if (state === 'completed' || state === 'confirmed') tx.onResponse(at(0), 404, message('404'));
  if (state === 'confirmed') tx.onAck(at(0));
  if (state === 'terminated') runOut(tx);
  return tx;
}

const STAYS = 'RFC 6026 8.8: "SHOULD inform the TU that a failure has occurred, and MUST remain in the current state"';
const ONE_FINAL = 'one final reply per request';

type Row = readonly [from: string, input: keyof typeof inputs, effects: string[], to: string, because: string];

const rows: readonly Row[] = [
  ['proceeding', 'INVITE', [], 'proceeding', 'there is nothing to repeat before the first reply'],
  ['proceeding', 180, ['send 180'], 'proceeding', '"each of these MUST be passed to the transport layer"'],
  ['proceeding', 200, ['send 200'], 'accepted', '"MUST then transition to the \'Accepted\' state"'],
  ['proceeding', 302, ['send 302'], 'completed', '"the state machine MUST enter the \'Completed\' state"'],
  ['proceeding', 486, ['send 486'], 'completed', '"the state machine MUST enter the \'Completed\' state"'],
  ['proceeding', 600, ['send 600'], 'completed', '"the state machine MUST enter the \'Completed\' state"'],
  ['proceeding', 'ACK', [], 'proceeding', 'an ACK to nothing is absorbed'],
  ['proceeding', 'transport error', ['unsent'], 'proceeding', STAYS],
  ['proceeding', 'timer H', [], 'proceeding', 'no timer runs while the user thinks'],
  ['ringing', 'INVITE', ['send 180'], 'proceeding', '"the most recent provisional response ... MUST be passed"'],
  ['completed', 'INVITE', ['send 404'], 'completed', '"the server SHOULD pass the response to the transport"'],
  ['completed', 180, [], 'completed', 'a provisional reply after the final one is dropped'],
  ['completed', 200, [], 'completed', ONE_FINAL],
  ['completed', 486, [], 'completed', ONE_FINAL],
  ['completed', 'ACK', [], 'confirmed', '"the server transaction MUST transition to the \'Confirmed\' state"'],
  ['completed', 'timer G', ['send 404'], 'completed', '"If timer G fires, the response is passed ... once more"'],
  [
    'completed',
    'timer H',
    ['timeout H', 'terminated timeout'],
    'terminated',
    '"it implies that the ACK was never received"',
  ],
  ['completed', 'transport error', ['unsent'], 'completed', STAYS],
  ['confirmed', 'INVITE', [], 'confirmed', 'an ACK has come, the peer has the reply'],
  ['confirmed', 180, [], 'confirmed', ONE_FINAL],
  ['confirmed', 200, [], 'confirmed', ONE_FINAL],
  ['confirmed', 486, [], 'confirmed', ONE_FINAL],
  ['confirmed', 'ACK', [], 'confirmed', '"to absorb any additional ACK messages that arrive"'],
  [
    'confirmed',
    'timer I',
    ['terminated finished'],
    'terminated',
    '"the server MUST transition to the \'Terminated\' state"',
  ],
  ['confirmed', 'transport error', ['unsent'], 'confirmed', STAYS],
  ['accepted', 'INVITE', [], 'accepted', 'RFC 6026 7.1: "absorbed by the machine without changing its state"'],
  ['accepted', 180, [], 'accepted', 'a provisional reply after the final one is dropped'],
  ['accepted', 200, ['send 200'], 'accepted', 'RFC 6026 8.7: "MUST pass the response to the transport layer"'],
  ['accepted', 486, [], 'accepted', ONE_FINAL],
  ['accepted', 600, [], 'accepted', ONE_FINAL],
  ['accepted', 'ACK', ['deliver'], 'accepted', 'RFC 6026 7.1: ACKs to a 2xx go to the user, not absorbed'],
  ['accepted', 'timer L', ['terminated finished'], 'terminated', 'timer L ends the wait for more 2xx'],
  ['accepted', 'transport error', ['unsent'], 'accepted', STAYS],
  ['terminated', 'INVITE', [], 'terminated', 'nothing revives it'],
  ['terminated', 180, [], 'terminated', 'nothing revives it'],
  ['terminated', 200, [], 'terminated', 'nothing revives it'],
  ['terminated', 486, [], 'terminated', 'nothing revives it'],
  ['terminated', 'ACK', [], 'terminated', 'nothing revives it'],
  ['terminated', 'timer L', [], 'terminated', 'nothing revives it'],
  ['terminated', 'transport error', [], 'terminated', 'nothing revives it'],
];

describe('InviteServer, state by input (RFC 3261 §17.2.1, RFC 6026)', () => {
  it.each(rows)('%s, on %s: %j, then %s: %s', (from, input, effects, to) => {
    const tx = machineIn(from);
    expect(words(inputs[input](tx))).toEqual(effects);
    expect(tx.state).toBe(to);
  });
});

describe('InviteServer timers', () => {
  it('repeats a 300-699 after T1, doubling up to T2, until H at 64*T1 (timer G)', () => {
    const tx = new InviteServer(UDP);
    tx.onResponse(at(0), 486, message('486'));
    expect(runOut(tx)).toEqual([
      ...[500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((ms) => `${ms} send 486`),
      '32000 timeout H',
      '32000 terminated timeout',
    ]);
  });

  it('repeats nothing over a reliable transport, and still gives up at H', () => {
    const tx = new InviteServer(TCP);
    tx.onResponse(at(0), 486, message('486'));
    expect(runOut(tx)).toEqual(['32000 timeout H', '32000 terminated timeout']);
  });

  it('never repeats a 2xx, over UDP neither, and ends with L at 64*T1', () => {
    for (const config of [UDP, TCP]) {
      const tx = new InviteServer(config);
      tx.onResponse(at(1_000), 200, message('200'));
      expect(runOut(tx)).toEqual(['33000 terminated finished']);
    }
  });

  it('stops repeating at the ACK and absorbs ACKs for T4 (timer I)', () => {
    const tx = new InviteServer(UDP);
    tx.onResponse(at(0), 486, message('486'));
    tx.onAck(at(700));
    expect(runOut(tx)).toEqual(['5700 terminated finished']);
  });

  it('ends at once with the ACK over a reliable transport (timer I is zero)', () => {
    const tx = new InviteServer(TCP);
    tx.onResponse(at(0), 486, message('486'));
    expect(words(tx.onAck(at(700)))).toEqual(['terminated finished']);
    expect(tx.deadline).toBeUndefined();
  });

  it('gives up instead of repeating when the host timer is so late that G and H are both due', () => {
    const tx = new InviteServer(UDP);
    tx.onResponse(at(0), 486, message('486'));
    expect(words(tx.onDeadline(at(40_000)))).toEqual(['timeout H', 'terminated timeout']);
  });

  it('does not prolong L by a further 2xx', () => {
    const tx = new InviteServer(UDP);
    tx.onResponse(at(0), 200, message('200'));
    tx.onResponse(at(31_000), 200, message('200 again'));
    expect(tx.deadline).toBe(32_000);
  });

  it('repeats the latest provisional reply, not the first', () => {
    const tx = new InviteServer(UDP);
    tx.onResponse(at(0), 100, message('100'));
    tx.onResponse(at(10), 183, message('183'));
    expect(words(tx.onRetransmission())).toEqual(['send 183']);
  });
});
