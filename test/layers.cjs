/**
 * Who may import whom. The floors of the house as rules of dependency-cruiser: imports go down, never across or up.
 * `docs/architecture.md` says why; `test/presubmit/layers.test.ts` proves that each rule catches what it should.
 */

const at = {
  errors: '^src/errors\\.ts$',
  util: '^src/util/',
  sip: '^src/sip/',
  hep: '^src/hep/',
  world: '^src/world/(?!redis\\.ts$)[^/]+\\.ts$',
  transport: '^src/transport/',
  transaction: '^src/transaction/',
  engine: '^src/engine/',
  modules: '^src/modules/',
  cfg: '^src/cfg/',
  collector: '^src/collector/',
  cli: '^src/cli/',
  testing: '^src/testing(/|\\.ts$)',
  index: '^src/index\\.ts$',
  worldNode: '^src/world/node/',
  redis: '^src/world/redis\\.ts$',
};

const floor0 = [at.util, at.errors];
const floor1 = [...floor0, at.sip, at.hep, at.world];
const floor2 = [...floor1, at.transport, at.transaction];
const floor3 = [...floor2, at.engine];

/** A floor and what it may import from `src`, itself aside. What is not listed is forbidden. */
const floors = [
  { name: 'util', path: at.util, may: [at.errors], why: 'Floor 0 stands on nothing.' },
  { name: 'errors', path: at.errors, may: [at.util], why: 'Floor 0 stands on nothing.' },
  { name: 'sip', path: at.sip, may: floor0, why: 'SIP messages know no clock, socket or random source.' },
  { name: 'hep', path: at.hep, may: floor0, why: 'The HEP codec knows no clock, socket or random source.' },
  { name: 'world', path: at.world, may: floor0, why: 'The interfaces to the outside import only util.' },
  {
    name: 'world-node',
    path: at.worldNode,
    may: [...floor0, at.world, at.redis],
    why: 'Node behind the interfaces of the world.',
  },
  { name: 'world-redis', path: at.redis, may: [...floor0, at.world], why: 'Redis behind the interfaces of the world.' },
  { name: 'transport', path: at.transport, may: floor1, why: 'Floor 2: sip, hep and the interfaces of the world.' },
  { name: 'transaction', path: at.transaction, may: [...floor0, at.sip], why: 'Transactions are pure: no world.' },
  { name: 'engine', path: at.engine, may: floor2, why: 'The engine names no module; a module registers itself.' },
  { name: 'modules', path: at.modules, may: floor3, why: 'A module stands on the engine and what is below.' },
  { name: 'cfg', path: at.cfg, may: floor3, why: 'cfg is handed a registry, it imports no module.' },
  { name: 'collector', path: at.collector, may: floor3, why: 'The collector stands on the engine and what is below.' },
  { name: 'testing', path: at.testing, may: floor3, why: 'The simulator stands on the engine and what is below.' },
  {
    name: 'index',
    path: at.index,
    may: [...floor3, at.modules, at.cfg, at.collector, at.worldNode, at.redis],
    why: 'The public API does not reach the command line or the simulator.',
  },
  {
    name: 'cli',
    path: at.cli,
    may: [...floor3, at.modules, at.cfg, at.collector, at.worldNode, at.redis, at.index],
    why: 'The command line does not reach the simulator.',
  },
];

const floorRules = floors.map(({ name, path, may, why }) => ({
  name: `floor-${name}`,
  comment: why,
  severity: 'error',
  from: { path },
  to: { path: '^src/', pathNot: [path, ...may] },
}));

/** Inside cfg: characters become tokens, tokens a tree, the tree is checked, then compiled; nothing reaches back up. */
const cfgRooms = ['text', 'syntax', 'check', 'compile'];

const cfgRules = cfgRooms.slice(0, -1).map((room, i) => ({
  name: `cfg-${room}`,
  comment: `In cfg ${cfgRooms.join(', ')} stand on each other in this order.`,
  severity: 'error',
  from: { path: `${at.cfg}${room}/` },
  to: { path: cfgRooms.slice(i + 1).map((later) => `${at.cfg}${later}/`) },
}));

/** Where a package may be imported. One importer each, wherever that is: rule `one-importer`. */
const homes = [
  { name: 'commander', home: at.cli },
  { name: 'hep-js', home: '^src/cli/selftest' },
  { name: 'sip', home: '^src/cli/selftest' },
  { name: 'ioredis', home: at.redis },
  { name: 'pino', home: '^src/(cli|world/node)/' },
  { name: 'prom-client', home: '^src/(cli|collector|engine|world/node)/' },
  { name: 'jiti', home: '^src/(cli|world/node)/' },
  { name: 'ws', home: '^src/(transport|world/node)/' },
];

const homeRules = homes.map(({ name, home }) => ({
  name: `package-${name}`,
  comment: `${name} is imported only by ${home}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: `(^|/)node_modules/${name}/` },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    ...cfgRules,
    ...homeRules,
    {
      name: 'module-by-api',
      comment: 'A module reaches another only through its api.ts; the instance comes from the host.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: at.modules, pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/api\\.ts$'] },
    },
    {
      name: 'module-api-types-only',
      comment: 'From the api.ts of another module only types are imported.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: '^src/modules/[^/]+/api\\.ts$', pathNot: '^src/modules/$1/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'outside-in-world-node',
      comment: 'Sockets, names, files, timers and the process are touched by src/world/node and src/cli alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: [at.worldNode, at.cli] },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(dgram|net|tls|dns|fs|http|http2|https|timers|child_process|cluster|process|os|worker_threads|perf_hooks|inspector|readline|repl|tty)(/|$)',
      },
    },
    {
      name: 'known-packages',
      comment: 'A new package needs a home in test/layers.cjs.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: [...homes.map(({ name }) => `(^|/)node_modules/${name}/`), '(^|/)node_modules/@types/node/'],
      },
    },
    {
      name: 'one-importer',
      comment: 'Each third-party package is imported by exactly one file.',
      severity: 'error',
      module: { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/@types/node/', numberOfDependentsMoreThan: 1 },
      from: { path: '^src/' },
    },
    {
      name: 'unlisted-package',
      comment: 'Runtime code imports only what package.json lists under dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: [
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
          'unknown',
          'undetermined',
        ],
        pathNot: ['(^|/)node_modules/@types/node/', '^\\.'],
      },
    },
    {
      name: 'unresolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment: 'No cycles, not even of types.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-floor',
      comment: 'A new folder of src needs a floor in test/layers.cjs.',
      severity: 'error',
      from: { path: '^src/', pathNot: floors.map(({ path }) => path) },
      to: {},
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports and that imports nothing is dead or not yet wired.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$', at.index, '^src/testing\\.ts$'] },
      to: {},
    },
    {
      name: 'samples-by-the-front-door',
      comment: 'Samples import what a user can import: the package.',
      severity: 'error',
      from: { path: '^samples/' },
      to: {
        path: '^(src|test|dist)/',
        pathNot: [at.index, '^src/testing\\.ts$', '^dist/(index|testing)\\.(js|d\\.ts)$'],
      },
    },
  ],
  options: {
    doNotFollow: { path: ['(^|/)node_modules/', '^dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
    skipAnalysisNotInRules: false,
  },
};
