/** Parameters of modules: what fits, what does not, and what is never shown. */
import { describe, expect, it } from 'vitest';
import type { ModuleDecl } from '../../src/engine/declaration.ts';
import { checkParams } from '../../src/engine/params.ts';
import { choice, int, list, str } from '../../src/engine/spec.ts';

const decl: ModuleDecl = {
  name: 'demo',
  doc: 'A module with one parameter of each kind.',
  params: {
    count: int({ default: 3, min: 1, max: 5, doc: 'A number.' }),
    text: str({ doc: 'A text.' }),
    names: list({ default: [], doc: 'Texts.' }),
    mode: choice({ default: 'on', choices: { on: ['1'], off: ['0'] }, doc: 'One of two.' }),
    key: list({ secret: true, default: [], doc: 'Not for eyes.' }),
  },
};

describe('checkParams', () => {
  it('fills in the defaults, and undefined where there is none', () => {
    expect(checkParams(decl, {})).toEqual({ count: 3, text: undefined, names: [], mode: 'on', key: [] });
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
    [{ coutn: 3 }, 'demo has no parameter coutn (it has: count, text, names, mode, key)'],
  ])('refuses %j', (given, message) => {
    expect(() => checkParams(decl, given)).toThrow(message);
  });

  it.each([1, 5])('takes %i, the edge of its range', (count) => {
    expect(checkParams(decl, { count })).toMatchObject({ count });
  });

  it('never shows a secret value', () => {
    expect(() => checkParams(decl, { key: [{ password: 'wonderland' }] })).toThrow(
      'demo.key takes a string or an array of strings, not what it was given (object)',
    );
  });
});
