/** Golden pairs of the configuration language: input, a line of dashes, the tree or the diagnostics that it gives. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { parseConfig } from '../../src/cfg/syntax/parse.ts';
import { treeText } from './tree-text.ts';

export const goldenFolder = fileURLToPath(new URL('./golden/', import.meta.url));
const divider = '\n----------\n';

export interface Golden {
  readonly name: string;
  readonly input: string;
  readonly expected: string;
  /** What `kamailio -c` of 5.6.3 says to the input, where it was asked. */
  readonly kamailio: 'accepts' | 'refuses' | undefined;
}

export function goldenPairs(): readonly Golden[] {
  return readdirSync(goldenFolder)
    .filter((name) => name.endsWith('.cfg'))
    .map((name) => {
      const text = readFileSync(join(goldenFolder, name), 'latin1');
      const cut = text.indexOf(divider);
      const input = cut === -1 ? text : text.slice(0, cut + 1);
      const expected = cut === -1 ? '' : text.slice(cut + divider.length).trimEnd();
      const word = /^# Kamailio (accepts|refuses)$/m.exec(input)?.[1];
      const kamailio = word === 'accepts' || word === 'refuses' ? word : undefined;
      return { name, input, expected, kamailio };
    });
}

/** The tree, and below it the diagnostics; with errors only those. */
export function outcome({ name, input }: Pick<Golden, 'name' | 'input'>): string {
  const environment = new Map([['PORT', '5070']]);
  const { config, diagnostics, sources } = parseConfig({
    path: name,
    readFile: (path) => (path === name ? input : readIncluded(path)),
    environment: (variable) => environment.get(variable),
  });
  const tree = diagnostics.some(({ severity }) => severity === 'error') ? [] : [treeText(config)];
  const text = [...tree, ...(diagnostics.length > 0 ? [formatDiagnostics(sources, diagnostics)] : [])].join('\n');
  return Buffer.from(text, 'utf8').toString('latin1');
}

function readIncluded(path: string): string | undefined {
  if (!path.startsWith('included/') || path.includes('..')) return undefined;
  try {
    return readFileSync(join(goldenFolder, path), 'latin1');
  } catch {
    return undefined;
  }
}
