/**
 * The directives that define names and choose regions: `#!define` and its family, `#!ifdef` to `#!endif`. Regions that
 * do not count are skipped without being cut into tokens.
 */
import { evaluate, isTrue } from './conditional-expression.ts';
import type { DiagnosticCode } from '../codes.ts';
import type { Define, DefineMode, Defines } from './defines.ts';
import type { Advice } from '../diagnostics.ts';
import { type DirectiveName, type DirectiveStart, nextConditional } from './directive-names.ts';
import { type Lexer, endOfLine } from './lexer.ts';
import type { Span } from '../source.ts';

/** Regions inside each other. */
export const MAX_IFDEF_DEPTH = 512;

/** What the directives act on. */
export interface DirectiveHost {
  readonly defines: Defines;
  report(code: DiagnosticCode, span: Span, message: string, advice?: Advice): void;
  define(define: Define, mode: DefineMode, span: Span): boolean;
  environment(name: string): string | undefined;
}

/** Those that are not includes, substitutions or headers. */
export type ConditionDirective = Exclude<
  DirectiveName,
  'header' | 'include_file' | 'import_file' | 'subst' | 'substdef' | 'substdefs'
>;

interface Region {
  readonly span: Span;
  elseSeen: boolean;
}

const nameAtStart = /^[ \t\b\r]*([A-Za-z_][A-Za-z0-9_]*)/;
const nameAndRest = /^[ \t\b\r]*([A-Za-z_][A-Za-z0-9_]*)(-?)[ \t\b\r]*([\s\S]*?)[ \t\b\r]*$/;

/** The directives of one file. */
export class Conditions {
  readonly #path: string;
  readonly #lexer: Lexer;
  readonly #regions: Region[] = [];

  constructor(path: string, lexer: Lexer) {
    this.#path = path;
    this.#lexer = lexer;
  }

  /** Obeys the directive in front of the lexer; true when it is not shown by --cfg-print. */
  obey(name: ConditionDirective, span: Span, host: DirectiveHost): boolean {
    switch (name) {
      case 'ifdef':
      case 'ifndef':
      case 'ifexp':
        this.#if(name, span, host);
        return true;
      case 'else':
        return this.#else(span, host);
      case 'endif':
        return this.#endif(span, host);
      case 'define':
        this.#define('fresh', span, host);
        return false;
      case 'trydef':
        this.#define('keep', span, host);
        return false;
      case 'redef':
        this.#define('replace', span, host);
        return false;
      case 'undef':
      case 'tryundef':
        this.#undefine(span, host);
        return false;
      case 'defexp':
      case 'defexps':
        this.#defineExpression(name === 'defexps', span, host);
        return false;
      case 'defenv':
      case 'defenvs':
      case 'trydefenv':
      case 'trydefenvs':
        this.#defineEnvironment(name, span, host);
        return false;
    }
  }

  /** At the end of the file every region must be closed. */
  finish(host: DirectiveHost): void {
    for (const { span } of this.#regions) {
      host.report('CFG_IFDEF_BALANCE', span, 'this has no #!endif in its file', {
        hint: '#!else and #!endif count only when nothing follows them on their line',
      });
    }
  }

  #if(name: 'ifdef' | 'ifndef' | 'ifexp', span: Span, host: DirectiveHost): void {
    const holds = this.#holds(name, this.#lexer.restOfLine().text, span, host);
    if (this.#regions.length >= MAX_IFDEF_DEPTH) {
      host.report('CFG_TOO_MANY_DEFINES', span, `regions are nested more than ${MAX_IFDEF_DEPTH} deep`);
    } else this.#regions.push({ span, elseSeen: false });
    if (!holds) this.#skip(host);
  }

  #holds(name: 'ifdef' | 'ifndef' | 'ifexp', text: string, span: Span, host: DirectiveHost): boolean {
    if (name === 'ifexp') {
      const outcome = evaluate(text, (id) => valueOf(host.defines.get(id)));
      if (outcome.kind === 'value') return isTrue(outcome.value);
      host.report('CFG_IFEXP_SYNTAX', span, outcome.message);
      return false;
    }
    const id = nameAtStart.exec(text)?.[1];
    if (id === undefined) host.report('CFG_DIRECTIVE_SYNTAX', span, `#!${name} needs a name`);
    return id !== undefined && host.defines.has(id) === (name === 'ifdef');
  }

  /** Reached while the region before it counted. */
  #else(span: Span, host: DirectiveHost): boolean {
    if (!this.#tail(span, host)) return false;
    const region = this.#regions.at(-1);
    if (region === undefined) host.report('CFG_IFDEF_BALANCE', span, '#!else without #!ifdef');
    else if (region.elseSeen) host.report('CFG_IFDEF_BALANCE', span, 'a second #!else');
    if (region === undefined) return true;
    region.elseSeen = true;
    this.#skip(host);
    return true;
  }

  #endif(span: Span, host: DirectiveHost): boolean {
    if (!this.#tail(span, host)) return false;
    if (this.#regions.pop() === undefined) host.report('CFG_IFDEF_BALANCE', span, '#!endif without #!ifdef');
    return true;
  }

  /** From the line behind the directive to the #!else or #!endif that ends the region. */
  #skip(host: DirectiveHost): void {
    const { text } = this.#lexer;
    const region = this.#regions.at(-1);
    let depth = 0;
    for (let hit = nextConditional(text, this.#lexer.at); hit !== undefined; hit = nextConditional(text, hit.end)) {
      const opens = hit.name !== 'else' && hit.name !== 'endif';
      if (opens) depth += 1;
      else if (this.#ends(hit, host)) {
        if (hit.name === 'endif' && depth === 0) {
          this.#regions.pop();
          return;
        }
        if (hit.name === 'endif') depth -= 1;
        else if (depth === 0 && region?.elseSeen === true) {
          host.report('CFG_IFDEF_BALANCE', this.#span(hit), 'a second #!else');
        } else if (depth === 0) {
          if (region !== undefined) region.elseSeen = true;
          return;
        }
      }
    }
    this.#lexer.at = text.length;
  }

  /** Whether an #!else or #!endif counts; stands behind its line afterwards. */
  #ends(hit: DirectiveStart, host: DirectiveHost): boolean {
    this.#lexer.at = hit.end;
    return this.#tail(this.#span(hit), host);
  }

  #span({ start, end }: DirectiveStart): Span {
    return { file: this.#path, start, end };
  }

  /**
   * Kamailio takes `#!endif # text` for a comment. At the beginning of a line only a directive can be meant; elsewhere
   * it is text that speaks of one.
   */
  #tail(span: Span, host: DirectiveHost): boolean {
    const { text } = this.#lexer;
    const end = endOfLine(text, span.end);
    const rest = text.slice(span.end, end);
    const atLineStart = /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, span.start - 64), span.start));
    const blank = rest.trim() === '';
    this.#lexer.at = Math.min(end + 1, text.length);
    if (blank) return true;
    if (!atLineStart || !/^[ \t]*(?:#|\/\/|\/\*)/.test(rest)) return false;
    host.report('CFG_DIRECTIVE_TAIL', span, 'Kamailio does not see this directive, because text follows it', {
      hint: 'put the comment on a line of its own',
    });
    return true;
  }

  #define(mode: DefineMode, span: Span, host: DirectiveHost): void {
    const { text, start } = this.#lexer.restOfLine();
    const [, name, dash, value] = nameAndRest.exec(text) ?? [];
    if (name === undefined || dash === '-') {
      const message = dash === '-' ? 'a - cannot be part of the name of a define' : 'a define needs a name';
      host.report('CFG_DIRECTIVE_SYNTAX', span, message);
      return;
    }
    const at = start + text.indexOf(name);
    const definition: Span = { file: span.file, start: at, end: at + name.length };
    host.define({ name, value: value === '' ? undefined : value, definition }, mode, definition);
  }

  #undefine(span: Span, host: DirectiveHost): void {
    const id = nameAtStart.exec(this.#lexer.restOfLine().text)?.[1];
    if (id === undefined) host.report('CFG_DIRECTIVE_SYNTAX', span, '#!undef needs a name');
    else host.defines.remove(id);
  }

  #defineExpression(quoted: boolean, span: Span, host: DirectiveHost): void {
    const [, name, , text] = nameAndRest.exec(this.#lexer.restOfLine().text) ?? [];
    if (name === undefined) {
      host.report('CFG_DIRECTIVE_SYNTAX', span, '#!defexp needs a name and an expression');
      return;
    }
    const outcome = evaluate(text ?? '', (id) => valueOf(host.defines.get(id)));
    if (outcome.kind === 'wrong') host.report('CFG_IFEXP_SYNTAX', span, outcome.message);
    else {
      const value = quoted ? `"${outcome.value}"` : String(outcome.value);
      host.define({ name, value, definition: span }, 'fresh', span);
    }
  }

  #defineEnvironment(
    directive: 'defenv' | 'defenvs' | 'trydefenv' | 'trydefenvs',
    span: Span,
    host: DirectiveHost,
  ): void {
    const text = this.#lexer.restOfLine().text.trim();
    const [, first, second] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([A-Za-z_][A-Za-z0-9_]*))?$/.exec(text) ?? [];
    if (first === undefined) {
      host.report('CFG_DIRECTIVE_SYNTAX', span, `#!${directive} is followed by VARIABLE or NAME=VARIABLE`);
      return;
    }
    const value = host.environment(second ?? first);
    if (value !== undefined) {
      const shown = directive.endsWith('s') ? `"${value}"` : value;
      host.define({ name: first, value: shown, definition: span }, 'fresh', span);
    } else if (!directive.startsWith('try')) {
      host.report('CFG_ENVIRONMENT', span, `the environment variable ${second ?? first} is not set`, {
        hint: '#!trydefenv does without',
      });
    }
  }
}

function valueOf(define: Define | undefined): string | undefined {
  return define === undefined ? undefined : (define.value ?? '');
}
