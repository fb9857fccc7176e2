/** House rules on the source tree: every file under src, samples and test is held to them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Rule, castRule, sampleRules, sourceRules, testRules } from './rules.ts';
import { type SourceFile, parse, projectFiles, typescriptIn } from './source-tree.ts';

const caps = { source: 500, median: 170, test: 800 };

const files = projectFiles();
const source = typescriptIn('src', files);
const samples = typescriptIn('samples', files);
const tests = typescriptIn('test', files);

function faults(rule: Rule, among: readonly SourceFile[]): string[] {
  return among.flatMap((file) => rule.check(file));
}

function titled(rules: readonly Rule[]): Array<readonly [string, Rule]> {
  return rules.map((rule) => [rule.title, rule] as const);
}

describe('every source file', () => {
  it.each(titled([...sourceRules, castRule(source)]))('%s', (_, rule) => {
    expect(faults(rule, source)).toEqual([]);
  });

  it(`has at most ${caps.source} lines`, () => {
    expect(source.filter(({ lines }) => lines > caps.source).map(({ path, lines }) => `${path} ${lines}`)).toEqual([]);
  });
});

describe('every sample', () => {
  it.each(titled(sampleRules))('%s', (_, rule) => {
    expect(faults(rule, samples)).toEqual([]);
  });
});

describe('every test file', () => {
  it.each(titled(testRules))('%s', (_, rule) => {
    expect(faults(rule, tests)).toEqual([]);
  });

  it(`has at most ${caps.test} lines`, () => {
    expect(tests.filter(({ lines }) => lines > caps.test).map(({ path, lines }) => `${path} ${lines}`)).toEqual([]);
  });
});

describe('the size of source files', () => {
  const sizes = source.map(({ lines }) => lines).toSorted((a, b) => a - b);
  const quantile = (q: number): number => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * q))] ?? 0;

  beforeAll(() => {
    const report = `${sizes.length} files, median ${quantile(0.5)}, p90 ${quantile(0.9)}, largest ${sizes.at(-1) ?? 0} lines`;
    process.stdout.write(`source: ${report}\n`);
  });

  it(`has a median of at most ${caps.median} lines`, () => {
    expect(quantile(0.5)).toBeLessThanOrEqual(caps.median);
  });
});

describe('the names of files', () => {
  const named = [...source, ...samples, ...tests].map(({ path }) => path);

  it('say what is inside, not that it is shared', () => {
    const vague = /^(?:utils|helpers?|common|managers?|base|misc)$/;
    const words = (path: string): string[] => path.replace(/\.[^/]*$/, '').split(/[/.-]/);
    expect(named.filter((path) => words(path).some((part) => vague.test(part)))).toEqual([]);
  });

  it('are kebab-case, but a module keeps the spelling of Kamailio', () => {
    const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|d|config))?(?:\.ts)?$/;
    const moduleName = /^[a-z0-9]+(?:_[a-z0-9]+)*(?:\.test)?(?:\.ts)?$/;
    const isNamed = (path: string): boolean =>
      path.split('/').every((part) => kebab.test(part) || (path.includes('/modules/') && moduleName.test(part)));
    expect(named.filter((path) => !isNamed(path))).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const head = '/** A file that breaks one rule. */\n';
  const long = `function f(): number {\n${'  f();\n'.repeat(80)}  return 1;\n}\n`;
  const note = ['TO', 'DO'].join('');

  it.each([
    ['begins with a comment that says what it is', 'export const a = 1;\n'],
    ['has functions of at most 70 lines', head + long],
    ['has functions of at most 4 parameters', `${head}const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];`],
    ['never says any', `${head}export const f = (a: ${'an'}${'y'}): void => a;`],
    ['asserts nothing to be present with !', `${head}export const f = (a?: string): number => a!.length;`],
    ['keeps no variable and no table at module level', `${head}let count = 0;`],
    ['keeps no variable and no table at module level', `${head}const seen = { all: new Map<string, number>() };`],
    ['keeps no variable and no table at module level', `${head}class A { static count = 0; }`],
    [
      'touches no clock, chance, timer or process outside src/world/node and src/cli',
      `${head}const f = () => Date.now();`,
    ],
    ['touches no clock, chance, timer or process outside src/world/node and src/cli', `${head}setTimeout(() => 1, 2);`],
    [
      'touches no clock, chance, timer or process outside src/world/node and src/cli',
      `${head}const f = () => process.env;`,
    ],
    [
      'touches no clock, chance, timer or process outside src/world/node and src/cli',
      `${head}import { randomBytes } from 'node:crypto';`,
    ],
    ['leaves no note to do later', `${head}// ${note}: later\n`],
    ['silences no checker', `${head}// biome${'-'}ignore all\n`],
    ['exports by name only', `${head}export default 1;`],
    ['casts with as only to a brand', `${head}export const f = (a: unknown) => a as string;`],
  ])('%s: notices %j', (title, text) => {
    const rule = [...sourceRules, castRule([])].find((candidate) => candidate.title === title);
    expect(rule?.check(parse('src/engine/probe.ts', text))).toHaveLength(1);
  });

  it('leave good code alone', () => {
    const text = `${head}declare const key: unique symbol;
export type Id = string & { readonly [key]: true };
const names: ReadonlySet<string> = new Set(['a']);
export class Table {
  readonly #rows = new Map<Id, number>();
  process(id: string): boolean {
    this.#rows.set(id as Id, 1);
    return names.has(id);
  }
}
`;
    const file = parse('src/engine/probe.ts', text);
    expect([...sourceRules, castRule([file])].flatMap((rule) => rule.check(file))).toEqual([]);
  });
});
