/** The golden pairs, and what the real Kamailio says to their inputs. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool, requireTool } from '../support/tools.ts';
import { goldenFolder, goldenPairs, outcome } from './golden.ts';

const pairs = goldenPairs();

describe('a configuration', () => {
  it.each(pairs)('gives what stands in golden/$name', (pair) => {
    expect(outcome(pair)).toBe(pair.expected);
  });

  it('has a golden pair for each part of the language', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(60);
  });
});

describe.skipIf(!hasTool('kamailio'))('Kamailio 5.6.3', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'viaduct-golden-'));
    cpSync(join(goldenFolder, 'included'), join(folder, 'included'), { recursive: true });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(pairs.filter(({ kamailio }) => kamailio !== undefined))(
    '$kamailio golden/$name',
    ({ name, input, kamailio }) => {
      writeFileSync(join(folder, name), input, 'latin1');
      const { status } = spawnSync(requireTool('kamailio'), ['-c', '-f', name], { cwd: folder, stdio: 'ignore' });
      expect(status === 0 ? 'accepts' : 'refuses').toBe(kamailio);
    },
  );
});
