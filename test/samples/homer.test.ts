/** The sample `homer`: everything goes to one target, over TCP, with what Homer finds a call by. */
import { describe, expect, it } from 'vitest';
import { answeredCall, registerAndCall, registration, sampleStage, seenBy } from './sample-stage.ts';

const sample = 'homer';

describe('a registration and a call', () => {
  it('reach Homer message by message over TCP', async () => {
    const stage = await sampleStage(sample, { homer: ';transport=tcp' });
    await registerAndCall(stage);
    expect([...seenBy(stage.homer)].toSorted()).toEqual([...registration, ...answeredCall].toSorted());
    expect(new Set(stage.homer.frames.map(({ over }) => over))).toEqual(new Set(['tcp']));
    expect(stage.voipmonitor.frames).toEqual([]);
  });

  it('carry the Call-ID as correlation id, the node name, and times that grow', async () => {
    const stage = await sampleStage(sample, { homer: ';transport=tcp' });
    await registerAndCall(stage);
    const { frames } = stage.homer;
    expect(frames.every(({ payload, correlationId }) => payload.includes(`Call-ID: ${correlationId}\r\n`))).toBe(true);
    expect(new Set(frames.map(({ packet }) => packet.nodeName))).toEqual(new Set(['edge-1']));
    const times = frames.map(({ at }) => Number(at));
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  });

  it('stay in the path of the dialog', async () => {
    const stage = await sampleStage(sample, { homer: ';transport=tcp' });
    await registerAndCall(stage);
    expect(stage.bob.received('BYE')[0]?.headers.has('Route')).toBe(false);
    expect(stage.alice.receivedStatus(200, 'BYE')).toHaveLength(1);
  });
});
