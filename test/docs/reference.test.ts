/** The generated pages in docs/ say what the declarations say. `UPDATE_DOCS=1 npx vitest run ... test/docs` writes them anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compatibilitySection, globalsTable, overviewPage } from '../../src/cfg/compatibility.ts';
import { globalParams } from '../../src/cli/registry.ts';
import { referencePage } from '../../src/engine/reference.ts';
import { ERRORS } from '../../src/errors.ts';
import * as viaduct from '../../src/index.ts';

const docs = join(import.meta.dirname, '../../docs');

function committed(name: string, generated: string): string {
  const file = join(docs, name);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, generated);
  return readFileSync(file, 'utf8');
}

const isModule = (value: unknown): value is { readonly decl: Parameters<typeof referencePage>[0] } =>
  typeof value === 'object' && value !== null && 'decl' in value && 'setup' in value;
const exported: readonly unknown[] = Object.values(viaduct);
const modules = exported.filter(isModule);

describe('docs/modules', () => {
  it.each(modules.map(({ decl }) => [decl.name, decl] as const))(
    '%s.md is generated from its declaration',
    (name, decl) => {
      const page = `${referencePage(decl)}\n${compatibilitySection(decl)}`;
      expect(committed(`modules/${name}.md`, page)).toBe(page);
    },
  );

  it('README.md compares all of them with those of Kamailio', () => {
    const page = overviewPage(modules.map(({ decl }) => decl));
    expect(committed('modules/README.md', page)).toBe(page);
  });
});

it('docs/kamailio-cfg.md says what global parameters do', () => {
  const [before = '', rest = ''] = readFileSync(join(docs, 'kamailio-cfg.md'), 'utf8').split('## Global parameters\n');
  const behind = rest.slice(rest.search(/^## /m));
  const page = `${before}## Global parameters\n\n${globalsTable(globalParams)}\n${behind}`;
  expect(committed('kamailio-cfg.md', page)).toBe(page);
});

it('docs/errors.md names every error code and nothing else', () => {
  const rows = Object.entries(ERRORS).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  const page = `# Error codes\n\nWhat an operator or the author of a routes file can get wrong.\n\n| code | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
  expect(committed('errors.md', page)).toBe(page);
});
