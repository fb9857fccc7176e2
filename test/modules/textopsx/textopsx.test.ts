/** textopsx: what the real Kamailio 5.6.3 made of the same headers; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { globMatches } from '../../../src/modules/textopsx/glob.ts';
import { MAX_WALKS } from '../../../src/modules/textopsx/iterators.ts';
import { textopsx } from '../../../src/modules/textopsx/textopsx.ts';
import { RINGING } from '../../sip/messages.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([textopsx]);
const fn = rig.modules.textopsx;
const listed = () => rig.request(written({ headers: ['Lst: a;p=1, b', 'Lst: c', 'Kst: k'], body: 'v=0\r\nc=x\r\n' }));
type Ctx = ReturnType<typeof listed>;
const list = ({ message }: Ctx, name = 'Lst') => message.headers.getAll(name).join(' | ');

describe('elements of a list header', () => {
  it.each([
    ['append', 'Lst', 'done', 'a;p=1, b | c, z'],
    ['append', 'Lst[0]', 'done', 'a;p=1, b | c, z'],
    ['append', 'Lst[1]', 'done', 'a;p=1, z, b | c'],
    ['append', 'Lst[9]', 'absent', 'a;p=1, b | c'],
    ['insert', 'Lst', 'done', 'z, a;p=1, b | c'],
    ['insert', 'Lst[1]', 'done', 'z, a;p=1, b | c'],
    ['insert', 'Lst[3]', 'done', 'a;p=1, b | z, c'],
    ['remove', 'Lst', 'done', 'b | c'],
    ['remove', 'Lst[1]', 'done', 'b | c'],
    ['remove', 'Lst[-1]', 'done', 'a;p=1, b'],
    ['remove', 'Lst[*]', 'done', ''],
    ['remove', 'Lst.p', 'done', 'a, b | c'],
    ['remove', 'Lst[4]', 'absent', 'a;p=1, b | c'],
    ['assign', 'Lst', 'done', 'z, b | c'],
    ['assign', 'Lst[1]', 'done', 'z, b | c'],
    ['assign', 'Lst[-1]', 'done', 'a;p=1, b | z'],
    ['assign', 'Lst.p', 'done', 'a;p=z, b | c'],
    ['assign', 'Lst[2].p', 'done', 'a;p=1, b;p=z | c'],
    ['assign', 'Mst', 'absent', 'a;p=1, b | c'],
    ['assign', 'L st', 'malformed', 'a;p=1, b | c'],
  ] as const)('%s %s: %s, %s', (operation, where, outcome, expected) => {
    const ctx = listed();
    const outcomes = {
      append: () => fn.appendHfValue(ctx, where, 'z'),
      insert: () => fn.insertHfValue(ctx, where, 'z'),
      remove: () => fn.removeHfValue(ctx, where),
      assign: () => fn.assignHfValue(ctx, where, 'z'),
    };
    expect([outcomes[operation](), list(ctx)]).toEqual([outcome, expected]);
  });

  it.each(['appendHfValue', 'insertHfValue', 'includeHfValue'] as const)(
    '%s makes a header that is not there',
    (name) => {
      const ctx = listed();
      expect([fn[name](ctx, 'Mst', 'z'), list(ctx, 'Mst')]).toEqual(['done', 'z']);
    },
  );

  it('include and exclude what is meant, with its parameters', () => {
    const ctx = listed();
    fn.includeHfValue(ctx, 'Lst', 'B');
    fn.excludeHfValue(ctx, 'Lst', 'a');
    fn.excludeHfValue(ctx, 'Lst', 'q');
    expect(list(ctx)).toBe('a;p=1, b | c');
    fn.excludeHfValue(ctx, 'Lst', 'b');
    fn.excludeHfValue(ctx, 'Lst', 'c');
    expect(list(ctx)).toBe('a;p=1');
  });

  it.each([
    ['b', true],
    ['B', true],
    ['c', true],
    ['q', false],
    ['a', false],
  ])('hfValueExists of %s is %s', (value, expected) => {
    expect(fn.hfValueExists(listed(), 'Lst', value)).toBe(expected);
  });
});

describe('fnmatch', () => {
  it.each([
    ['c1', 'c*', true],
    ['c1', 'C*', false],
    ['c1', 'c?', true],
    ['c1', '[a-c]1', true],
    ['c1', '[!a-c]1', false],
    ['c1', 'x*', false],
    ['a*b', 'a\\*b', true],
    ['axb', 'a\\*b', false],
    ['', '*', true],
    ['abcabd', '*ab?', true],
    ['[', '[', true],
    [']', '[]]', true],
  ])('%s fits %s: %s', (text, pattern, expected) => {
    expect(fn.fnmatch(listed(), text, pattern)).toBe(expected);
  });

  it('takes upper and lower case for the same when asked to', () => {
    expect(fn.fnmatch(listed(), 'c1', 'C[0-9]', 'ignoreCase')).toBe(true);
  });

  it('ends quickly on any text', () => {
    expect(globMatches('*a'.repeat(100), 'a'.repeat(20_000) + 'b', false)).toBe(false);
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, pattern) => typeof globMatches(pattern, text, true) === 'boolean'),
    );
  });
});

it('removes the body, not its type', () => {
  const ctx = rig.request(written({ headers: ['Content-Type: application/sdp'], body: 'v=0\r\n' }));
  expect([fn.removeBody(ctx), ctx.message.body, ctx.message.headers.has('Content-Type'), fn.removeBody(ctx)]).toEqual([
    'removed',
    '',
    true,
    'absent',
  ]);
  expect(ctx.message.headers.get('Content-Length')).toBe('0');
});

it.each([
  [183, 'Progress', 'changed'],
  [200, 'OK', 'refused'],
  [100, 'Trying', 'refused'],
])('changes a 180 to %d %s: %s', (status, reason, outcome) => {
  const ctx = rig.reply(RINGING);
  expect(fn.changeReplyStatus(ctx, status, reason)).toBe(outcome);
  expect(ctx.message.status).toBe(outcome === 'changed' ? status : 180);
});

it('keeps the headers that a message needs, and those that match', () => {
  const ctx = listed();
  fn.keepHf(ctx, '^L');
  expect(ctx.message.headers.fields().map(({ name }) => name)).toEqual([
    'Via',
    'From',
    'To',
    'Call-ID',
    'CSeq',
    'Lst',
    'Lst',
    'Content-Length',
  ]);
});

describe('walks', () => {
  it('over headers, with a removal on the way', () => {
    const ctx = listed();
    fn.hfIteratorStart(ctx, 'h');
    const seen: unknown[] = [];
    while (fn.hfIteratorNext(ctx, 'h')) {
      seen.push(rig.read(ctx, 'hfitname', 'h'));
      if (rig.read(ctx, 'hfitbody', 'h') === 'k')
        expect([fn.hfIteratorRm(ctx, 'h'), fn.hfIteratorRm(ctx, 'h')]).toEqual(['removed', 'nothing']);
    }
    expect(seen).toEqual(['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Lst', 'Lst', 'Kst', 'Content-Length']);
    expect([fn.hfIteratorPrev(ctx, 'h'), rig.read(ctx, 'hfitname', 'h')]).toEqual([true, 'Content-Length']);
    fn.hfIteratorEnd(ctx, 'h');
    expect([fn.hfIteratorNext(ctx, 'h'), rig.read(ctx, 'hfitname', 'h'), ctx.message.headers.has('Kst')]).toEqual([
      false,
      null,
      false,
    ]);
  });

  it('over the lines of the body', () => {
    const ctx = listed();
    fn.blIteratorStart(ctx, 'b');
    const seen: unknown[] = [];
    while (fn.blIteratorNext(ctx, 'b')) seen.push(rig.read(ctx, 'blitval', 'b'));
    fn.blIteratorEnd(ctx, 'b');
    expect([seen, rig.read(ctx, 'blitval', 'b')]).toEqual([['v=0\r\n', 'c=x\r\n'], null]);
  });

  it('are limited for one message', () => {
    const ctx = listed();
    for (let i = 0; i < MAX_WALKS; i++) expect(fn.hfIteratorStart(ctx, `w${i}`)).toBe('started');
    expect([fn.hfIteratorStart(ctx, 'more'), fn.hfIteratorStart(ctx, 'w0'), fn.blIteratorStart(ctx, 'own')]).toEqual([
      'full',
      'started',
      'started',
    ]);
  });
});

it('has nothing to apply', () => {
  expect(fn.applyChanges(listed())).toBe('applied');
});
