/**
 * Cuts one text into tokens: the lexical level of kamailio.cfg as core/cfg.lex has it. Total on any text, linear in
 * its length, without recursion; directives are recognised here and obeyed by the preprocessor.
 */
import type { DiagnosticCode } from '../codes.ts';
import { directiveAt, misspeltDirective } from './directive-names.ts';
import { decodeDouble } from './string-escapes.ts';
import type { RawToken, TokenKind } from './token.ts';

/** Where a problem is: offsets in the text that is being cut. */
export type LexProblem = (code: DiagnosticCode, start: number, end: number, words: LexWords) => void;

export interface LexWords {
  readonly message: string;
  readonly hint?: string;
}

/** Pseudo-variables that lack their bracket are cut at the next blank this often; after that, at the end of the line. */
const MAX_CAREFUL_CUTS = 16;

/** A string over several lines may be one that lacks its quote: so many of them are looked into. */
const MAX_QUOTE_PROBES = 8;

const blanks = /[ \t\b\r\n\f\v]+/y;
const escapedLineEnd = /\\\r?\n/y;
const word = /[A-Za-z0-9_]+/y;
const hexGroup = '[0-9a-fA-F]{1,4}';
const ip6 = new RegExp(
  `(?:${hexGroup}:){7}${hexGroup}|(?:${hexGroup}:){1,7}(?::${hexGroup}){1,7}|:(?::${hexGroup}){1,7}|(?:${hexGroup}:){1,7}:|::`,
  'y',
);
const number = /^(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+|0[0-7]+|[01]+b)$/;
const punctuation = /&&|\|\||<<|>>|<=|>=|==|!=|=~|!~|\+=|[{}()[\];,:.*/%+\-<>=!~&|^@?]/y;
const pvName = /[A-Za-z_][A-Za-z0-9_]*/y;
const eventName = /[A-Za-z0-9_:.-]+/y;

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

export class Lexer {
  readonly text: string;
  at = 0;
  readonly #problem: LexProblem;
  /** After `event_route`, and after its bracket: what comes is a name in which - and : are letters. */
  #eventRoute: 'no' | 'word' | 'bracket' = 'no';
  /** Quotes that have no partner in the rest of the text: their strings end with the line. */
  #unpaired = '';
  /** How often it may still be looked whether the quotes of the rest pair up. */
  #probes = MAX_QUOTE_PROBES;
  #carefulCuts = 0;

  constructor(text: string, problem: LexProblem) {
    this.text = text;
    this.#problem = problem;
  }

  next(): RawToken {
    const from = this.at;
    for (;;) {
      const token = this.#tokenAfterSpace(from);
      if (token !== undefined) return token;
    }
  }

  /** Undefined: something was refused and skipped. */
  #tokenAfterSpace(from: number): RawToken | undefined {
    this.#skipSpace();
    const start = this.at;
    const glued = start === from;
    if (start >= this.text.length) return this.#token('end', start, glued);
    const directive = directiveAt(this.text, start);
    if (directive !== undefined) {
      this.at = directive.end;
      const { name, written, end } = directive;
      return { kind: 'directive', text: written, glued, start, end, quote: '', directive: name };
    }
    const state = this.#eventRoute;
    this.#eventRoute = 'no';
    return this.#inEventRoute(state, start, glued) ?? this.#ordinary(start, glued);
  }

  /** The rest of the line from here; a backslash before its end continues it. Stands behind the line end afterwards. */
  restOfLine(): { readonly text: string; readonly start: number } {
    const start = this.at;
    const parts: string[] = [];
    for (;;) {
      const end = endOfLine(this.text, this.at);
      const line = this.text.slice(this.at, end);
      this.at = Math.min(end + 1, this.text.length);
      const continued = /\\\r?$/.exec(line);
      if (continued === null || end >= this.text.length) {
        parts.push(line);
        return { text: parts.join(''), start };
      }
      parts.push(line.slice(0, continued.index));
    }
  }

  #ordinary(start: number, glued: boolean): RawToken | undefined {
    const { text } = this;
    const character = text[start] ?? '';
    if (character === '"') return this.#doubleQuoted(start, glued);
    if (character === "'") return this.#singleQuoted(start, glued);
    if (character === '$') return this.#pseudoVariable(start, glued);
    const run = match(word, text, start);
    const address = match(ip6, text, start);
    if (address.length > run.length) return this.#take('ip6', start, address.length, glued);
    if (run !== '') {
      if (run === 'event_route') this.#eventRoute = 'word';
      return this.#take(number.test(run) ? 'number' : 'word', start, run.length, glued);
    }
    const operator = match(punctuation, text, start);
    if (operator !== '') return this.#take('punctuation', start, operator.length, glued);
    return this.#badCharacters(start);
  }

  #inEventRoute(state: 'no' | 'word' | 'bracket', start: number, glued: boolean): RawToken | undefined {
    if (state === 'word' && this.text[start] === '[') {
      this.#eventRoute = 'bracket';
      return this.#take('punctuation', start, 1, glued);
    }
    const name = state === 'bracket' ? match(eventName, this.text, start) : '';
    return name === '' ? undefined : this.#take('eventName', start, name.length, glued);
  }

  #token(kind: TokenKind, start: number, glued: boolean): RawToken {
    return { kind, text: this.text.slice(start, this.at), glued, start, end: this.at, quote: '', directive: undefined };
  }

  #take(kind: TokenKind, start: number, length: number, glued: boolean): RawToken {
    this.at = start + length;
    return this.#token(kind, start, glued);
  }

  /** Blanks, comments, and line ends behind a backslash. */
  #skipSpace(): void {
    const { text } = this;
    for (;;) {
      const at = this.at;
      const character = text.charCodeAt(at);
      const next = text.charCodeAt(at + 1);
      const escapedEnd = character === 0x5c ? match(escapedLineEnd, text, at) : '';
      if (escapedEnd !== '') this.at += escapedEnd.length;
      else if (character === 0x2f && next === 0x2a) this.#blockComment(at);
      else if (character === 0x2f && next === 0x2f) this.at = endOfLine(text, at);
      else if (character === 0x23) {
        if (directiveAt(text, at) !== undefined) return;
        this.#lineComment(at);
      } else {
        const space = match(blanks, text, at);
        if (space === '') return;
        this.at += space.length;
      }
    }
  }

  #lineComment(start: number): void {
    this.at = endOfLine(this.text, start);
    const guess = misspeltDirective(this.text, start);
    if (guess === undefined) return;
    this.#problem('CFG_DIRECTIVE_UNKNOWN', start, start + 2 + guess.written.length, {
      message: `#!${guess.written} is no directive and is read as a comment`,
      hint: `did you mean #!${guess.meant}?`,
    });
  }

  #blockComment(start: number): void {
    const marks = /\/\*|\*\//g;
    marks.lastIndex = start + 2;
    let depth = 1;
    for (let mark = marks.exec(this.text); mark !== null; mark = marks.exec(this.text)) {
      depth += mark[0] === '/*' ? 1 : -1;
      if (depth === 0) {
        this.at = marks.lastIndex;
        return;
      }
    }
    this.at = this.text.length;
    this.#problem('CFG_UNCLOSED_COMMENT', start, start + 2, {
      message: 'this comment has no end',
      hint: 'comments nest: each /* inside a comment needs its own */',
    });
  }

  #doubleQuoted(start: number, glued: boolean): RawToken {
    const { text } = this;
    const closing = /["\\]/g;
    const limit = this.#unpaired.includes('"') ? endOfLine(text, start) : text.length;
    closing.lastIndex = start + 1;
    let escapes = false;
    for (let hit = closing.exec(text); hit !== null && hit.index < limit; hit = closing.exec(text)) {
      if (hit[0] === '"') {
        const inner = text.slice(start + 1, hit.index);
        return this.#string(start, hit.index + 1, glued, escapes ? decodeDouble(inner) : inner);
      }
      escapes = true;
      closing.lastIndex = hit.index + 2;
    }
    return this.#unpairedQuote(start, glued);
  }

  #singleQuoted(start: number, glued: boolean): RawToken {
    const { text } = this;
    const limit = this.#unpaired.includes("'") ? endOfLine(text, start) : text.length;
    const end = text.indexOf("'", start + 1);
    if (end === -1 || end >= limit) return this.#unpairedQuote(start, glued);
    return this.#string(start, end + 1, glued, text.slice(start + 1, end));
  }

  #string(start: number, end: number, glued: boolean, value: string): RawToken {
    if (this.#probes > 0 && end > endOfLine(this.text, start) && this.#isUnbalanced(end)) {
      return this.#unclosed(start, glued);
    }
    this.at = end;
    const quote = this.text[start] === '"' ? '"' : "'";
    return { kind: 'string', text: value, glued, start, end, quote, directive: undefined };
  }

  /**
   * A string over several lines, and at the end of the text a quote is left over: then it is this string that lacks
   * its quote, and every later one would be read inside out.
   */
  #isUnbalanced(from: number): boolean {
    let unclosed = false;
    const probe = new Lexer(this.text, (code) => {
      if (code === 'CFG_UNCLOSED_STRING') unclosed = true;
    });
    probe.#probes = 0;
    probe.at = from;
    for (let token = probe.next(); token.kind !== 'end' && !unclosed; token = probe.next()) {
      const name = token.directive;
      if (name !== undefined && !/^(?:subst|include|import)/.test(name)) probe.restOfLine();
    }
    this.#probes = unclosed ? this.#probes - 1 : 0;
    return unclosed;
  }

  /** The whole rest was searched; that is done once. */
  #unpairedQuote(start: number, glued: boolean): RawToken {
    const quote = this.text.charAt(start);
    if (!this.#unpaired.includes(quote)) this.#unpaired += quote;
    return this.#unclosed(start, glued);
  }

  /** Without its quote a string ends with its line, so that the rest of the file is still read. */
  #unclosed(start: number, glued: boolean): RawToken {
    const quote = this.text[start] === '"' ? '"' : "'";
    const end = endOfLine(this.text, start);
    this.#problem('CFG_UNCLOSED_STRING', start, start + 1, { message: `this string has no closing ${quote}` });
    const line = this.text.slice(start + 1, end);
    // What closes the call is most likely no part of the text.
    let length = line.length;
    while (length > 0 && ' \t\r);{'.includes(line.charAt(length - 1))) length -= 1;
    const text = line.slice(0, length);
    this.at = start + 1 + text.length;
    return { kind: 'string', text, glued, start, end: this.at, quote, directive: undefined };
  }

  #pseudoVariable(start: number, glued: boolean): RawToken | undefined {
    const { text } = this;
    if (text[start + 1] === '?') return this.#take('pv', start, 2, glued);
    const name = match(pvName, text, start + 1);
    const open = start + 1 + name.length;
    if (text[open] === '(') return this.#bracketed(start, open, glued);
    if (name !== '') return this.#take('pv', start, 1 + name.length, glued);
    this.#problem('CFG_BAD_CHARACTER', start, start + 1, {
      message: 'a $ without a name',
      hint: 'pseudo-variables are written $name, $name(key) or $(name{transformation})',
    });
    this.at = start + 1;
    return undefined;
  }

  #bracketed(start: number, open: number, glued: boolean): RawToken {
    const { text } = this;
    const marks = /[()\n]/g;
    marks.lastIndex = open + 1;
    let depth = 1;
    for (let mark = marks.exec(text); mark !== null && mark[0] !== '\n'; mark = marks.exec(text)) {
      depth += mark[0] === '(' ? 1 : -1;
      if (depth === 0) return this.#take('pv', start, marks.lastIndex - start, glued);
    }
    this.#problem('CFG_UNCLOSED_PV', start, open + 1, {
      message: 'the bracket of this pseudo-variable is not closed on its line',
    });
    this.#carefulCuts += 1;
    const careful = this.#carefulCuts <= MAX_CAREFUL_CUTS;
    const rest = careful ? match(/[^\s;,{]*/y, text, open) : text.slice(open, endOfLine(text, open));
    return this.#take('pv', start, open - start + rest.length, glued);
  }

  #badCharacters(start: number): undefined {
    const bad = match(/[^\s\x21-\x7e]+|[\s\S]/y, this.text, start);
    this.at = start + bad.length;
    const shown = /^[\x21-\x7e]$/.test(bad) ? bad : `0x${bad.charCodeAt(0).toString(16).padStart(2, '0')}`;
    this.#problem('CFG_BAD_CHARACTER', start, this.at, {
      message: `the character ${shown} has no meaning here`,
      ...(bad.charCodeAt(0) > 0x7f ? { hint: 'text outside strings and comments is plain ASCII' } : {}),
    });
    return undefined;
  }
}

export function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
