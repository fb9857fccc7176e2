/** docs/rpc.md names every command. `UPDATE_DOCS=1 npx vitest run ... test/docs` writes its tables anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processCommands } from '../../src/cli/process-commands.ts';
import { MAX_BATCH } from '../../src/engine/json-rpc.ts';
import { commandTables } from '../../src/engine/reference.ts';
import * as viaduct from '../../src/index.ts';
import { MAX_RULES, MAX_TTL_SECONDS } from '../../src/modules/siptrace/dynamic.ts';
import { TestShell } from '../cli/test-shell.ts';
import { moduleRig } from '../support/module-rig.ts';

const file = join(import.meta.dirname, '../../docs/rpc.md');
const isModule = (value: unknown): value is { readonly decl: viaduct.ModuleDecl } =>
  typeof value === 'object' && value !== null && 'decl' in value && 'setup' in value;

it('docs/rpc.md lists the commands with what they do', async () => {
  const { proxy, sim } = await moduleRig([]);
  const { commands } = proxy.engine;
  const service = { listeners: [], defines: [], reload: () => Promise.resolve() };
  const { process, version } = new TestShell();
  const own = Object.fromEntries(commands.names().map((name) => [name, commands.find(name) ?? { doc: '' }]));
  const all = {
    ...own,
    ...processCommands({
      service,
      version,
      clock: sim.clock,
      process,
      log: { level: 'notice', write: () => undefined },
      raise: () => undefined,
    }),
  };
  const exported: readonly unknown[] = Object.values(viaduct);
  const decls = exported.filter(isModule).map(({ decl }) => decl);
  const tables = commandTables(
    all,
    decls.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );
  const [above = ''] = readFileSync(file, 'utf8').split(/^## Commands$/m);
  const page = `${above}## Commands\n\n${tables}\n`;
  if (globalThis.process.env['UPDATE_DOCS'] === '1') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
  expect(tables).toContain('| `siptrace.start` |');
});

/** What kamcmd listed with the modules of viaduct loaded, those without commands left out. */
const kamailios = readFileSync(join(import.meta.dirname, 'vectors/kamailio-5.6.3-commands.txt'), 'utf8')
  .trim()
  .split('\n');
const [above = '', below = ''] = readFileSync(file, 'utf8').split(/^## Commands$/m);
const named = (text: string): readonly string[] => [...text.matchAll(/`([a-z_]+\.\w+)`/g)].map(([, name = '']) => name);
const notThere = named(above.split(/^## What is not there$/m)[1] ?? '');

it.each(kamailios.filter((name) => !/^(?:tm|uac)\./.test(name)))(
  '%s of Kamailio is here, or the page says why not',
  (name) => {
    expect([named(below).includes(name), notThere.includes(name)].filter(Boolean)).toEqual([true]);
  },
);

it('docs/rpc.md tells the limits as they are', () => {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(`batches of up to ${MAX_BATCH} calls`);
  expect(text).toContain(`at most ${MAX_RULES} rules`);
  expect(text).toContain(`1 to ${MAX_TTL_SECONDS} seconds`);
});
