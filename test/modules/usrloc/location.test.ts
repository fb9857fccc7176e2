/** Bindings against a plain array that does the same slowly, and what happens at the limits and at the end of time. */
import fc from 'fast-check';
import { GRANULARITY_MS } from '../../../src/engine/timers.ts';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import type { BindingValues, LocationEvent } from '../../../src/modules/usrloc/api.ts';
import { Bindings, EXPIRY_BATCH } from '../../../src/modules/usrloc/bindings.ts';
import { MAX_CONTACTS_OF_USER, type BindingRules } from '../../../src/modules/usrloc/location-table.ts';
import { type Matching, sameBinding } from '../../../src/modules/usrloc/match.ts';
import { after, type Instant } from '../../../src/util/time.ts';
import { rigOf } from '../../support/contexts.ts';

const RULES: BindingRules = { matching: 'contact', latestFirst: false, maxBindings: 1000 };

const { engine, sim } = await rigOf([]);

function bindingsOf(rules: Partial<BindingRules> = {}, on: Engine = engine): Bindings {
  return new Bindings(on, { ...RULES, ...rules });
}

const values = (uri: string, expires?: Instant, q = -1): BindingValues => ({
  ...{ uri, expires, q, instance: '', regId: 0, callId: 'c', path: '', cseq: 1, userAgent: 'n/a', received: '' },
  ...{ flags: 0, branchFlags: 0, methods: 1, listener: undefined, connection: 0 },
});

interface Modelled {
  readonly aor: string;
  readonly uri: string;
  q: number;
  expires: number | undefined;
  turn: number;
}

/** The same as a location, in a few lines: an array that is searched and sorted. */
class Model {
  rows: Modelled[] = [];
  turns = 0;

  list(aor: string, now: number): readonly string[] {
    return this.rows
      .filter((row) => row.aor === aor && (row.expires === undefined || row.expires > now))
      .toSorted((a, b) => b.q - a.q || a.turn - b.turn)
      .map(({ uri }) => uri);
  }
}

const user = fc.constantFrom('alice', 'bob', '');
const contact = fc.integer({ min: 0, max: 4 }).map((n) => `sip:${n}@h`);
const step = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    aor: user,
    uri: contact,
    q: fc.integer({ min: -1, max: 2 }),
    seconds: fc.integer({ min: 0, max: 5 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), aor: user, uri: contact }),
  fc.record({ kind: fc.constant('removeAll' as const), aor: user }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 3 }) }),
);

describe('a location', () => {
  it('lists what an array would list, whatever is done to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const table = bindingsOf().table('location');
        const model = new Model();
        for (const one of steps) {
          const now = sim.clock.now();
          switch (one.kind) {
            case 'put': {
              const { aor, uri, q, seconds } = one;
              const expires = seconds === 0 ? undefined : after(now, seconds * 1000);
              const known = table.find(aor, values(uri));
              if (known === undefined) table.insert(aor, values(uri, expires, q));
              else table.update(known, values(uri, expires, q));
              const row = model.rows.find(
                (other) => other.aor === aor && other.uri === uri && (other.expires ?? Infinity) > now,
              );
              if (row === undefined) model.rows.push({ aor, uri, q, expires, turn: ++model.turns });
              else Object.assign(row, { q, expires, turn: row.q === q ? row.turn : ++model.turns });
              break;
            }
            case 'remove': {
              const known = table.find(one.aor, values(one.uri));
              expect(known !== undefined && table.remove(known)).toBe(known !== undefined);
              if (known !== undefined) expect(table.remove(known)).toBe(false);
              model.rows = model.rows.filter((row) => row.aor !== one.aor || row.uri !== one.uri);
              break;
            }
            case 'removeAll':
              table.removeAll(one.aor);
              model.rows = model.rows.filter((row) => row.aor !== one.aor);
              break;
            case 'wait':
              await sim.runFor(one.seconds * 1000);
              break;
          }
          const at = sim.clock.now();
          for (const aor of ['alice', 'bob', '']) {
            expect(table.list(aor).map(({ uri }) => uri)).toEqual(model.list(aor, at));
          }
          const live = model.rows.filter(({ expires }) => expires === undefined || expires > at);
          expect(table.bindings).toBe(live.length);
          expect(table.users).toBe(new Set(live.map(({ aor }) => aor)).size);
          expect([...table.all()]).toHaveLength(live.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('tells what happens, to the store as well', async () => {
    const bindings = bindingsOf();
    const heard: string[] = [];
    const stored: string[] = [];
    const note = ({ kind, binding }: LocationEvent): string => `${kind} ${binding.aor} ${binding.uri}`;
    bindings.listeners = [(event) => heard.push(note(event))];
    bindings.store = { changed: (event) => stored.push(note(event)), fetch: () => undefined };
    const table = bindings.table('location');
    const binding = table.insert('alice', values('sip:a@h', after(sim.clock.now(), 5000)));
    if (binding === 'full') throw new Error('full');
    table.update(binding, values('sip:b@h', after(sim.clock.now(), 5000)));
    await sim.runFor(5000);
    table.insert('bob', values('sip:c@h'));
    table.removeAll('bob');
    const all = [
      'inserted alice sip:a@h',
      'updated alice sip:b@h',
      'expired alice sip:b@h',
      'inserted bob sip:c@h',
      'removed bob sip:c@h',
    ];
    expect(heard).toEqual(all);
    expect(stored).toEqual(all);
    table.update(binding, values('sip:d@h'));
    expect(table.bindings).toBe(0);
  });

  it('keeps the latest contact first with desc_time_order', () => {
    const table = bindingsOf({ latestFirst: true }).table('location');
    const first = table.insert('a', values('sip:1@h', undefined, 900));
    table.insert('a', values('sip:2@h', undefined, 100));
    expect(table.list('a').map(({ uri }) => uri)).toEqual(['sip:2@h', 'sip:1@h']);
    if (first !== 'full') table.update(first, values('sip:1@h', undefined, 900));
    expect(table.list('a').map(({ uri }) => uri)).toEqual(['sip:1@h', 'sip:2@h']);
  });

  it('takes no more than maxBindings over all tables, and no more than 256 of a user', () => {
    const bindings = bindingsOf({ maxBindings: 2 });
    expect(bindings.table('x').insert('a', values('sip:1@h'))).not.toBe('full');
    expect(bindings.table('y').insert('a', values('sip:1@h'))).not.toBe('full');
    expect(bindings.table('y').insert('b', values('sip:1@h'))).toBe('full');
    bindings.table('x').removeAll('a');
    expect(bindings.table('y').insert('b', values('sip:1@h'))).not.toBe('full');
    const table = bindingsOf().table('location');
    for (let i = 0; i < MAX_CONTACTS_OF_USER; i++) expect(table.insert('a', values(`sip:${i}@h`))).not.toBe('full');
    expect(table.insert('a', values('sip:x@h'))).toBe('full');
  });

  it('ends many contacts that expire together in several turns, unseen from the first', async () => {
    const table = bindingsOf({ maxBindings: 10_000 }).table('location');
    const expires = after(sim.clock.now(), 1000);
    for (let i = 0; i < EXPIRY_BATCH + 1; i++) table.insert(`u${i}`, values('sip:a@h', expires));
    await sim.runFor(1000);
    expect(table.users).toBe(1);
    expect([...table.all()]).toEqual([]);
    await sim.runFor(GRANULARITY_MS);
    expect(table.users).toBe(0);
  });

  it('keeps texts of its own, and one copy of a user agent that many have', () => {
    const bindings = bindingsOf();
    const table = bindings.table('location');
    const agent = (): string => ['Phone', '1.0'].join('/');
    const one = table.insert('a', { ...values('sip:1@h'), userAgent: agent() });
    const other = table.insert('b', { ...values('sip:1@h'), userAgent: agent() });
    expect(one !== 'full' && other !== 'full' && one.userAgent === other.userAgent).toBe(true);
    expect(one !== 'full' && other !== 'full' && one.ruid !== other.ruid).toBe(true);
  });
});

describe('two contacts are the same', () => {
  const base = values('sip:a@h');
  it.each<readonly [string, Partial<BindingValues>, Partial<BindingValues>, Matching, boolean]>([
    ['by address', {}, { callId: 'other', path: 'p' }, 'contact', true],
    ['by the rules of URIs', { uri: 'sip:a@h;ob' }, { uri: 'sip:a@H' }, 'contact', true],
    ['by the rules of URIs, escapes included', { uri: 'sip:%61@h' }, {}, 'contact', true],
    ['not with the same user elsewhere', {}, { uri: 'sip:a@h2' }, 'contact', false],
    ['by address without a user', { uri: 'sip:h' }, { uri: 'sip:H' }, 'contact', true],
    ['whatever the case of the scheme', { uri: 'SIP:a@h' }, {}, 'contact', true],
    ['not with another address', {}, { uri: 'sip:b@h' }, 'contact', false],
    ['not when one is no URI', { uri: 'x' }, { uri: 'X' }, 'contact', false],
    ['by address and Call-ID', {}, {}, 'contactAndCallId', true],
    ['not with another Call-ID', {}, { callId: 'other' }, 'contactAndCallId', false],
    ['not with another Path', { path: 'p' }, { path: 'q' }, 'contactAndPath', false],
    ['whatever the Path when the new one has none', {}, { path: 'q' }, 'contactAndPath', true],
    ['by Call-ID alone', {}, { uri: 'sip:b@h' }, 'callId', true],
    ['not by Call-ID', {}, { callId: 'other' }, 'callId', false],
    ['by instance', { instance: '<urn:1>' }, { instance: 'urn:1', uri: 'sip:b@h' }, 'contact', true],
    ['not with another reg-id', { instance: '<urn:1>', regId: 1 }, { instance: '<urn:1>', regId: 2 }, 'contact', false],
    ['not when only one has an instance', { instance: '<urn:1>' }, {}, 'contact', false],
  ])('%s', (_, one, other, matching, same) => {
    expect(sameBinding({ ...base, ...one }, { ...base, ...other }, matching)).toBe(same);
  });
});
