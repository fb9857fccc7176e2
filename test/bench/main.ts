/**
 * The benchmarks: `npm run bench` runs all, `npm run bench -- parse hep` only these. `--json` prints one JSON document, `--quick`
 * measures for a shorter time, `--calls <number>` is how many the soak has, `--cli <file>` takes another build than dist/cli/main.js. docs/performance.md says how to read them.
 */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { benchCalls } from './calls.ts';
import { benchCfg } from './cfg.ts';
import { benchHep } from './hep.ts';
import { benchMemory } from './memory.ts';
import { benchParse } from './parse.ts';
import { formatResult, type Result } from './result.ts';
import { benchTopos } from './topos.ts';
import { benchToposSoak } from './topos-soak.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    calls: { type: 'string', default: '20000' },
    quick: { type: 'boolean', default: false },
    cli: { type: 'string', default: fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)) },
    'node-flag': { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: '3' },
  },
});
const { cli, quick, only } = values;

const benches: Readonly<Record<string, () => Promise<Result> | Result>> = {
  parse: () => benchParse(quick),
  hep: () => benchHep(quick),
  cfg: () => benchCfg({ quick, cli }),
  calls: () =>
    benchCalls({
      cli,
      nodeFlags: values['node-flag'],
      only,
      runs: Number(values.runs),
      perSecond: 500,
      warmUpCalls: quick ? 2_500 : 10_000,
      calls: quick ? 2_500 : 5_000,
    }),
  topos: () =>
    benchTopos({
      cli,
      nodeFlags: values['node-flag'],
      only,
      runs: Number(values.runs),
      perSecond: 500,
      warmUpCalls: quick ? 1_500 : 4_000,
      calls: quick ? 2_500 : 5_000,
    }),
  'topos-soak': () =>
    benchToposSoak({
      cli,
      nodeFlags: values['node-flag'],
      calls: quick ? 2_000 : Number(values.calls),
      perSecond: 200,
    }),
  memory: () =>
    benchMemory({
      cli,
      nodeFlags: values['node-flag'],
      firstCalls: 10_000,
      lastCalls: quick ? 30_000 : 100_000,
      perSecond: 300,
      open: quick ? [1_000, 10_000] : [1_000, 50_000],
    }),
};

for (const name of positionals.length === 0 ? Object.keys(benches) : positionals) {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`no benchmark ${name}: there are ${Object.keys(benches).join(', ')}`);
  const result = await bench();
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${formatResult(result)}\n`);
}
process.exit(0);
