/**
 * Reads pseudo-variables out of text: `$name`, `$name(inner)`, `$(name(inner)[index]{transformations})`, and texts with
 * pseudo-variables in them. Only the form is read here; what the names mean is for whoever asks.
 */

export interface ParsedPv {
  readonly kind: 'pv';
  /** As written. */
  readonly text: string;
  readonly name: string;
  readonly inner: string | undefined;
  /** Where the inner text begins in `text`. */
  readonly innerAt: number;
  readonly index: number | 'all' | ParsedPv | undefined;
  /** `{...}{...}`, or empty. */
  readonly transformations: string;
  readonly transformationsAt: number;
}

export interface PvProblem {
  /** Where in the text that was given. */
  readonly at: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type FormatPart = string | { readonly at: number; readonly pv: ParsedPv };
export type ParsedFormat = { readonly parts: readonly FormatPart[] } | { readonly problem: PvProblem };
type Read = { readonly pv: ParsedPv; readonly end: number } | { readonly problem: PvProblem };

/** Whether a pseudo-variable of this name may have parentheses: `$rU(` is `$rU` and a bracket. */
export type TakesInner = (name: string) => boolean;

/** Pseudo-variables inside each other. */
export const MAX_PV_DEPTH = 16;

/** The few names with a dot; behind all others a dot is text. */
const NAME = /(?:from|to|ruri)\.(?:user|domain)\b|err\.(?:class|level|info|rcode|rreason)\b|[A-Za-z_][A-Za-z0-9_]*|\?/y;
const SPACE = /[ \t\r\n]*/y;

function match(pattern: RegExp, text: string, at: number): string {
  // `lastIndex` is set before every use: the pattern keeps nothing from one to the next.
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** A text in which `$` begins a pseudo-variable; `$$` is a dollar, and so is one that begins nothing. */
export function parseFormat(text: string, takesInner: TakesInner, depth = 0): ParsedFormat {
  const parts: FormatPart[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) {
      literal += text.slice(at);
      break;
    }
    literal += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next !== '(' && match(NAME, text, dollar + 1) === '') {
      literal += '$';
      at = dollar + (next === '$' ? 2 : 1);
      continue;
    }
    const read = parsePv(text, dollar, takesInner, depth);
    if ('problem' in read) return read;
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push({ at: dollar, pv: read.pv });
    at = read.end;
  }
  if (literal !== '') parts.push(literal);
  return { parts };
}

/** The one that begins at `start`. */
export function parsePv(text: string, start: number, takesInner: TakesInner, depth = 0): Read {
  if (depth > MAX_PV_DEPTH) return fail(start, 'pseudo-variables are nested too deeply');
  if (text[start + 1] === '(') return parseBracketed(text, start, takesInner, depth);
  const name = match(NAME, text, start + 1);
  if (name === '') return fail(start, 'a pseudo-variable needs a name');
  const afterName = start + 1 + name.length;
  if (text[afterName] !== '(' || !takesInner(name))
    return { pv: pvOf(text, start, afterName, { name }), end: afterName };
  const close = closing(text, afterName, '(', ')');
  if (close < 0) return fail(afterName, 'this ( has no )');
  const inner = { text: text.slice(afterName + 1, close), at: afterName + 1 - start };
  return { pv: pvOf(text, start, close + 1, { name, inner }), end: close + 1 };
}

function parseBracketed(text: string, start: number, takesInner: TakesInner, depth: number): Read {
  const end = closing(text, start + 1, '(', ')');
  if (end < 0) return fail(start + 1, 'this ( has no )');
  let at = skip(text, start + 2);
  const name = match(NAME, text, at);
  if (name === '') return fail(at, 'the name of a pseudo-variable belongs here');
  at += name.length;
  let inner: Inner | undefined;
  if (text[at] === '(') {
    const close = closing(text, at, '(', ')');
    if (close < 0 || close > end) return fail(at, 'this ( has no )');
    inner = { text: text.slice(at + 1, close), at: at + 1 - start };
    at = close + 1;
  }
  at = skip(text, at);
  const index = text[at] === '[' ? parseIndex(text, at, takesInner, depth) : undefined;
  if (index !== undefined) {
    if ('problem' in index) return index;
    at = skip(text, index.end);
  }
  const transformations = text.slice(at, end);
  if (transformations !== '' && !transformations.startsWith('{')) {
    return fail(at, `${JSON.stringify(transformations)} does not belong here`, hintFor(transformations));
  }
  const more = { name, inner, index: index?.value, transformations: { text: transformations, at: at - start } };
  return { pv: pvOf(text, start, end + 1, more), end: end + 1 };
}

const hintFor = (rest: string): string | undefined =>
  rest.startsWith('.') ? 'transformations are written $(name{class.name})' : undefined;

interface Inner {
  readonly text: string;
  readonly at: number;
}

interface More {
  readonly name: string;
  readonly inner?: Inner | undefined;
  readonly index?: ParsedPv['index'];
  readonly transformations?: Inner;
}

function pvOf(text: string, start: number, end: number, { name, inner, index, transformations }: More): ParsedPv {
  return {
    kind: 'pv',
    text: text.slice(start, end),
    name,
    inner: inner?.text,
    innerAt: inner?.at ?? 0,
    index,
    transformations: transformations?.text ?? '',
    transformationsAt: transformations?.at ?? 0,
  };
}

type ReadIndex = { readonly value: ParsedPv['index']; readonly end: number } | { readonly problem: PvProblem };

function parseIndex(text: string, open: number, takesInner: TakesInner, depth: number): ReadIndex {
  const close = closing(text, open, '[', ']');
  if (close < 0) return fail(open, 'this [ has no ]');
  const written = text.slice(open + 1, close).trim();
  if (written === '*') return { value: 'all', end: close + 1 };
  if (/^-?\d{1,9}$/.test(written)) return { value: Number(written), end: close + 1 };
  const at = skip(text, open + 1);
  if (text[at] !== '$') return fail(open + 1, `an index is a number, * or a pseudo-variable, not ${written}`);
  const read = parsePv(text, at, takesInner, depth + 1);
  if ('problem' in read) return read;
  if (skip(text, read.end) !== close) return fail(read.end, 'an index is one pseudo-variable');
  return { value: read.pv, end: close + 1 };
}

const skip = (text: string, at: number): number => at + match(SPACE, text, at).length;

const fail = (at: number, message: string, hint?: string): { readonly problem: PvProblem } => ({
  problem: { at, message, hint },
});

/** The bracket that closes the one at `open`; -1 when there is none. */
function closing(text: string, open: number, opens: string, closes: string): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === opens) depth++;
    else if (text[at] === closes && --depth === 0) return at;
  }
  return -1;
}
