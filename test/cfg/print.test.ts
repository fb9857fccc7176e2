/** What --cfg-print shows, and Debian's default configuration with each of its switches. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/cfg/syntax/parse.ts';
import { printConfig } from '../../src/cfg/print.ts';
import { hasTool, requireTool } from '../support/tools.ts';
import { goldenPairs } from './golden.ts';
import { inputOf, tree } from './reading.ts';

const sample = {
  'main.cfg': `#!KAMAILIO
#!define X 1
/* c */
#!ifdef X
debug=X   # kept
#!else
debug=3
#!endif
#!substdef "!A!b!g"
import_file "none.cfg"
#!define LONG a \\
  b
include_file "inc.cfg"
children=1 #!ifdef X
fork=no
#!endif
request_route { #!define Q 2
  exit; }
`,
  'inc.cfg': 'memlog=1\n#!ifdef Q\nmemdbg=4\n#!endif\nmemdbg=3\n',
};

const printed = `#!KAMAILIO
#!define X 1
/* c */
debug=X   # kept
#!substdef "!A!b!g"

#!define LONG a \\
  b
memlog=1
memdbg=3

children=1 fork=no
request_route { #!define Q 2
  exit; }
`;

describe('the printed configuration', () => {
  it('has includes in their place, and only the regions that count', () => {
    expect(printConfig(inputOf(sample)).text).toBe(printed);
  });

  it('is printed unchanged and read to the same tree', () => {
    for (const { input } of goldenPairs()) {
      const once = printConfig(inputOf(input)).text;
      expect(printConfig(inputOf(once)).text).toBe(once);
    }
    expect(tree(parseConfig(inputOf(printed)))).toBe(tree(parseConfig(inputOf(sample))));
  });
});

describe.skipIf(!hasTool('kamailio'))('beside Kamailio', () => {
  it('the same is printed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'viaduct-print-'));
    for (const [name, text] of Object.entries(sample)) writeFileSync(join(folder, name), text);
    const { stdout } = spawnSync(requireTool('kamailio'), ['-f', 'main.cfg', '--cfg-print'], { cwd: folder });
    rmSync(folder, { recursive: true, force: true });
    expect(stdout.toString()).toBe(printed);
  });
});

const debian = '/etc/kamailio/kamailio.cfg';

describe.skipIf(!hasTool('kamailio') || !existsSync(debian))("Debian's default configuration", () => {
  const text = existsSync(debian) ? readFileSync(debian, 'latin1') : '';
  const switches = [...new Set([...text.matchAll(/#!ifn?def (WITH_[A-Z0-9]+)/g)].map((match) => match[1] ?? ''))];
  const readFile = (path: string): string | undefined => (path === debian ? text : undefined);

  it('has switches', () => {
    expect(switches.length).toBeGreaterThan(15);
  });

  // Several switches use DBURL, which only WITH_MYSQL defines.
  it.each([[[]], ...switches.map((name) => [['WITH_MYSQL', name]]), [switches]])(
    'is read without a word with %j',
    (defines) => {
      const { config, diagnostics } = parseConfig({ path: debian, readFile, defines: [...new Set(defines)] });
      expect(diagnostics).toEqual([]);
      expect(config.items.length).toBeGreaterThan(60);
    },
  );

  it('is printed as Kamailio prints it', () => {
    const { stdout } = spawnSync(requireTool('kamailio'), ['-f', debian, '--cfg-print']);
    expect(printConfig({ path: debian, readFile }).text).toBe(stdout.toString('latin1'));
  });
});
