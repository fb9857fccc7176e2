/** docs/diagnostics.md says what the registry of codes says. `UPDATE_DOCS=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diagnosticCodes } from '../../src/cfg/codes.ts';

it('docs/diagnostics.md names every code and nothing else', () => {
  const rows = Object.entries(diagnosticCodes).map(
    ([code, { severity, doc }]) => `| \`${code}\` | ${severity} | ${doc} |`,
  );
  const head =
    '# Diagnostics\n\nWhat `viaduct check` says about a kamailio.cfg. `--strict` makes errors of warnings.\n\n';
  const page = `${head}| code | severity | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  const file = join(import.meta.dirname, '../../docs/diagnostics.md');
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});
