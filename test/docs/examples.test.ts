/** Every TypeScript example in README, docs and module READMEs compiles as a user's would, and loads. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { createProxy } from '../../src/engine/proxy.ts';
import type { ProgramSource } from '../../src/engine/program.ts';
import { Simulator } from '../../src/testing.ts';

const root = join(import.meta.dirname, '../..');
const candidates = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'src/modules')).map((name) => `src/modules/${name}/README.md`),
  ...readdirSync(join(root, 'samples')).map((name) => `samples/${name}/README.md`),
];
const pages = candidates.filter((page) => existsSync(join(root, page)));

interface Example {
  readonly name: string;
  readonly code: string;
}

function examplesOf(page: string): readonly Example[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
    .map(([, code = ''], i) => ({ name: `${page} ${i + 1}`, code }))
    .filter(({ code }) => code.includes("from 'viaduct"));
}

const examples = pages.flatMap(examplesOf);
mkdirSync(join(root, '.cache'), { recursive: true });
const folder = mkdtempSync(join(root, '.cache/examples-'));
const files = examples.map(({ code }, i) => {
  const file = join(folder, `example-${i}.ts`);
  writeFileSync(file, code);
  return file;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiled once, all together, with the project's own strictness. */
function problems(): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { tsBuildInfoFile: _, ...options } = ts.parseJsonConfigFileContent(config, ts.sys, root).options;
  const program = ts.createProgram(files, {
    ...options,
    noEmit: true,
    incremental: false,
    composite: false,
    rootDir: root,
    paths: { viaduct: ['./src/index.ts'], 'viaduct/testing': ['./src/testing.ts'] },
  });
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return program.getSemanticDiagnostics(source).map((found) => {
      const name = examples[files.indexOf(file)]?.name ?? relative(root, file);
      return `${name}: ${ts.flattenDiagnosticMessageText(found.messageText, ' ')}`;
    });
  });
}

describe('examples', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  it('compile', { timeout: 60_000 }, () => {
    expect(problems()).toEqual([]);
  });

  it.each(examples.map(({ name }, i) => [name, files[i] ?? ''] as const))('%s loads', async (_name, file) => {
    const loaded: { readonly default?: ProgramSource } = await import(file);
    if (loaded.default === undefined) return;
    const proxy = createProxy({
      world: new Simulator({ seed: 1 }).world,
      program: loaded.default,
      listen: ['udp:10.0.0.1:5060'],
    });
    expect(proxy.phase).toBe('idle');
  });
});
