/** Transformations: what the real Kamailio 5.6.3 printed for each (vectors/transformations.json), and what it does not have. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompilePv, PvReader } from '../../../src/modules/pv/api.ts';
import {
  MAX_CHAIN,
  parseTransformations,
  transform,
  transformationNames,
} from '../../../src/modules/pv/transformations/parse.ts';
import { MAX_PATTERN } from '../../../src/util/regex/parser.ts';
import { MAX_RESULT } from '../../../src/modules/pv/transformations/transformation.ts';
import type { PvValue } from '../../../src/engine/module.ts';
import { written } from '../../support/contexts.ts';
import { deskOf } from './desk.ts';

const desk = await deskOf([]);
const ctx = desk.request(written());

const VARIABLES: ReadonlyMap<string, PvValue> = new Map<string, PvValue>([
  ['$var(o)', 1],
  ['$var(n)', '42'],
  ['$rU', 'bob'],
  ['$null', null],
]);

const compilePv: CompilePv = (text) => {
  const value = VARIABLES.get(text);
  return value === undefined ? { message: `unknown ${text}` } : () => value;
};

function evaluate(value: PvValue, chain: string): PvValue {
  const parsed = parseTransformations(chain, compilePv);
  if (parsed.kind === 'malformed') throw new Error(`${chain}: ${parsed.message}`);
  return transform(value, parsed.chain, ctx);
}

/** Null prints as nothing after a transformation. */
const printed = (value: PvValue): string => (value === null ? '' : String(value));

const vectors: readonly (readonly [PvValue, string, string])[] = JSON.parse(
  readFileSync(new URL('vectors/transformations.json', import.meta.url), 'latin1'),
);

const URI = 'sip:bob:pw@[2001:db8::1]:5070;transport=tcp;lr;maddr=1.2.3.4;ttl=5;method=INVITE;x=y?h1=v1&h2=v2';
const GARBAGE = 'Kamailio 5.6.3 prints garbage';

/** Where we differ, by value and chain, and why. */
const DIFFERENCES: ReadonlyMap<string, readonly [value: string, why: string]> = new Map([
  ['hello world{s.rafter,o}', ['rld', GARBAGE]],
  [`${URI}{uri.duri}`, ['sip:[2001:db8::1]:5070;transport=tcp', GARBAGE]],
  [`${URI}{uri.suri}`, ['sip:bob@[2001:db8::1]:5070;transport=tcp', GARBAGE]],
  ['sip:bob@1.2.3.4;alias=10.0.0.1~5080~2;x=y{urialias.decode}', ['', 'it is no alias but a URI that has one']],
]);

describe('a value is what Kamailio 5.6.3 printed', () => {
  const same = vectors.filter(([value, chain]) => !DIFFERENCES.has(`${String(value)}${chain}`));

  it.each(same)('%j%s is %j', (value, chain, expected) => {
    expect(printed(evaluate(value, chain))).toBe(expected);
  });
});

describe('a value is not what Kamailio 5.6.3 printed', () => {
  const different = vectors.filter(([value, chain]) => DIFFERENCES.has(`${String(value)}${chain}`));

  it.each(different)('%j%s, where that is %j', (value, chain, theirs) => {
    const [ours] = DIFFERENCES.get(`${String(value)}${chain}`) ?? [];
    expect(ours).not.toBe(theirs);
    expect(printed(evaluate(value, chain))).toBe(ours);
  });

  it('in as many places as are listed', () => {
    expect(different).toHaveLength(DIFFERENCES.size);
  });
});

describe('the type of a value', () => {
  it.each([
    ['42', '{s.int}', 42],
    ['abc', '{s.int}', null],
    ['2147483647', '{s.int}', 2_147_483_647],
    ['2147483648', '{s.int}', null],
    ['abc', '{s.len}', 3],
    ['sip:a@b:5070', '{uri.port}', 5070],
    ['sip:a@b', '{uri.port}', ''],
    ['a=1', '{param.count}', 1],
    ['a=1', '{param.in,b}', 0],
    ['a\nb', '{line.count}', '2'],
    ['hello', '{s.corehash}', '1702468499'],
    ['abc', '{s.substr,9,1}', null],
    ['abc', '{s.select,9,:}', ''],
    ['sip:a@b', '{uri.user}', 'a'],
    ['sip:b', '{uri.user}', ''],
    ['no uri', '{uri.user}', null],
    [12, '{s.toupper}', '12'],
    [12, '{sql.val}', '12'],
  ])('of %j%s is that of %j', (value, chain, expected) => {
    expect(evaluate(value, chain)).toBe(expected);
  });
});

describe('null', () => {
  const answers: readonly (readonly [string, PvValue])[] = [
    ['sql.val', 'NULL'],
    ['sql.val.str', "''"],
    ['sql.val.int', '0'],
    ['val.n0', 0],
    ['val.ne', ''],
    ['val.json', ''],
    ['val.jsonqe', '""'],
  ];

  it.each(answers)('has an answer from %s', (name, expected) => {
    expect(evaluate(null, `{${name}}`)).toBe(expected);
  });

  it('stays null in all others', () => {
    const known = new Set(answers.map(([name]) => name));
    const others = ['{s.len}', '{s.md5}', '{uri.user}', '{param.value,a}', '{re.subst,/a/b/}', '{s.select,0,:}'];
    expect(others.map((chain) => evaluate(null, chain))).toEqual(others.map(() => null));
    expect(known.size).toBe(answers.length);
  });
});

describe('what only newer versions have', () => {
  it.each([
    ['a/b?c=d', '{url.path}', 'a/b'],
    ['a/b?c=d', '{url.querystring}', 'c=d'],
    ['a/b', '{url.querystring}', ''],
    ['5ab7', '{num.fdigit}', '5'],
    ['5ab7', '{num.ldigit}', '7'],
    ['a"b\n', '{val.json}', 'a\\"b\\n'],
    ['a"b', '{val.jsonqe}', '"a\\"b"'],
    ['sip:a@b;x=1;lr', '{uri.rmparam,x}', 'sip:a@b;lr'],
    ['10.0.0.1~5080~2', '{urialias.decode}', 'sip:10.0.0.1:5080;transport=tcp'],
    ['10.0.0.1~5080~1', '{urialias.decode}', 'sip:10.0.0.1:5080'],
    ['10.0.0.1~5080~9', '{urialias.decode}', null],
    ['a,b,a', '{s.rbefore,,}', undefined],
    ['hello world', '{s.rbefore,o}', 'hello w'],
    ['E8329BFD06DDDF723619', '{s.decode.7bit}', 'hello world'],
    ['StV1DL6CwTryKyV', '{s.decode.base58}', 'hello world'],
    ['aGk', '{s.decode.base64url}', 'hi'],
  ])('%j%s gives %j', (value, chain, expected) => {
    if (expected === undefined) expect(parseTransformations(chain, compilePv).kind).toBe('malformed');
    else expect(evaluate(value, chain)).toBe(expected);
  });
});

describe('re.subst', () => {
  it.each([
    ['a.b', '{re.subst,/\\./-/}', 'a-b'],
    ['a1b22', '{re.subst,/[[:digit:]]+/#/g}', 'a#b#'],
    ['a]b', '{re.subst,/[]]/x/}', 'axb'],
    ['a\\b', '{re.subst,/[\\]/x/}', 'axb'],
    ['a/b', '{re.subst,/\\//x/}', 'axb'],
    ['abab', '{re.subst,/(a)(b)/\\2\\1/g}', 'baba'],
    ['+4930', '{re.subst,/^\\+49([0-9]{2,})$$/0\\1/}', '030'],
    ['a', '{re.subst,/a/$$x/}', '$x'],
    ['a', '{re.subst,/a/<$rU>/}', '<bob>'],
    ['a', '{re.subst,/a/\\0\\0/}', 'aa'],
  ])('%j%s gives %j', (value, chain, expected) => {
    expect(evaluate(value, chain)).toBe(expected);
  });

  it.each([
    ['{re.subst}', 'takes /expression'],
    ['{re.subst,/a/b}', 'is written "/expression'],
    ['{re.subst,/a/b/x}', 'the flag x'],
    ['{re.subst,//b/}', 'empty'],
    ['{re.subst,/(a/b/}', 'a ( without a )'],
    ['{re.subst,/a/$nope/}', 'unknown $nope'],
    ['{re.subst,/a/$(nope/}', 'a ) is missing'],
    [`{re.subst,/${'a'.repeat(MAX_PATTERN + 1)}/b/}`, `longer than ${MAX_PATTERN}`],
  ])('refuses %s', (chain, message) => {
    expect(parseTransformations(chain, compilePv)).toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining(message),
    });
  });

  it('takes as long as the text is, whatever the expression', () => {
    const text = 'a'.repeat(50_000);
    expect(evaluate(`${text}c`, '{re.subst,/(a+)+b|(a*)*c/x/}')).toBe('x');
    expect(evaluate(text, '{re.subst,/(a+)+b/x/}')).toBe(text);
  });
});

describe('a chain that cannot be read', () => {
  it.each([
    ['{s.tolowr}', 1, 'there is no transformation s.tolowr', 'did you mean s.tolower?'],
    ['{s.len}{uri.usr}', 8, 'there is no transformation uri.usr', 'did you mean uri.user?'],
    ['{x.user}', 1, 'there is no transformation x.user', 'did you mean s.escape.user?'],
    ['{s.nope}', 1, 'there is no transformation s.nope', undefined],
    ['{s.substr,1}', 11, 's.substr takes 2 parameters', undefined],
    ['{s.len,1}', 6, 's.len takes no parameter', undefined],
    ['{s.strip,x}', 9, 's.strip takes a number here, not "x"', undefined],
    ['{s.select,0,ab}', 12, 's.select takes one character here', undefined],
    ['{param.value}', 12, 'param.value takes 1 parameter', undefined],
    ['{s.rm,a', 6, 'a } is missing', undefined],
    ['{s.rm,$(nope}', 6, 'a ) is missing', undefined],
    ['{s.rm,$nope}', 6, 'unknown $nope', undefined],
    ['{s.rm,$rUx}', 6, 'unknown $rUx', undefined],
    ['{s.rm,$var(n)x}', 13, 'a pseudo-variable is a parameter by itself here', undefined],
    ['s.len', 0, 'a transformation is written {class.name} or {class.name,parameter}', undefined],
    ['{len}', 0, 'a transformation is written {class.name} or {class.name,parameter}', undefined],
    ['{s.len} ', 7, 'a transformation is written {class.name} or {class.name,parameter}', undefined],
  ])('%s: at %i', (chain, at, message, hint) => {
    expect(parseTransformations(chain, compilePv)).toEqual({ kind: 'malformed', at, message, hint });
  });

  it('is one that is too long', () => {
    expect(parseTransformations('{s.trim}'.repeat(MAX_CHAIN), compilePv).kind).toBe('chain');
    expect(parseTransformations('{s.trim}'.repeat(MAX_CHAIN + 1), compilePv).kind).toBe('malformed');
  });
});

describe('parameters', () => {
  it('may be pseudo-variables, and are read anew each time', () => {
    const place = { index: 0 };
    const moving: PvReader = () => place.index++;
    const parsed = parseTransformations('{s.select,$x,:}', () => moving);
    if (parsed.kind !== 'chain') throw new Error(parsed.message);
    expect([1, 2, 3].map(() => transform('a:b', parsed.chain, ctx))).toEqual(['a', 'b', '']);
  });

  it('that are null give null for a number and nothing for a text', () => {
    expect(evaluate('abc', '{s.strip,$null}')).toBeNull();
    expect(evaluate('abc', '{s.rm,$null}')).toBe('abc');
  });
});

describe('a result', () => {
  it('of more than the limit is null', () => {
    const longest = 'a'.repeat(MAX_RESULT);
    expect(evaluate(longest, '{s.tolower}')).toBe(longest);
    expect(evaluate(`${longest}a`, '{s.tolower}')).toBeNull();
    expect(evaluate(longest, '{s.prefixes}')).toBeNull();
    expect(evaluate(longest, '{s.replace,a,bb}')).toBeNull();
    expect(evaluate(longest, '{s.encode.base58}')).toBeNull();
  });
});

describe('on any text', () => {
  const chains = transformationNames.flatMap((name) =>
    [`{${name}}`, `{${name},1}`, `{${name},a}`, `{${name},-1,2}`, `{${name},-2,;}`, `{${name},/a*/b/g}`].flatMap(
      (text) => {
        const parsed = parseTransformations(text, compilePv);
        return parsed.kind === 'chain' ? [parsed.chain] : [];
      },
    ),
  );
  const pieces = fc.constantFrom(
    'sip:',
    'a@b',
    ';',
    '=',
    '"',
    '\\',
    '<',
    '>',
    '%4',
    '~',
    '\0',
    '\r\n',
    'é',
    '[',
    ':',
    '99',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );

  it('every transformation gives a text, a number or null', () => {
    expect(new Set(chains.map(([first]) => first?.name)).size).toBe(transformationNames.length);
    fc.assert(
      fc.property(fc.oneof(texts, fc.integer(), fc.constant(null)), (value) => {
        for (const chain of chains) {
          const result = transform(value, chain, ctx);
          expect(result === null || typeof result === 'string' || Number.isSafeInteger(result)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('what is encoded is decoded again', () => {
    const pairs = ['hexa', 'base64', 'base64t', 'base64url', 'base64urlt', 'base58'];
    fc.assert(
      fc.property(texts, fc.constantFrom(...pairs), (text, code) => {
        const bytes = Buffer.from(text, 'utf8').toString('latin1');
        expect(evaluate(bytes, `{s.encode.${code}}{s.decode.${code}}`)).toBe(bytes);
      }),
    );
  });

  it('the reader of chains never throws', () => {
    const parts = fc.constantFrom('{', '}', ',', '$', '(', ')', 's.', 're.subst', '/', 'len', 'substr', '1', ' ', '\\');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 20 }), (list) => {
        const text = list.join('');
        const parsed = parseTransformations(text, compilePv);
        if (parsed.kind === 'malformed') expect(parsed.at).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
