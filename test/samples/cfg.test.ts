/** The samples in the form of a kamailio.cfg: which message reaches which target. */
import { describe, expect, it } from 'vitest';
import { answeredCall, challenge, registerAndCall, registration, sampleStage, seenBy } from './sample-stage.ts';

const sorted = (lines: readonly string[]): readonly string[] => lines.toSorted();

describe('per-route-targets.cfg', () => {
  it('shows the registration to Homer, and the call with its 407 and that ACK to Voipmonitor', async () => {
    const stage = await sampleStage('cfg/per-route-targets.cfg');
    await registerAndCall(stage);
    expect(seenBy(stage.homer)).toEqual(registration);
    expect(sorted(seenBy(stage.voipmonitor))).toEqual(sorted([...challenge, ...answeredCall]));
    expect(stage.voipmonitor.frames.every(({ correlationId }) => correlationId !== undefined)).toBe(true);
  });

  it('lets nobody in without the password', async () => {
    const stage = await sampleStage('cfg/per-route-targets.cfg', { password: 'looking-glass' });
    stage.alice.invite('sip:bob@example.com');
    await stage.sim.runFor(100);
    expect(stage.alice.receivedStatus(407)).toHaveLength(2);
    expect(stage.bob.received()).toEqual([]);
    expect(seenBy(stage.homer)).toEqual([]);
  });
});

describe('homer.cfg', () => {
  it('shows everything to Homer over TCP, with the Call-ID as correlation id and the node name', async () => {
    const stage = await sampleStage('cfg/homer.cfg', { homer: ';transport=tcp' });
    await registerAndCall(stage);
    expect(sorted(seenBy(stage.homer))).toEqual(sorted([...registration, ...answeredCall]));
    for (const { over, payload, correlationId, packet } of stage.homer.frames) {
      expect([over, packet.nodeName]).toEqual(['tcp', 'edge-1']);
      expect(payload).toContain(`Call-ID: ${correlationId}\r\n`);
    }
    expect(stage.voipmonitor.frames).toEqual([]);
  });
});

describe('voipmonitor.cfg', () => {
  it('shows everything to Voipmonitor over UDP', async () => {
    const stage = await sampleStage('cfg/voipmonitor.cfg');
    await registerAndCall(stage);
    expect(sorted(seenBy(stage.voipmonitor))).toEqual(sorted([...registration, ...answeredCall]));
    expect(new Set(stage.voipmonitor.frames.map(({ over }) => over))).toEqual(new Set(['udp']));
    expect(stage.homer.frames).toEqual([]);
  });
});
