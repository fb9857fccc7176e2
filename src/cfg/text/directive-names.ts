/** The names of the preprocessor directives, and where one begins: `#!name` or `!!name`. */

export type DirectiveName =
  | 'header'
  | 'define'
  | 'trydef'
  | 'redef'
  | 'undef'
  | 'tryundef'
  | 'defexp'
  | 'defexps'
  | 'ifdef'
  | 'ifndef'
  | 'ifexp'
  | 'else'
  | 'endif'
  | 'subst'
  | 'substdef'
  | 'substdefs'
  | 'defenv'
  | 'defenvs'
  | 'trydefenv'
  | 'trydefenvs'
  | 'include_file'
  | 'import_file';

const names: ReadonlyMap<string, DirectiveName> = new Map<string, DirectiveName>([
  ['KAMAILIO', 'header'],
  ['OPENSER', 'header'],
  ['SER', 'header'],
  ['MAXCOMPAT', 'header'],
  ['ALL', 'header'],
  ['define', 'define'],
  ['def', 'define'],
  ['trydefine', 'trydef'],
  ['trydef', 'trydef'],
  ['redefine', 'redef'],
  ['redef', 'redef'],
  ['undefine', 'undef'],
  ['undef', 'undef'],
  ['tryundefine', 'tryundef'],
  ['tryundef', 'tryundef'],
  ['defexp', 'defexp'],
  ['defexps', 'defexps'],
  ['ifdef', 'ifdef'],
  ['ifndef', 'ifndef'],
  ['ifexp', 'ifexp'],
  ['else', 'else'],
  ['endif', 'endif'],
  ['subst', 'subst'],
  ['substdef', 'substdef'],
  ['substdefs', 'substdefs'],
  ['defenv', 'defenv'],
  ['defenvs', 'defenvs'],
  ['trydefenv', 'trydefenv'],
  ['trydefenvs', 'trydefenvs'],
  ['include_file', 'include_file'],
  ['import_file', 'import_file'],
]);

const start = /(?:#!|!!)([A-Za-z_]+)(?=[ \t\b\r\n"]|$)/y;
const conditional = /(?:#!|!!)(ifdef|ifndef|ifexp|else|endif)(?=[ \t\b\r\n]|$)/g;

export interface DirectiveStart {
  readonly name: DirectiveName;
  readonly written: string;
  readonly start: number;
  /** Behind the name. */
  readonly end: number;
}

export function directiveAt(text: string, at: number): DirectiveStart | undefined {
  const first = text.charCodeAt(at);
  if ((first !== 0x23 && first !== 0x21) || text.charCodeAt(at + 1) !== 0x21) return undefined;
  start.lastIndex = at;
  const written = start.exec(text)?.[1] ?? '';
  const name = names.get(written);
  // `!!SER` is an expression; only comments can be headers.
  if (name === undefined || (name === 'header' && first === 0x21)) return undefined;
  return { name, written, start: at, end: at + 2 + written.length };
}

/** In a region that is skipped only these count, anywhere in a line, in comments and strings too. */
export function nextConditional(text: string, from: number): DirectiveStart | undefined {
  conditional.lastIndex = from;
  const hit = conditional.exec(text);
  const written = hit?.[1] ?? '';
  const name = names.get(written);
  if (hit === null || name === undefined) return undefined;
  return { name, written, start: hit.index, end: conditional.lastIndex };
}

/** `#!defne`: what was written, and the directive that it resembles. */
export function misspeltDirective(text: string, at: number): { written: string; meant: string } | undefined {
  const written = /^#!([A-Za-z_]{3,12})\b/.exec(text.slice(at, at + 16))?.[1];
  if (written === undefined || names.has(written)) return undefined;
  const lower = written.toLowerCase();
  const meant = [...names.keys()].find((name) => name.length > 3 && nearlyEqual(lower, name.toLowerCase()));
  return meant === undefined ? undefined : { written, meant };
}

/** One letter more, less, other, or two letters exchanged. */
function nearlyEqual(a: string, b: string): boolean {
  let head = 0;
  while (head < a.length && a[head] === b[head]) head += 1;
  const restA = a.slice(head);
  const restB = b.slice(head);
  const exchanged = restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return (
    restA === restB ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    restA.slice(1) === restB.slice(1) ||
    (exchanged && restA.length > 1)
  );
}
