/** The table of hidden dialogs: room, time and forgetting. */
import { describe, expect, it } from 'vitest';
import { Dialog } from '../../../src/modules/topos/dialog.ts';
import { Dialogs, LINGER_MS, SWEEP_SLICE } from '../../../src/modules/topos/dialogs.ts';
import { after, type Instant } from '../../../src/util/time.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const START = new VirtualClock().now();
const at = (ms: number): Instant => after(START, ms);
const target = { contact: 'sip:a@10.0.0.2', routes: [], connection: 0 };
const dialog = (id: string) =>
  new Dialog({ id, callId: `call ${id}`, method: 'INVITE', aTag: 'a', a: target, ownRoutes: [] });

function table(max = 10_000) {
  const expired = { value: 0 };
  return { expired, dialogs: new Dialogs(max, { earlyMs: 100, dialogMs: 1_000 }, expired) };
}

describe('the dialogs of a node', () => {
  it('are swept in slices, all of them', () => {
    const { dialogs, expired } = table();
    for (let i = 0; i < SWEEP_SLICE + 10; i++) dialogs.add(dialog(String(i)), START);
    expect(dialogs.sweep(at(100))).toBe('more');
    expect(expired.value).toBe(SWEEP_SLICE);
    expect(dialogs.sweep(at(100))).toBe('done');
    expect([expired.value, dialogs.size]).toEqual([SWEEP_SLICE + 10, 0]);
  });

  it('have room for as many as they may, also with the limits of another program', () => {
    const { dialogs } = table(1);
    expect(dialogs.add(dialog('1'), START)).toBe('added');
    expect(dialogs.add(dialog('2'), START)).toBe('full');
    dialogs.tune(2, { earlyMs: 5_000, dialogMs: 5_000 });
    expect(dialogs.add(dialog('2'), START)).toBe('added');
    expect(dialogs.get('1', at(100))).toBeUndefined();
    expect(dialogs.get('2', at(4_999))).toBeDefined();
  });

  it('outlive their time while they ring', () => {
    const { dialogs } = table();
    const state = { rings: true };
    dialogs.add(dialog('1'), START, () => state.rings);
    expect(dialogs.get('1', at(150))).toBeDefined();
    state.rings = false;
    expect(dialogs.get('1', at(249))).toBeDefined();
    expect(dialogs.get('1', at(250))).toBeUndefined();
  });

  it('linger when they have ended, and are back when a 2xx is later than their time', () => {
    const { dialogs } = table();
    const one = dialog('1');
    dialogs.add(one, START);
    dialogs.sweep(at(100));
    const leg = one.place('b', target);
    if (leg !== undefined) one.confirm(leg);
    dialogs.restore(one, at(200));
    expect(dialogs.ofCall('call 1')).toEqual([one]);
    expect(dialogs.get('1', at(1_199))).toBe(one);
    if (leg !== undefined) one.hangUp(leg);
    dialogs.touch(one, at(1_000));
    expect(dialogs.get('1', at(1_000 + LINGER_MS - 1))).toBe(one);
    expect(dialogs.get('1', at(1_000 + LINGER_MS))).toBeUndefined();
  });
});
