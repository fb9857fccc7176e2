/** The reference page of a module, made from its declaration: Markdown, the same text for the same declaration. */
import type { FunctionDecl, ModuleDecl, PvDecl, RpcDecl } from './declaration.ts';
import type { ArgSpec, ArgsSpec, ParamSpec } from './spec.ts';

export function referencePage(decl: ModuleDecl): string {
  const parts = [
    `# ${decl.name}`,
    decl.doc,
    ...section('Parameters', Object.entries(decl.params ?? {}).map(parameterRow), PARAMETERS),
    ...Object.entries(decl.functions ?? {}).flatMap(functionPart),
    ...section('Pseudo-variables', Object.entries(decl.pvs ?? {}).map(pvRow), PSEUDO_VARIABLES),
    ...section(
      'Event routes',
      Object.entries(decl.eventRoutes ?? {}).map(([name, { doc }]) => [code(name), doc]),
      NAMES,
    ),
    ...section(
      'Counters',
      Object.entries(decl.stats ?? {}).map(([name, doc]) => [code(name), doc]),
      NAMES,
    ),
    ...section(
      'RPC',
      Object.entries(decl.rpc ?? {}).map(([name, { doc }]) => [code(name), doc]),
      NAMES,
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The tables of all commands: those of the proxy by the word before their dot, then those of each module. */
export function commandTables(own: Readonly<Record<string, RpcDecl>>, decls: readonly ModuleDecl[]): string {
  const prefixes = [...new Set(Object.keys(own).map((name) => name.replace(/\..*/, '')))].toSorted();
  const rows = (commands: readonly (readonly [string, RpcDecl])[]): readonly Row[] =>
    commands.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, { doc }]) => [code(name), doc]);
  const parts = [
    ...prefixes.map((prefix) =>
      part(prefix, rows(Object.entries(own).filter(([name]) => name.startsWith(`${prefix}.`)))),
    ),
    ...decls.map(({ name, rpc }) => part(`Module ${name}`, rows(Object.entries(rpc ?? {})))),
  ];
  return parts.filter((text) => text !== '').join('\n\n');
}

const part = (title: string, rows: readonly Row[]): string =>
  rows.length === 0 ? '' : `### ${title}\n\n${table(NAMES, rows)}`;

type Row = readonly string[];
const PARAMETERS: Row = ['name', 'takes', 'default', 'meaning'];
const ARGUMENTS: Row = ['argument', 'takes', 'meaning'];
const PSEUDO_VARIABLES: Row = ['name', 'is', 'writable', 'meaning'];
const NAMES: Row = ['name', 'meaning'];

function section(title: string, rows: readonly Row[], head: Row): readonly string[] {
  return rows.length === 0 ? [] : [`## ${title}`, table(head, rows)];
}

function functionPart([name, decl]: readonly [string, FunctionDecl]): readonly string[] {
  const rows = argumentsOf(decl.args).map(([argument, spec]): Row => [argument, taken(spec), spec.doc]);
  return [
    `## ${name}`,
    decl.doc,
    ...(rows.length === 0 ? [] : [table(ARGUMENTS, rows)]),
    [
      `- in kamailio.cfg: ${decl.cfg.length === 0 ? 'nothing' : decl.cfg.map(code).join(', ')}`,
      `- from: ${decl.routes.join(', ')}`,
      `- gives: ${outcomesOf(decl)}${decl.async === true ? ', or a promise of it' : ''}`,
    ].join('\n'),
  ];
}

function outcomesOf({ returns }: FunctionDecl): string {
  if (returns === 'number') return 'a number';
  const outcomes = Object.entries(returns === 'boolean' ? { true: 1, false: -1 } : returns);
  return outcomes.map(([outcome, value]) => `${code(outcome)} (${value})`).join(', ');
}

function argumentsOf(args: ArgsSpec): readonly (readonly [string, ArgSpec])[] {
  return 'options' in args
    ? Object.entries(args.options).map(([name, spec]) => [code(name), spec])
    : args.map((spec, i) => [String(i + 1), spec]);
}

function parameterRow([name, spec]: readonly [string, ParamSpec]): Row {
  const doc = spec.runtime === true ? `${spec.doc} Changes at run time.` : spec.doc;
  return [code(name), taken(spec), standard(spec), doc];
}

function pvRow([name, { type, writable, inner, doc }]: readonly [string, PvDecl]): Row {
  const shown = inner === undefined ? `$${name}` : inner === 'required' ? `$${name}(x)` : `$${name} or $${name}(x)`;
  const kind = { int: 'number', str: 'text', any: 'number or text' }[type];
  return [code(shown), kind, writable === true ? 'yes' : 'no', doc];
}

function standard(spec: ParamSpec): string {
  if (spec.type === 'fields') return 'none';
  const own = spec.default === undefined ? 'none' : code(String(spec.default) || '""');
  return spec.type === 'int' && spec.cfgDefault !== undefined
    ? `${own}; in kamailio.cfg ${code(String(spec.cfgDefault))}`
    : own;
}

function taken(spec: ArgSpec | ParamSpec): string {
  const optional = spec.optional === true ? ', optional' : '';
  switch (spec.type) {
    case 'int':
      return `integer${range(spec.min, spec.max)}${optional}`;
    case 'str':
      return `${spec.regex === true ? 'regular expression' : 'text'}${optional}`;
    case 'list':
      return `text or a list${optional}`;
    case 'choice':
      return `${Object.keys(spec.choices).map(code).join(' or ')}${optional}`;
    case 'pv':
      return `pseudo-variable${optional}`;
    case 'substitution':
      return `\`/expression/replacement/flags\`${optional}`;
    case 'header':
      return `header or a list${optional}`;
    case 'fields':
      return `named values, up to ${spec.max}`;
  }
}

function range(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` ${min} to ${max}`;
  if (min !== undefined) return ` from ${min}`;
  return max === undefined ? '' : ` to ${max}`;
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (cells: Row): string => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: Row, rows: readonly Row[]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
