/** Parameters of modules: what fits, what does not, and what is never shown. */
import { describe, expect, it } from 'vitest';
import type { ModuleDecl } from '../../src/engine/declaration.ts';
import { checkParams as check } from '../../src/engine/params.ts';
import { choice, fields, int, list, type Reading, str } from '../../src/engine/spec.ts';
import { Computed } from '../../src/engine/computed.ts';
import { rigOf, written } from '../support/contexts.ts';

const decl: ModuleDecl = {
  name: 'demo',
  doc: 'A module with one parameter of each kind.',
  params: {
    count: int({ default: 3, min: 1, max: 5, doc: 'A number.' }),
    text: str({ doc: 'A text.' }),
    names: list({ default: [], doc: 'Texts.' }),
    mode: choice({ default: 'on', choices: { on: ['1'], off: ['0'] }, doc: 'One of two.' }),
    key: list({ secret: true, default: [], doc: 'Not for eyes.' }),
    extra: fields({ max: 2, doc: 'Values by their names.' }),
  },
};

const bound =
  ({ text }: Computed): Reading =>
  (ctx) =>
    `${text} of ${ctx.message.callId}`;
const checkParams = (of: ModuleDecl, given: Readonly<Record<string, unknown>>) => check(of, given, bound);
const read = async (given: unknown): Promise<unknown> => {
  const { extra } = checkParams(decl, { extra: given });
  const ctx = (await rigOf([])).request(written());
  return Array.isArray(extra) ? extra.map((field) => [field.name, field.read(ctx)]) : extra;
};

describe('checkParams', () => {
  it('fills in the defaults, and undefined where there is none', () => {
    expect(checkParams(decl, {})).toEqual({ count: 3, text: undefined, names: [], mode: 'on', key: [], extra: [] });
  });

  it('takes one text for a list', () => {
    expect(checkParams(decl, { names: 'one' })).toMatchObject({ names: ['one'] });
  });

  it.each([
    [{ count: 0 }, 'demo.count takes an integer from 1 to 5, not 0'],
    [{ count: 6 }, 'demo.count takes an integer from 1 to 5, not 6'],
    [{ count: 1.5 }, 'demo.count takes an integer from 1 to 5, not 1.5'],
    [{ count: '3' }, 'demo.count takes an integer from 1 to 5, not "3"'],
    [{ text: 7 }, 'demo.text takes a string, not 7'],
    [{ names: [1] }, 'demo.names takes a string or an array of strings, not [1]'],
    [{ mode: 'maybe' }, 'demo.mode takes one of on, off, not "maybe"'],
    [{ coutn: 3 }, 'demo has no parameter coutn (it has: count, text, names, mode, key, extra)'],
  ])('refuses %j', (given, message) => {
    expect(() => checkParams(decl, given)).toThrow(message);
  });

  it.each([1, 5])('takes %i, the edge of its range', (count) => {
    expect(checkParams(decl, { count })).toMatchObject({ count });
  });

  it('reads fields: texts, functions of the context, and what a script computes', async () => {
    expect(await read({ a: 'text', b: (ctx: { readonly route: string }) => ctx.route })).toEqual([
      ['a', 'text'],
      ['b', 'request'],
    ]);
    expect(await read(new Map([['c', new Computed('$fu')]]))).toEqual([['c', expect.stringMatching(/^\$fu of ./)]]);
  });

  it.each([
    ['text', 'demo.extra takes values by their names, not "text"'],
    [{ a: 1 }, 'demo.extra a takes a text or a function of the context, not 1'],
    [{ a: 'x', b: 'x', c: 'x' }, 'demo.extra: more than 2 fields'],
  ])('refuses the fields %j', (given, message) => {
    expect(() => checkParams(decl, { extra: given })).toThrow(message);
  });

  it('never shows a secret value', () => {
    expect(() => checkParams(decl, { key: [{ password: 'wonderland' }] })).toThrow(
      'demo.key takes a string or an array of strings, not what it was given (object)',
    );
  });
});
