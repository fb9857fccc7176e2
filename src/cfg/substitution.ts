/**
 * `#!subst "/expression/replacement/flags"`: POSIX expressions replaced in strings and pseudo-variables. The expressions
 * come from the configuration; those that can take more than linear time are refused or held to short texts.
 */

/** Texts longer than this are left alone by expressions that repeat more than once. */
export const MAX_REPEATED_SUBJECT = 2048;
export const MAX_SUBST_PATTERN = 512;

export interface Substitution {
  /** The text between the first two separators: what substdef defines. */
  readonly pattern: string;
  readonly replacement: string;
  apply(text: string): string;
}

/** The parts of `!a!b!g`, or what is wrong with it. */
export function parseSubstitution(text: string): Substitution | { readonly wrong: string } {
  const fields = splitFields(text);
  if (fields === undefined) return { wrong: 'a substitution is written "/expression/replacement/flags"' };
  const { pattern, replacement, flags } = fields;
  if (pattern === '') return { wrong: 'the expression is empty' };
  if (pattern.length > MAX_SUBST_PATTERN) {
    return { wrong: `the expression is longer than ${MAX_SUBST_PATTERN} characters` };
  }
  const strange = /[^gis]/.exec(flags);
  if (strange !== null) return { wrong: `the flag ${strange[0]} is unknown: there are g, i and s` };
  if (/\([^)]*[*+{][^)]*\)[*+{]/.test(pattern)) return { wrong: 'a repetition is repeated: this could take for ever' };
  const expression = compile(pattern, flags);
  if (expression === undefined) return { wrong: 'the expression is not a regular expression' };
  const repeats = (pattern.match(/[*+{]/g) ?? []).length;
  const limit = repeats > 1 ? MAX_REPEATED_SUBJECT : Number.POSITIVE_INFINITY;
  const apply = (subject: string): string =>
    subject.length > limit
      ? subject
      : subject.replace(expression, (...groups: readonly unknown[]) => expand(replacement, groups));
  return { pattern, replacement, apply };
}

function splitFields(text: string): { pattern: string; replacement: string; flags: string } | undefined {
  const separator = text[0];
  if (separator === undefined || /[\\A-Za-z0-9\s]/.test(separator)) return undefined;
  const second = nextSeparator(text, separator, 1);
  const third = second === -1 ? -1 : nextSeparator(text, separator, second + 1);
  if (third === -1) return undefined;
  return { pattern: text.slice(1, second), replacement: text.slice(second + 1, third), flags: text.slice(third + 1) };
}

function nextSeparator(text: string, separator: string, from: number): number {
  for (let at = text.indexOf(separator, from); at !== -1; at = text.indexOf(separator, at + 1)) {
    if (text[at - 1] !== '\\') return at;
  }
  return -1;
}

function expand(replacement: string, groups: readonly unknown[]): string {
  return replacement.replace(/\\([0-9\\])/g, (_, digit: string) => {
    if (digit === '\\') return '\\';
    const group = groups[Number(digit)];
    return typeof group === 'string' ? group : '';
  });
}

function compile(pattern: string, flags: string): RegExp | undefined {
  const options = `${flags.includes('g') ? 'g' : ''}${flags.includes('i') ? 'i' : ''}${flags.includes('s') ? '' : 's'}`;
  try {
    return new RegExp(fromPosix(pattern), options);
  } catch {
    return undefined;
  }
}

const classes: ReadonlyMap<string, string> = new Map([
  ['alpha', 'A-Za-z'],
  ['digit', '0-9'],
  ['alnum', 'A-Za-z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['space', ' \\t\\n\\r\\f\\v'],
  ['blank', ' \\t'],
  ['punct', '!-\\/:-@\\[-`{-~'],
  ['xdigit', '0-9A-Fa-f'],
  ['cntrl', '\\x00-\\x1f\\x7f'],
  ['print', ' -~'],
  ['graph', '!-~'],
]);

const bracketOrEscape = /\[(\^?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]|\\[\s\S]|\(\?/g;

/** Bracket expressions take a backslash literally and know `[:class:]`; `(?` has no meaning. The rest reads the same. */
function fromPosix(pattern: string): string {
  return pattern.replace(bracketOrEscape, (whole, negated: string, inner: string) => {
    if (whole === '(?') return '(\\?';
    if (whole.startsWith('\\')) return /[0-9A-Za-z]/.test(whole) && !/[0-9wWsSbB]/.test(whole) ? whole.slice(1) : whole;
    const body = inner
      .split(/(\[:[a-z]+:\])/)
      .map((part) => classes.get(part.slice(2, -2)) ?? part.replace(/[\\[\]]/g, '\\$&'))
      .join('');
    return `[${negated}${body}]`;
  });
}
