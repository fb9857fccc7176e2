/** What of the modules of Kamailio 5.6 is here, told from its catalogue and our declarations: Markdown for the reference pages. */
import type { ModuleDecl } from '../engine/declaration.ts';
import { effectOfModule, functionAdvice } from './check/advice.ts';
import { functionsOf, isKamailioModule, kamailioModules, moduleOfFunction } from './check/catalogue.ts';
import { paramsOf } from './check/catalogue-params.ts';
import { whyIdle } from './check/idle.ts';
import { coreFunctions, languageFunctions } from './text/keywords.ts';
import { effective, type GlobalMap, withoutEffect } from './compile/settings.ts';

interface Standing {
  readonly name: string;
  readonly here: 'present' | 'accepted' | 'absent';
  /** Why it has no effect, or what to write instead. */
  readonly why: string;
}

interface Compared {
  readonly params: readonly Standing[];
  readonly functions: readonly Standing[];
  /** Parameters and functions that Kamailio does not have. */
  readonly more: readonly string[];
}

const REFUSED = /^Refused:\s*/;

const standing = (name: string, doc: string | undefined, absent: string): Standing => {
  if (doc === undefined) return { name, here: 'absent', why: absent };
  if (REFUSED.test(doc)) return { name, here: 'absent', why: doc.replace(REFUSED, '') };
  const why = whyIdle(doc);
  return why === undefined ? { name, here: 'present', why: '' } : { name, here: 'accepted', why };
};

export function compare(decl: ModuleDecl): Compared {
  const params = new Map(Object.entries(decl.params ?? {}).map(([name, { doc }]) => [name, doc]));
  const functions = new Map(
    Object.values(decl.functions ?? {}).flatMap(({ cfg, doc }) => cfg.map((name) => [name, doc] as const)),
  );
  const theirParams = paramsOf(decl.name);
  const theirFunctions = decl.name === 'core' ? [...coreFunctions] : functionsOf(decl.name);
  return {
    params: theirParams.map((name) => standing(name, params.get(name), '')),
    functions: theirFunctions.map((name) =>
      languageFunctions.has(name)
        ? { name, here: 'present', why: '' }
        : standing(name, functions.get(name), functionAdvice.get(name) ?? ''),
    ),
    more: [
      ...[...params.keys()].filter((name) => !theirParams.includes(name)),
      ...[...functions.keys()]
        .filter((name) => !theirFunctions.includes(name) && moduleOfFunction(name) === undefined)
        .map((name) => `${name}()`),
    ],
  };
}

/** The section of a module's page. */
export function compatibilitySection(decl: ModuleDecl): string {
  if (decl.name !== 'core' && !isKamailioModule(decl.name)) {
    return '## Compared with Kamailio 5.6\n\nKamailio has no such module.\n';
  }
  const { params, functions, more } = compare(decl);
  const call = ({ name }: Standing): string => `${name}()`;
  const plain = ({ name }: Standing): string => name;
  const rows = [...row('parameters', params, plain), ...row('functions', functions, call)];
  const reasons = [...params.flatMap((one) => reason(one, plain)), ...functions.flatMap((one) => reason(one, call))];
  const parts = [
    '## Compared with Kamailio 5.6',
    rows.length === 0
      ? 'Kamailio has neither parameters nor functions in this module.'
      : `| | here | accepted without effect | absent |\n| --- | --- | --- | --- |\n${rows.join('\n')}`,
    ...(reasons.length === 0 ? [] : [`| name | why, or what to write |\n| --- | --- |\n${reasons.join('\n')}`]),
    ...(more.length === 0 ? [] : [`Not in Kamailio: ${more.map((name) => `\`${name}\``).join(', ')}.`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function row(title: string, all: readonly Standing[], show: (one: Standing) => string): readonly string[] {
  if (all.length === 0) return [];
  const list = (here: Standing['here']): string =>
    all
      .filter((one) => one.here === here)
      .map((one) => `\`${show(one)}\``)
      .join(', ');
  return [`| ${title} | ${list('present')} | ${list('accepted')} | ${list('absent')} |`.replaceAll('|  |', '| |')];
}

const reason = (one: Standing, show: (one: Standing) => string): readonly string[] =>
  one.why === '' ? [] : [`| \`${show(one)}\` | ${one.why.replaceAll('|', '\\|')} |`];

/** The page over all modules: how much of each is here, and what becomes of Kamailio's others. */
export function overviewPage(decls: readonly ModuleDecl[]): string {
  const sorted = decls.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const own = new Set(sorted.map(({ name }) => name));
  const others = [...kamailioModules].filter((name) => !own.has(name)).toSorted();
  const lost = others.filter((name) => effectOfModule.has(name));
  const noted = others.filter((name) => !effectOfModule.has(name));
  const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  return `# Modules

One page for each, made from its declaration. The numbers are those of Kamailio 5.6's parameters and functions: here,
accepted without effect, absent. A parameter that is absent is accepted with a note, a function that is absent is an error
with a hint.

| module | parameters | functions |
| --- | --- | --- |
${sorted.map(overviewRow).join('\n')}

## Kamailio's other modules

Loading one of these is accepted, and one note names them; a call of a function of theirs is an error that names the module.

${list(noted)}

Without these, messages are handled differently, and a warning says how: ${lost.map((name) => `\`${name}\` (${effectOfModule.get(name)})`).join(', ')}.
`;
}

function overviewRow(decl: ModuleDecl): string {
  const { params, functions } = compare(decl);
  const link = `[${decl.name}](${decl.name}.md)`;
  if (decl.name !== 'core' && !isKamailioModule(decl.name)) return `| ${link} | not in Kamailio | |`;
  return `| ${link} | ${countsOf(params)} | ${countsOf(functions)} |`;
}

function countsOf(all: readonly Standing[]): string {
  const count = (here: Standing['here']): number => all.filter((one) => one.here === here).length;
  if (all.length === 0) return 'none';
  return `${count('present')}, ${count('accepted')}, ${count('absent')}`;
}

/** The table of global parameters. */
export function globalsTable(map: GlobalMap): string {
  const list = (names: Iterable<string>): string =>
    [...names]
      .toSorted()
      .map((name) => `\`${name}\``)
      .join(', ');
  const rows = [
    ['As in Kamailio.', list([...effective, ...Object.keys(map)])],
    ...Object.entries(withoutEffect).map(([why, names]) => [`Accepted. ${why}`, list(names.trim().split(/\s+/))]),
  ];
  return `| what they do | global parameters |\n| --- | --- |\n${rows.map(([what, names]) => `| ${what} | ${names} |`).join('\n')}\n`;
}
