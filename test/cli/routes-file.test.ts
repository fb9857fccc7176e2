/** Routes files, good and bad: each fault is told with file and line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { runCommandLine } from '../../src/cli/commander-tree.ts';
import { loadRoutes } from '../../src/cli/routes-file.ts';
import { readTls } from '../../src/cli/tls-files.ts';
import type { Linkage } from '../../src/engine/program.ts';
import { trust } from '../../src/util/trust.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import { TestShell } from './test-shell.ts';

let folder = '';
const good = `import { defineRoutes, sl, type RequestContext } from 'viaduct';
import { phrase } from './phrase.ts';
const reason = (ctx: RequestContext): string => \`\${phrase} \${ctx.message.method}\`;
export default defineRoutes([sl], ({ sl: stateless }) => ({
  request(ctx) {
    stateless.reply(ctx, 486, reason(ctx));
  },
  failure: { busy() {} },
}));
`;
const files: Readonly<Record<string, string>> = {
  'good.ts': good,
  'phrase.ts': "export const phrase: string = 'not for';\n",
  'good.js': "import { defineRoutes } from 'viaduct';\nexport default defineRoutes([], () => ({ request() {} }));\n",
  'syntax.ts':
    "import { defineRoutes } from 'viaduct';\n\nexport default defineRoutes([], () => ({\n  request(ctx {},\n}));\n",
  'nested.ts': "import { broken } from './broken.ts';\nexport default broken;\n",
  'broken.ts': 'const fine = 1;\nexport const broken = ;\n',
  'throws.ts':
    'const a: { b?: { c: number } } = {};\nconst d =\n  (a as { b: { c: number } }).b.c;\nexport default d;\n',
  'absent.ts': "import { defineRoutes } from 'viaduct';\nimport { x } from './no-such-file.ts';\nexport default x;\n",
  'package.ts': "import { x } from 'no-such-package';\nexport default x;\n",
  'nothing.ts': 'export const a = 1;\n',
  'other.ts': 'export default { request() {} };\n',
  'factory.ts':
    "import { defineRoutes } from 'viaduct';\nexport default defineRoutes([], () => {\n  throw new Error('no such tenant');\n});\n",
  'param.ts':
    "import { defineRoutes, tm, use } from 'viaduct';\nexport default defineRoutes([use(tm, { fr_timer: 0 })], () => ({ request() {} }));\n",
  'twice.ts':
    "import { defineRoutes, tm } from 'viaduct';\nexport default defineRoutes([tm, tm], () => ({ request() {} }));\n",
  'no.pem': 'not a certificate\n',
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'viaduct-routes-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'folder.ts'));
});
afterAll(() => rmSync(folder, { recursive: true }));

// Routes in TypeScript are given functions and look at nothing else.
const unlinked = trust<Linkage>(undefined);

async function checked(...words: readonly string[]) {
  const shell = new TestShell({ cwd: folder });
  const code = await runCommandLine(['check', ...words], commands, shell);
  return { code, out: shell.out.text, err: shell.err.text };
}

describe('a good routes file', () => {
  it('is summarized', async () => {
    expect(await checked('good.ts', '-l', 'udp:127.0.0.1:5080')).toEqual({
      code: 0,
      err: '',
      out: `ok\nfile     ${folder}/good.ts\nmodules  sl\nroutes   request failure[busy]\nlisten   udp:127.0.0.1:5080\n`,
    });
  });

  it('is summarized as JSON', async () => {
    const { code, out } = await checked('good.js', '--json');
    expect([code, JSON.parse(out)]).toEqual([
      0,
      {
        ok: true,
        file: `${folder}/good.js`,
        modules: [],
        routes: ['request'],
        listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'],
      },
    ]);
  });

  it('is read again each time, with what it imports', async () => {
    const before = await loadRoutes(join(folder, 'good.ts'));
    writeFileSync(join(folder, 'good.ts'), good.replace('busy', 'other'));
    const after = await loadRoutes(join(folder, 'good.ts'));
    writeFileSync(join(folder, 'good.ts'), good);
    expect(Object.keys(before.routes({ sl: {} }, unlinked).failure ?? {})).toEqual(['busy']);
    expect(Object.keys(after.routes({ sl: {} }, unlinked).failure ?? {})).toEqual(['other']);
  });

  it('shares the modules of this process', async () => {
    const { sl } = await import('../../src/modules/sl/sl.ts');
    expect((await loadRoutes(join(folder, 'good.ts'))).uses[0]?.module).toBe(sl);
  });

  it('may be left out: there is an embedded default', async () => {
    const { code, out } = await checked();
    expect(code).toBe(0);
    expect(out).toContain('\nfile     embedded default\n');
  });
});

describe('a bad routes file', () => {
  it.each([
    ['syntax.ts', 'CONFIG_FILE_UNREADABLE', '/syntax.ts:4:15: Unexpected token, expected ","'],
    ['nested.ts', 'CONFIG_FILE_UNREADABLE', '/broken.ts:2:23: Unexpected token'],
    [
      'throws.ts',
      'CONFIG_FILE_UNREADABLE',
      "/throws.ts:3: TypeError: Cannot read properties of undefined (reading 'c')",
    ],
    ['absent.ts', 'CONFIG_FILE_UNREADABLE', "/absent.ts:2: Cannot find module './no-such-file.ts'"],
    ['package.ts', 'CONFIG_FILE_UNREADABLE', "/package.ts:1: Cannot find module 'no-such-package'"],
    [
      'nothing.ts',
      'CONFIG_NOT_ROUTES',
      '/nothing.ts: nothing is exported as default. Write `export default defineRoutes([...], ...)`.',
    ],
    [
      'other.ts',
      'CONFIG_NOT_ROUTES',
      '/other.ts: the default export is not what defineRoutes returns. Write `export default defineRoutes([...], ...)`.',
    ],
    ['factory.ts', 'CONFIG_FILE_UNREADABLE', '/factory.ts:3: no such tenant'],
    ['param.ts', 'PARAM_VALUE', '/param.ts: tm.fr_timer takes an integer from 1 to any, not 0'],
    ['twice.ts', 'MODULE_TWICE', '/twice.ts: the module tm is listed twice'],
    ['none.cfg', 'CONFIG_FILE_UNREADABLE', '/none.cfg: there is no such file. Give the path of a routes file.'],
    ['none.ts', 'CONFIG_FILE_UNREADABLE', '/none.ts: there is no such file. Give the path of a routes file.'],
    ['folder.ts', 'CONFIG_FILE_UNREADABLE', '/folder.ts: this is a folder. Give the path of a routes file.'],
  ])('%s: %s with its place', async (name, code, message) => {
    await expect(checked(name)).rejects.toMatchObject({ code, message: `${folder}${message}` });
    const { code: exit, out } = await checked(name, '--json');
    expect([exit, JSON.parse(out)]).toEqual([78, { ok: false, code, message: `${folder}${message}` }]);
  });
});

describe('certificates', () => {
  const paths = { cert: undefined, key: undefined, ca: undefined };
  const { files: disk } = nodeWorld();

  it.each([
    ['none.pem', ': there is no such file. Give the path of a PEM file.'],
    ['no.pem', ': this is not PEM text (it has no BEGIN line).'],
  ])('%s are refused with flag and file', async (name, why) => {
    const ca = join(folder, name);
    await expect(readTls({ ...paths, ca }, disk)).rejects.toMatchObject({
      code: 'TLS_CERTIFICATE',
      message: `--tls-ca ${ca}${why}`,
    });
  });

  it('of an authority mean that peers are verified', async () => {
    const ca = new URL('../support/tls/ca.pem', import.meta.url).pathname;
    expect(await readTls(paths, disk)).toBeUndefined();
    expect(await readTls({ ...paths, ca }, disk)).toMatchObject({ verify: true });
  });
});
