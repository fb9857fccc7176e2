/** The sample `voipmonitor`: everything goes to one target, over UDP. */
import { describe, expect, it } from 'vitest';
import { answeredCall, registerAndCall, registration, sampleStage, seenBy } from './sample-stage.ts';

const UDP = 17;

describe('a registration and a call', () => {
  it('reach Voipmonitor message by message over UDP', async () => {
    const stage = await sampleStage('voipmonitor');
    await registerAndCall(stage);
    expect([...seenBy(stage.voipmonitor)].toSorted()).toEqual([...registration, ...answeredCall].toSorted());
    expect(new Set(stage.voipmonitor.frames.map(({ over }) => over))).toEqual(new Set(['udp']));
    expect(stage.homer.frames).toEqual([]);
  });

  it('name the protocol that the message had, which Voipmonitor asks for', async () => {
    const stage = await sampleStage('voipmonitor');
    await registerAndCall(stage);
    expect(new Set(stage.voipmonitor.frames.map(({ packet }) => packet.protocol))).toEqual(new Set([UDP]));
  });
});
