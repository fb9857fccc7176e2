/** Records of dialogs and crossings: what is written is read, and what is not whole is not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Crossing, Role } from '../../../src/modules/topos/crossing.ts';
import { Dialog, MAX_LEGS } from '../../../src/modules/topos/dialog.ts';
import { crossingPlace, dialogPlace } from '../../../src/modules/topos/places.ts';
import { MAX_ENTRIES, MAX_RECORD, ownerOf } from '../../../src/modules/topos/record-fields.ts';
import { changeable, crossingText, dialogText, readCrossing, readDialog } from '../../../src/modules/topos/record.ts';
import type { Flow, Listener } from '../../../src/transport/flow.ts';

const text = fc.stringMatching(/^[ -~\x80-\xff]{0,20}$/);
const uri = fc.stringMatching(/^sips?:[!-;=?-~\x80-\xff]{1,20}$/);
const target = fc.record({ contact: uri, routes: fc.array(text, { maxLength: 3 }), connection: fc.constant(0) });
const leg = fc.record({
  tag: text,
  target,
  state: fc.constantFrom('early' as const, 'confirmed' as const, 'over' as const),
});
const face = fc.oneof(
  fc.constant(undefined),
  fc.constant({ kind: 'real' as const }),
  uri.map((of) => ({ kind: 'masked' as const, uri: of })),
);

const look = fc.record({
  user: fc.option(fc.stringMatching(/^[a-z0-9]{1,8}$/), { nil: undefined }),
  host: fc.option(fc.constantFrom('sbc.example.com', 'h:5080;transport=tcp', '[2001:db8::1]'), { nil: undefined }),
});

const dialog: fc.Arbitrary<Dialog> = fc
  .record({
    parts: fc.record({ id: text, callId: text, method: text, aTag: text, a: target, ownRoutes: fc.array(text) }),
    looks: fc.option(fc.record({ a: look, b: look }), { nil: undefined }),
    masked: fc.record({ a: fc.boolean(), b: fc.boolean() }),
    legs: fc.array(leg, { maxLength: 3 }),
    phase: fc.constantFrom('early' as const, 'confirmed' as const, 'ended' as const),
    lifeMs: fc.option(fc.nat(), { nil: undefined }),
    ...{ a: face, b: face },
  })
  .map(({ parts, looks, masked, legs, phase, lifeMs, a, b }) => {
    const made = new Dialog(looks === undefined ? parts : { ...parts, looks });
    Object.assign(made.masked, masked);
    made.legs.push(...legs);
    made.phase = phase;
    made.lifeMs = lifeMs;
    Object.assign(made.faces, { a, b });
    return made;
  });

const some = new Dialog({
  ...{ id: 'i', callId: 'c', method: 'INVITE', aTag: 't', ownRoutes: [] },
  a: { contact: 'sip:a@h', routes: [], connection: 7 },
});
const local = { address: '192.0.2.1', port: 5060 };
const listener: Listener = {
  ...{ transport: 'udp', local, advertised: undefined, name: undefined },
  sentBy: { host: local.address, port: local.port },
};
const flow: Flow = { transport: 'udp', listener, local, remote: { address: '192.0.2.2', port: 5060 }, connection: 0 };
const role: fc.Arbitrary<Role> = fc.oneof(
  fc.constantFrom<Role>({ kind: 'alone' }, { kind: 'unknown' }, { kind: 'opens', dialog: some }),
  fc
    .record({ leg: fc.option(leg, { nil: undefined }), refresh: fc.option(target, { nil: undefined }) })
    .map((more): Role => ({ kind: 'inside', dialog: some, ...more })),
);
const crossing: fc.Arbitrary<Crossing> = fc.record({
  ...{ branch: text, method: text, uri: text },
  vias: fc.array(text, { minLength: 1, maxLength: 3 }),
  recordRoutes: fc.array(text, { maxLength: 3 }),
  from: fc.constantFrom('a', 'b'),
  role,
  isHidden: fc.boolean(),
  flow: fc.constant(flow),
  ...{ isAdopted: fc.constant(true), hasMoved: fc.constant(false) },
  ...{ contact: fc.constant(undefined), replies: fc.constant(undefined), cameAs: fc.constant(undefined) },
});

/** Where the form, the Call-ID and so on are in a record. */
const AT = { form: 0, callId: 3, ownRoutes: 7, looks: 12, a: 13, legs: 14, vias: 7 };

const changed = (record: string, change: (values: unknown[]) => void): string => {
  const values: unknown[] = JSON.parse(record);
  change(values);
  return JSON.stringify(values);
};
const placed = (record: string, at: number, value: unknown): string =>
  changed(record, (values) => values.splice(at, 1, value));
const without = (record: string, at: number): string => changed(record, (values) => values.splice(at, 1));
const places = (record: string): readonly number[] => [...JSON.parse(record).keys()];

describe('a record of a dialog', () => {
  it('is read as it was written, but for connections, which belong to a process', () => {
    fc.assert(
      fc.property(dialog, (given) => {
        expect(readDialog(dialogText(given, 'me'))).toEqual({ owner: 'me', value: given });
      }),
    );
    expect(readDialog(dialogText(some, 'me'))?.value.a.target.connection).toBe(0);
  });

  it('is nothing without any one of its fields, or with another form or type in it', () => {
    fc.assert(
      fc.property(dialog, fc.constantFrom(null, 1, 'x', [], {}, true), (given, rubbish) => {
        const whole = dialogText(given, 'me');
        for (const at of places(whole)) {
          expect(readDialog(without(whole, at))).toBeUndefined();
          expect(() => readDialog(placed(whole, at, rubbish))).not.toThrow();
        }
        expect(readDialog(placed(whole, AT.form, 1))).toBeUndefined();
        expect(readDialog(changed(whole, (values) => values.push(null)))).toBeUndefined();
        expect(readDialog(whole.slice(0, -1))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('has changed when any one of its values has, and only then', () => {
    fc.assert(
      fc.property(dialog, dialog, (one, other) => {
        const { id, callId, method, looks, a } = one;
        const next = new Dialog({
          id,
          callId,
          method,
          looks,
          aTag: a.tag,
          a: other.a.target,
          ownRoutes: other.ownRoutes,
        });
        next.legs.push(...other.legs);
        const { phase, lifeMs, masked, faces } = other;
        Object.assign(next, { phase, lifeMs, masked, faces });
        const isSame = JSON.stringify(changeable(one)) === JSON.stringify(changeable(next));
        expect(isSame).toBe(dialogText(one, 'me') === dialogText(next, 'me'));
        expect(changeable(one)).toEqual(changeable(one));
      }),
    );
  });

  it('never brings a line end, a NUL or half a character into a message', () => {
    const legged = new Dialog({
      ...{ id: 'i', callId: 'c', method: 'INVITE', aTag: 't', ownRoutes: [] },
      a: some.a.target,
    });
    const whole = dialogText(legged, 'me');
    for (const bad of ['\r\nX: y', '\n', '\0', '\u010a', '\u{1f600}']) {
      expect(readDialog(placed(whole, AT.ownRoutes, [bad]))).toBeUndefined();
      expect(readDialog(placed(whole, AT.callId, bad))).toBeUndefined();
      expect(readDialog(placed(whole, AT.a, ['t', 'early', `sip:a${bad}`, []]))).toBeUndefined();
    }
    expect(readDialog(placed(whole, AT.a, ['t', 'early', 'sip:a', []]))).toBeDefined();
    expect(readDialog(placed(whole, AT.a, ['t', 'early', 'sip:a b', []]))).toBeUndefined();
  });

  it('has limits: its size, its legs, its lists', () => {
    const whole = dialogText(some, 'me');
    expect(readDialog(whole.padEnd(MAX_RECORD))).toBeDefined();
    expect(readDialog(whole.padEnd(MAX_RECORD + 1))).toBeUndefined();
    const one = ['t', 'early', 'sip:b@h', []];
    const legs = (count: number) =>
      placed(
        whole,
        AT.legs,
        Array.from({ length: count }, () => one),
      );
    expect(readDialog(legs(MAX_LEGS))).toBeDefined();
    expect(readDialog(legs(MAX_LEGS + 1))).toBeUndefined();
    const own = (count: number) =>
      placed(
        whole,
        AT.ownRoutes,
        Array.from({ length: count }, () => 'r'),
      );
    expect(readDialog(own(MAX_ENTRIES))).toBeDefined();
    expect(readDialog(own(MAX_ENTRIES + 1))).toBeUndefined();
  });
});

describe('a record of a crossing', () => {
  it('is read as it was written, with its dialog by name', () => {
    fc.assert(
      fc.property(crossing, (given) => {
        const { branch, method, vias, recordRoutes, from, uri: to, isHidden, role: own } = given;
        const rest = { branch, method, vias, recordRoutes, from, uri: to, isHidden };
        const inside = own.kind === 'inside' ? own : undefined;
        const stored =
          own.kind === 'opens' || own.kind === 'inside'
            ? { kind: own.kind, dialog: 'i', leg: inside?.leg?.tag, refresh: inside?.refresh }
            : { kind: own.kind };
        const text = crossingText(given, 'me');
        expect(readCrossing(text)).toEqual({ owner: 'me', value: { ...rest, role: stored } });
        expect(ownerOf(text)).toBe('me');
      }),
    );
  });

  it('is nothing without any one of its fields, or without a Via', () => {
    fc.assert(
      fc.property(crossing, (given) => {
        const whole = crossingText(given, 'me');
        for (const at of places(whole)) expect(readCrossing(without(whole, at))).toBeUndefined();
        expect(readCrossing(placed(whole, AT.vias, []))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('is nothing in any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (given) => {
        expect(readCrossing(given)).toBeUndefined();
        expect(readDialog(given)).toBeUndefined();
      }),
    );
  });
});

describe('the place of a record', () => {
  it('has the Call-ID as its hash tag, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300 }), (callId) => {
        const places = [dialogPlace(callId, 'i'), crossingPlace(callId, 'z9hG4bKvd.0.0.a.0')];
        const tags = places.map((place) => /^topos:[dt]:\{([^{}\s]+)\}:[^{}]+$/.exec(place)?.[1]);
        expect(tags[0]).toBeDefined();
        expect(tags[0]).toBe(tags[1]);
        expect(places[0]?.length).toBeLessThan(500);
      }),
    );
    expect(dialogPlace('a}b', 'i')).not.toBe(dialogPlace('a%7Db', 'i'));
  });

  it('of a crossing does not depend on what is sealed into its branch', () => {
    const plain = 'z9hG4bKvd.0.0.a.0';
    expect(crossingPlace('c', `${plain}.s${'x'.repeat(30)}`)).toBe(crossingPlace('c', plain));
  });
});
