/** Bindings on their way to a store and back: as text, into a table that has newer or older ones, and into the list of what was missed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Binding, BindingValues } from '../../../src/modules/usrloc/api.ts';
import { bindingText, MAX_RECORD, type Moment, readBinding } from '../../../src/modules/usrloc/binding-record.ts';
import { Bindings } from '../../../src/modules/usrloc/bindings.ts';
import { MissedWrites } from '../../../src/modules/usrloc/missed-writes.ts';
import { after, type WallTime } from '../../../src/util/time.ts';
import { rigOf } from '../../support/contexts.ts';

const { engine, sim } = await rigOf([]);
const RULES = { matching: 'contact', latestFirst: false, maxBindings: 10 } as const;

const moment = (): Moment => ({ now: sim.clock.now(), wall: sim.clock.wall() });
const later = (us: number): WallTime => (sim.clock.wall() + us) as WallTime;

const values = (uri: string, more: Partial<BindingValues> = {}): BindingValues => ({
  ...{ uri, expires: undefined, q: -1, instance: '', regId: 0, callId: 'c', path: '', cseq: 1, userAgent: 'n/a' },
  ...{ received: '', flags: 0, branchFlags: 0, methods: 1, listener: undefined, connection: 0 },
  ...more,
});

/** A table, and what the store would have been told. */
function tableOf() {
  const told: string[] = [];
  const bindings = new Bindings(engine, RULES);
  bindings.store = {
    changed: ({ kind, binding }) => told.push(`${kind} ${binding.uri}`),
    fetch: () => undefined,
  };
  const table = bindings.table('location');
  const insert = (uri: string): Binding => {
    const binding = table.insert('alice', values(uri));
    if (binding === 'full') throw new Error('full');
    return binding;
  };
  return { table, told, insert };
}

const word = fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,20}$/);
const small = fc.integer({ min: 0, max: 0xffff_ffff });

describe('a binding as text', () => {
  it('is read as it was written, on a node where the clock shows something else', () => {
    const given = fc.record({
      ...{ uri: word.map((text) => `sip:${text}`), instance: word, callId: word, path: word, userAgent: word },
      ...{ received: word, cseq: small, q: fc.integer({ min: -1, max: 1000 }), regId: small, flags: small },
      ...{ branchFlags: small, methods: small, seconds: fc.option(fc.integer({ min: 1, max: 10_000 })) },
    });
    fc.assert(
      fc.property(given, ({ seconds, ...rest }) => {
        const { table } = tableOf();
        const here = moment();
        const expires = seconds === null ? undefined : after(here.now, seconds * 1000);
        const binding = table.insert('alice', { ...values(''), ...rest, expires });
        if (binding === 'full') throw new Error('full');
        const there = { now: after(here.now, 5_000_000), wall: here.wall };
        const read = readBinding(bindingText(binding, here), there)?.values;
        const left = read?.expires === undefined ? null : Math.round((read.expires - there.now) / 1000);
        expect(read).toMatchObject(rest);
        expect(left).toBe(seconds);
      }),
      { numRuns: 100 },
    );
  });

  it('is not read from anything else, and nothing throws', () => {
    fc.assert(fc.property(fc.string(), (text) => readBinding(text, moment()) === undefined));
    const good = { v: 1, uri: 'sip:a@h', expires: null };
    const read = (more: object) => readBinding(JSON.stringify({ ...good, ...more }), moment());
    expect(read({})?.values).toMatchObject({ uri: 'sip:a@h', q: 0, expires: undefined });
    for (const bad of [{ v: 2 }, { uri: 7 }, { expires: 'x' }, { path: 'a\r\nb' }, { callId: '\0' }]) {
      expect(read(bad)).toBeUndefined();
    }
    const padding = MAX_RECORD - JSON.stringify({ ...good, x: '' }).length;
    expect(read({ x: ' '.repeat(padding) })).toBeDefined();
    expect(read({ x: ' '.repeat(padding + 1) })).toBeUndefined();
    expect(readBinding('null', moment())).toBeUndefined();
  });
});

describe('a contact that comes from a store', () => {
  it('is taken when memory has none, and the store is not told of it', () => {
    const { table, told } = tableOf();
    const modified = later(0);
    expect(table.adopt('alice', values('sip:a@h'), { ruid: 'r1', modified })).toEqual({
      kind: 'taken',
      loser: undefined,
    });
    expect(table.list('alice')).toMatchObject([{ uri: 'sip:a@h', ruid: 'r1', modified, aor: 'alice' }]);
    expect(told).toEqual([]);
  });

  it('replaces an older state of itself and nothing newer', () => {
    const { table, insert } = tableOf();
    const { ruid, modified } = insert('sip:a@h');
    expect(table.adopt('alice', values('sip:old@h'), { ruid, modified })).toEqual({ kind: 'kept', loser: undefined });
    expect(table.list('alice')).toMatchObject([{ uri: 'sip:a@h' }]);
    const newer = (modified + 1) as WallTime;
    expect(table.adopt('alice', values('sip:new@h'), { ruid, modified: newer }).kind).toBe('taken');
    expect(table.list('alice')).toMatchObject([{ uri: 'sip:new@h', modified: newer }]);
  });

  it('known under another name is one contact: the later one stays, the other is named', () => {
    const { table, insert } = tableOf();
    const own = insert('sip:a@h');
    const old = { ruid: 'r1', modified: (own.modified - 1) as WallTime };
    expect(table.adopt('alice', values('sip:a@H'), old)).toEqual({ kind: 'kept', loser: old });
    const young = { ruid: 'r2', modified: later(1000) };
    const adopted = table.adopt('alice', values('sip:a@h'), young);
    expect(adopted).toMatchObject({ kind: 'taken', loser: { ruid: own.ruid, modified: own.modified } });
    expect(table.list('alice').map(({ ruid }) => ruid)).toEqual(['r2']);
    expect(table.bindings).toBe(1);
  });

  it('is refused when there is no place', () => {
    const { table } = tableOf();
    for (let n = 0; n < RULES.maxBindings; n++) table.insert(`u${n}`, values('sip:a@h'));
    expect(table.adopt('alice', values('sip:a@h'), { ruid: 'r', modified: later(0) }).kind).toBe('full');
  });

  it('that another node removed goes, unless it has come again since', () => {
    const { table, told, insert } = tableOf();
    const { ruid, modified } = insert('sip:a@h');
    table.forget('alice', ruid, modified);
    expect(table.list('alice')).toHaveLength(1);
    table.forget('alice', ruid, (modified + 1) as WallTime);
    expect(table.list('alice')).toEqual([]);
    expect(told).toEqual(['inserted sip:a@h']);
  });

  it('is newer after each change here, also when the clock of its node is ahead', () => {
    const { table } = tableOf();
    const ahead = later(60_000_000);
    table.adopt('alice', values('sip:a@h'), { ruid: 'r', modified: ahead });
    const [binding] = table.list('alice');
    if (binding === undefined) throw new Error('nothing adopted');
    table.update(binding, values('sip:a@h', { cseq: 2 }));
    expect(binding.modified).toBe(ahead + 1);
  });
});

describe('what a store has missed', () => {
  const change = (binding: Binding, kind: 'inserted' | 'removed', table = tableOf().table) =>
    ({ event: { kind, location: table, binding }, version: binding.modified }) as const;

  it('is the last change of each contact, up to the limit; then everything is', () => {
    const { insert } = tableOf();
    const [a, b, c] = [insert('sip:a@h'), insert('sip:b@h'), insert('sip:c@h')];
    const missed = new MissedWrites(2);
    for (const [binding, kind] of [
      [a, 'inserted'],
      [a, 'removed'],
      [b, 'inserted'],
    ] as const)
      missed.add(change(binding, kind));
    expect([missed.size, missed.isEverything]).toEqual([2, false]);
    missed.add(change(c, 'removed'));
    expect([missed.lost, missed.isEverything]).toEqual([1, false]);
    missed.add(change(c, 'inserted'));
    expect([missed.size, missed.isEverything]).toEqual([2, true]);
    expect(missed.take().map(({ event }) => `${event.kind} ${event.binding.uri}`)).toEqual([
      'removed sip:a@h',
      'inserted sip:b@h',
    ]);
    expect([missed.size, missed.isEmpty]).toEqual([0, false]);
  });
});
