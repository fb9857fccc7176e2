/** What `viaduct check` says: pairs of a file, a line of dashes, and the diagnostics that it gets. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/cfg/compile.ts';
import { formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';

const folder = fileURLToPath(new URL('./check/', import.meta.url));
const divider = '----------\n';
const names = readdirSync(folder).filter((name) => name.endsWith('.cfg'));

function outcome(name: string, input: string): string {
  const made = compileConfig({ path: name, readFile: (path) => (path === name ? input : undefined) }, registry, {
    globals: globalParams,
  });
  const text = formatDiagnostics(made.sources, made.diagnostics);
  const notes = made.kind === 'program' ? made.notes : [];
  return `${[made.kind === 'program' ? 'accepted' : 'refused', ...notes, text].join('\n').trimEnd()}\n`;
}

describe('a file that is checked', () => {
  it.each(names)('gets what stands in check/%s', (name) => {
    const [input = '', expected] = readFileSync(join(folder, name), 'latin1').split(`\n${divider}`);
    const given = outcome(name, `${input.trimEnd()}\n`);
    // UPDATE_GOLDEN=1 writes the pairs anew, for a person to read the difference.
    if (process.env['UPDATE_GOLDEN'] === '1') {
      writeFileSync(join(folder, name), `${input.trimEnd()}\n\n${divider}${given}`, 'latin1');
    } else expect(given).toBe(expected);
  });

  it('has a pair for each thing that can be wrong', () => {
    expect(names.length).toBeGreaterThanOrEqual(60);
  });
});
