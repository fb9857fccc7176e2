/** The layer rules of test/layers.cjs catch what they should: each rule against a small tree that breaks it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ICruiseOptions, cruise, type IFlattenedRuleSet } from 'dependency-cruiser';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Config = IFlattenedRuleSet & {
  readonly options: ICruiseOptions & { readonly enhancedResolveOptions: object };
};

const value = 'export const a = 1;\n';
const packages = ['commander', 'ioredis', 'sip', 'left-pad'];

/** A tree that obeys every rule, and after it one file for each way to break one. */
const files: Record<string, string> = {
  'package.json': JSON.stringify({
    name: 'viaduct',
    type: 'module',
    dependencies: Object.fromEntries(packages.map((p) => [p, '1.0.0'])),
  }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'Node20', allowImportingTsExtensions: true, noEmit: true },
  }),
  ...Object.fromEntries(packages.map((name) => [`node_modules/${name}/index.js`, value])),
  ...Object.fromEntries(
    packages.map((name) => [
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, type: 'module', exports: './index.js' }),
    ]),
  ),
  'src/util/bytes.ts': value,
  'src/util/hen.ts': "import './egg.ts';\n",
  'src/errors.ts': "import '../src/util/bytes.ts';\n",
  'src/sip/uri.ts': "import '../util/bytes.ts';\n",
  'src/hep/chunk.ts': "import '../util/bytes.ts';\n",
  'src/world/world.ts': "import '../util/bytes.ts';\nexport type W = 1;\n",
  'src/world/redis.ts': "import 'ioredis';\nimport './world.ts';\n",
  'src/world/node/udp.ts': "import 'node:dgram';\nimport '../world.ts';\n",
  'src/transport/flow.ts': "import '../world/world.ts';\nimport '../sip/uri.ts';\n",
  'src/transaction/client.ts': "import '../sip/uri.ts';\n",
  'src/engine/proxy.ts': "import '../transport/flow.ts';\nimport '../transaction/client.ts';\n",
  'src/modules/tm/api.ts': "import '../../engine/proxy.ts';\nexport type Tm = 1;\n",
  'src/modules/tm/tm.ts': "import './api.ts';\n",
  'src/modules/sl/sl.ts': "import type { Tm } from '../tm/api.ts';\nexport type Sl = Tm;\n",
  'src/cfg/parser.ts': "import '../engine/proxy.ts';\n",
  'src/cfg/compile/run.ts': "import '../parser.ts';\n",
  'src/collector/store.ts': "import '../hep/chunk.ts';\n",
  'src/testing/sim.ts': "import '../engine/proxy.ts';\n",
  'src/index.ts': "import './modules/tm/tm.ts';\n",
  'src/cli/main.ts': "import 'commander';\nimport 'node:fs';\nimport '../index.ts';\nimport '../world/node/udp.ts';\n",
  'src/cli/selftest/agent.ts': "import 'sip';\n",
  'samples/homer/routes.ts': "import '../../src/index.ts';\n",
};

const broken: ReadonlyArray<readonly [rule: string, file: string, text: string]> = [
  ['floor-util', 'src/util/up.ts', "import '../sip/uri.ts';"],
  ['floor-sip', 'src/sip/clocked.ts', "import type { W } from '../world/world.ts';\nexport type X = W;"],
  ['floor-hep', 'src/hep/across.ts', "import '../sip/uri.ts';"],
  ['floor-world', 'src/world/concrete.ts', "import './node/udp.ts';"],
  ['floor-world-node', 'src/world/node/up.ts', "import '../../transport/flow.ts';"],
  ['floor-transport', 'src/transport/node.ts', "import '../world/node/udp.ts';"],
  [
    'floor-transaction',
    'src/transaction/clocked.ts',
    "import type { W } from '../world/world.ts';\nexport type X = W;",
  ],
  ['floor-engine', 'src/engine/names-tm.ts', "import type { Tm } from '../modules/tm/api.ts';\nexport type X = Tm;"],
  ['floor-modules', 'src/modules/tm/node.ts', "import '../../world/node/udp.ts';"],
  ['floor-cfg', 'src/cfg/names-tm.ts', "import '../modules/tm/tm.ts';"],
  ['cfg-text', 'src/cfg/text/up.ts', "import '../compile/run.ts';"],
  ['cfg-syntax', 'src/cfg/syntax/up.ts', "import '../compile/run.ts';"],
  ['cfg-check', 'src/cfg/check/up.ts', "import '../compile/run.ts';"],
  ['floor-collector', 'src/collector/names-tm.ts', "import '../modules/tm/tm.ts';"],
  ['floor-testing', 'src/testing/node.ts', "import '../world/node/udp.ts';"],
  ['floor-cli', 'src/cli/simulated.ts', "import '../testing/sim.ts';"],
  ['module-by-api', 'src/modules/sl/inside.ts', "import type { A } from '../tm/tm.ts';\nexport type B = A;"],
  ['module-api-types-only', 'src/modules/sl/value.ts', "import { Tm } from '../tm/api.ts';\nexport const b = Tm;"],
  ['outside-in-world-node', 'src/engine/socket.ts', "import 'node:dgram';\nimport './proxy.ts';"],
  ['outside-in-world-node', 'src/engine/disk.ts', "import 'node:fs/promises';\nimport './proxy.ts';"],
  ['package-commander', 'src/engine/args.ts', "import 'commander';\nimport './proxy.ts';"],
  ['package-ioredis', 'src/modules/tm/redis.ts', "import 'ioredis';"],
  ['package-sip', 'src/cli/agent.ts', "import 'sip';"],
  ['known-packages', 'src/cli/pad.ts', "import 'left-pad';"],
  ['unresolvable', 'src/cli/nowhere.ts', "import './gone.ts';"],
  ['no-cycles', 'src/util/egg.ts', "import './hen.ts';"],
  ['no-floor', 'src/attic/box.ts', "import '../util/bytes.ts';"],
  ['no-orphans', 'src/util/alone.ts', value],
  ['samples-by-the-front-door', 'samples/homer/inner.ts', "import '../../src/sip/uri.ts';"],
];

const config: Config = createRequire(import.meta.url)('../layers.cjs');
const root = mkdtempSync(join(tmpdir(), 'viaduct-layers-'));
const found = new Set<string>();

beforeAll(async () => {
  const tree = [...Object.entries(files), ...broken.map(([, file, text]) => [file, text] as const)];
  for (const [file, text] of tree) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const { enhancedResolveOptions, ...options } = config.options;
  const { output } = await cruise(
    ['src', 'samples'],
    { ...options, baseDir: root, ruleSet: { forbidden: config.forbidden ?? [] }, validate: true },
    enhancedResolveOptions,
    { tsConfig: extractTsConfig(join(root, 'tsconfig.json')) },
  );
  if (typeof output === 'string') throw new Error(output);
  for (const { rule, from } of output.summary.violations) found.add(`${rule.name} ${from}`);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the layer rules', () => {
  it.each(broken)('catch with %s what %s does', (rule, file) => {
    expect([...found]).toContain(`${rule} ${file}`);
  });

  it('catch a package that two files import', () => {
    expect([...found].filter((line) => line.startsWith('one-importer'))).not.toEqual([]);
  });

  it('leave a tree alone that obeys them', () => {
    const good = Object.keys(files).filter((file) => file.startsWith('s'));
    expect(
      [...found].filter((line) => good.includes(line.slice(line.indexOf(' ') + 1)) && !line.startsWith('one-importer')),
    ).toEqual([]);
  });
});
