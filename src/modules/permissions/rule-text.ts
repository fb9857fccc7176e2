/**
 * Permission files (Kamailio's permissions.allow and permissions.deny): a line is `left [EXCEPT left] : right [EXCEPT
 * right]`, each side a comma-separated list of quoted regular expressions, or ALL.
 */
import { compileRegex, type Regex } from '../../util/regex/regex.ts';

/** Lines of one file. */
export const MAX_RULES = 10_000;

export interface Pattern {
  readonly text: string;
  readonly regex: Regex;
}

/** Undefined is ALL. */
type Side = readonly Pattern[] | undefined;

export interface Rule {
  readonly left: Side;
  readonly leftExcept: readonly Pattern[];
  readonly right: Side;
  readonly rightExcept: readonly Pattern[];
}

export type RuleText =
  | { readonly kind: 'rules'; readonly rules: readonly Rule[] }
  | { readonly kind: 'malformed'; readonly line: number; readonly message: string };

export function parseRules(text: string): RuleText {
  const rules: Rule[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const tokens = tokensOf(line);
    if (tokens === undefined) return { kind: 'malformed', line: index + 1, message: 'what stands here is no list' };
    if (tokens.length === 0) continue;
    const rule = ruleOf(tokens);
    if (typeof rule === 'string') return { kind: 'malformed', line: index + 1, message: rule };
    if (rules.length >= MAX_RULES)
      return { kind: 'malformed', line: index + 1, message: `more than ${MAX_RULES} rules` };
    rules.push(rule);
  }
  return { kind: 'rules', rules };
}

type Token =
  | { readonly kind: 'pattern'; readonly text: string }
  | { readonly kind: 'word' | 'mark'; readonly text: string };

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z]+)|([:,]))/y;
const BLANK = /\s*(?:#.*)?$/y;

/** Undefined when there is something else between the lists. */
function tokensOf(line: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; ; ) {
    BLANK.lastIndex = at;
    if (BLANK.test(line)) return tokens;
    TOKEN.lastIndex = at;
    const [whole, pattern, word, mark] = TOKEN.exec(line) ?? [];
    if (whole === undefined) return undefined;
    if (pattern !== undefined) tokens.push({ kind: 'pattern', text: pattern });
    else tokens.push({ kind: word === undefined ? 'mark' : 'word', text: word ?? mark ?? '' });
    at += whole.length;
  }
}

function ruleOf(tokens: readonly Token[]): Rule | string {
  const colon = tokens.findIndex(({ kind, text }) => kind === 'mark' && text === ':');
  if (colon < 0) return 'expected: list : list';
  const left = sideOf(tokens.slice(0, colon));
  const right = sideOf(tokens.slice(colon + 1));
  if (typeof left === 'string') return left;
  if (typeof right === 'string') return right;
  return { left: left.list, leftExcept: left.except, right: right.list, rightExcept: right.except };
}

function sideOf(tokens: readonly Token[]): { readonly list: Side; readonly except: readonly Pattern[] } | string {
  const at = tokens.findIndex(({ kind, text }) => kind === 'word' && text === 'EXCEPT');
  const first = listOf(at < 0 ? tokens : tokens.slice(0, at));
  if (first.kind === 'malformed') return first.message;
  const list = first.kind === 'all' ? undefined : first.patterns;
  if (at < 0) return { list, except: [] };
  const except = listOf(tokens.slice(at + 1));
  if (except.kind === 'malformed') return except.message;
  return except.kind === 'all' ? 'ALL is no exception' : { list, except: except.patterns };
}

type List =
  | { readonly kind: 'all' }
  | { readonly kind: 'patterns'; readonly patterns: readonly Pattern[] }
  | { readonly kind: 'malformed'; readonly message: string };

function listOf(tokens: readonly Token[]): List {
  const [first] = tokens;
  if (tokens.length === 1 && first?.kind === 'word' && first.text === 'ALL') return { kind: 'all' };
  if (tokens.length % 2 === 0) return malformed('a list is incomplete');
  const patterns: Pattern[] = [];
  for (const [index, { kind, text }] of tokens.entries()) {
    if (index % 2 === 1) {
      if (kind !== 'mark' || text !== ',') return malformed(`expected a comma, not ${text}`);
    } else if (kind !== 'pattern') return malformed(`expected ALL or "...", not ${text}`);
    else {
      const regex = compileRegex(text, { ignoreCase: true, lines: false });
      if ('problem' in regex) return malformed(`"${text}" is no regular expression: ${regex.problem.message}`);
      patterns.push({ text, regex });
    }
  }
  return { kind: 'patterns', patterns };
}

const malformed = (message: string): List => ({ kind: 'malformed', message });
