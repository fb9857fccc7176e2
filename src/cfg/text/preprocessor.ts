/**
 * Turns files into one stream of tokens: includes, defines, substitutions and conditional regions happen here, while
 * the tokens are asked for, so that a `loadmodule` is known to the `#!ifdef MOD_x` behind it.
 */
import type { StringPiece } from '../ast.ts';
import type { DiagnosticCode } from '../codes.ts';
import { type Define, type DefineMode, Defines, languageVersion, predefined } from './defines.ts';
import { type Advice, DiagnosticList } from '../diagnostics.ts';
import { Conditions } from './conditions.ts';
import { reservedWords } from './keywords.ts';
import { Lexer } from './lexer.ts';
import { Printout } from './printout.ts';
import { type MacroUse, Sources, type Span } from '../source.ts';
import { parseSubstitution, type Substitution } from './substitution.ts';
import { type RawToken, type Token, noPieces } from './token.ts';

/** Kamailio's limit on files inside files. */
export const MAX_INCLUDE_DEPTH = 10;
/** Defines inside defines. */
export const MAX_MACRO_DEPTH = 32;
/** What all uses of defines may expand to, in characters. */
export const MAX_EXPANDED_SIZE = 16 * 1024 * 1024;
/** Each use counts as this many characters more. */
const MACRO_COST = 8;
/** All files together, in bytes. */
export const MAX_CONFIG_SIZE = 64 * 1024 * 1024;

export const MAX_SUBSTITUTIONS = 256;
/** What a text may grow to by substitutions, in characters. */
export const MAX_SUBSTITUTED = 1024 * 1024;

/** Gives the bytes of a file as latin1, or undefined when it cannot be read. */
export type ReadFile = (path: string) => string | undefined;

export interface Input {
  readonly path: string;
  readonly readFile: ReadFile;
  /** Of `-A`: `ID` or `ID=VALUE`. */
  readonly defines?: readonly string[];
  /** Of `--subst`, `--substdef`, `--substdefs`. */
  readonly substitutions?: readonly CommandSubstitution[];
  readonly environment?: (name: string) => string | undefined;
  readonly osName?: string;
}

export interface CommandSubstitution {
  readonly kind: 'subst' | 'substdef' | 'substdefs';
  readonly text: string;
}

/** What is being read: a file, or the text of a define at the place of its use. */
interface Frame {
  readonly lexer: Lexer;
  readonly path: string;
  readonly conditions: Conditions | undefined;
  readonly use: { readonly span: Span; readonly glued: boolean; readonly macro: MacroUse } | undefined;
}

export class Preprocessor {
  readonly sources = new Sources();
  readonly diagnostics = new DiagnosticList();
  readonly defines = new Defines();
  readonly printout = new Printout();
  /** The word of the first `#!KAMAILIO`, `#!SER` or `#!MAXCOMPAT`. */
  header: string | undefined;
  readonly #input: Input;
  readonly #frames: Frame[] = [];
  readonly #texts = new Map<string, string>();
  #substitutions: readonly Substitution[] = [];
  #pending: { readonly raw: RawToken; readonly token: Token } | undefined;
  #last: readonly [string, string] = ['', ''];
  #size = 0;
  #expanded = 0;

  constructor(input: Input) {
    this.#input = input;
    for (const define of predefined(languageVersion, input.osName ?? 'linux')) this.defines.set(define, 'replace');
    const commandLine: Span = { file: 'command line', start: 0, end: 0 };
    for (const text of input.defines ?? []) this.#defineFromCommand(text, commandLine);
    for (const { kind, text } of input.substitutions ?? []) this.substitute(kind, text, commandLine);
    const text = this.#textOf(input.path);
    if (text === undefined) {
      this.sources.add(input.path, '');
      this.report('CFG_INCLUDE_MISSING', { file: input.path, start: 0, end: 0 }, 'this file cannot be read');
    }
    this.#open(input.path, text ?? '', undefined);
  }

  /** The next token; after the last one `end`, again and again. */
  next(): Token {
    const { raw, token } = this.#take();
    const previous = this.#last;
    this.#last = [previous[1], token.text];
    if (token.kind === 'pv') {
      return { ...token, text: this.#substituted(token.text, this.#substitutions, token.span) };
    }
    if (token.kind !== 'string') return token;
    this.#noteModule(previous, token.text);
    return this.#wholeString(raw, token);
  }

  report(code: DiagnosticCode, span: Span, message: string, advice?: Advice): void {
    this.diagnostics.add(code, span, message, advice);
  }

  define(define: Define, mode: DefineMode, span: Span): boolean {
    const outcome = this.defines.set(define, mode);
    if (outcome.kind === 'exists') {
      const earlier = outcome.earlier.definition;
      this.report('CFG_DEFINED_TWICE', span, `${define.name} is already defined`, {
        hint: 'use #!redef to replace it, or #!trydef to keep the first',
        related: earlier === undefined ? undefined : { message: 'it was defined here', span: earlier },
      });
    }
    if (outcome.kind === 'full') this.report('CFG_TOO_MANY_DEFINES', span, 'there are too many defines');
    return outcome.kind === 'defined';
  }

  substitute(kind: CommandSubstitution['kind'], text: string, span: Span): void {
    const made = parseSubstitution(text);
    if ('wrong' in made) {
      this.report('CFG_SUBST_SYNTAX', span, made.wrong, { hint: 'for example "/from/to/g"; any sign may separate' });
      return;
    }
    const replacement = kind === 'subst' ? made.replacement : this.#evaluated(made.replacement);
    const final =
      replacement === made.replacement ? made : parseSubstitution(text.replace(made.replacement, () => replacement));
    if (this.#substitutions.length >= MAX_SUBSTITUTIONS) {
      this.report('CFG_TOO_MANY_DEFINES', span, `there are more than ${MAX_SUBSTITUTIONS} substitutions`);
      return;
    }
    this.#substitutions = [...this.#substitutions, 'wrong' in final ? made : final];
    if (kind === 'subst') return;
    const value = kind === 'substdef' ? replacement : `"${replacement}"`;
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(made.pattern)) {
      this.define({ name: made.pattern, value, definition: span }, 'fresh', span);
    } else this.report('CFG_SUBST_SYNTAX', span, `${made.pattern} is no name that can be defined`);
  }

  environment(name: string): string | undefined {
    return this.#input.environment?.(name);
  }

  /** A name that is defined, in the spelling that `wrong` comes near to. */
  similarDefine(wrong: string): string | undefined {
    const lower = wrong.toLowerCase();
    return [...this.defines.all().keys()].find((name) => name !== wrong && name.toLowerCase() === lower);
  }

  #take(): { readonly raw: RawToken; readonly token: Token } {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending ?? this.#read();
  }

  #read(): { readonly raw: RawToken; readonly token: Token } {
    for (;;) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return this.#ended();
      const raw = frame.lexer.next();
      if (raw.kind === 'end') {
        if (this.#frames.length === 1) return { raw, token: this.#token(frame, raw) };
        this.#close(frame);
      } else if (raw.kind === 'directive') this.#directive(frame, raw);
      else if (raw.kind !== 'word' || !this.#replaced(frame, raw)) return { raw, token: this.#token(frame, raw) };
    }
  }

  #ended(): { readonly raw: RawToken; readonly token: Token } {
    const span: Span = { file: this.#input.path, start: 0, end: 0 };
    const raw: RawToken = { kind: 'end', text: '', glued: false, start: 0, end: 0, quote: '', directive: undefined };
    return { raw, token: { kind: 'end', text: '', glued: false, span, pieces: noPieces } };
  }

  #token(frame: Frame, raw: RawToken): Token {
    const kind = raw.kind === 'directive' ? 'word' : raw.kind;
    return {
      kind,
      text: raw.text,
      glued: isGlued(frame, raw),
      span: spanIn(frame, raw.start, raw.end),
      pieces: noPieces,
    };
  }

  /** Strings in double quotes that follow each other are one; then the substitutions run over the whole. */
  #wholeString(first: RawToken, token: Token): Token {
    const substitutions = this.#substitutions;
    const parts = [token.text];
    const spans: { readonly at: number; readonly span: Span }[] = [{ at: 0, span: token.span }];
    let length = token.text.length;
    let last = token;
    while (first.quote === '"') {
      const following = this.#read();
      if (following.raw.quote !== '"') {
        this.#pending = following;
        break;
      }
      last = following.token;
      parts.push(last.text);
      spans.push({ at: length, span: last.span });
      length += last.text.length;
    }
    const value = parts.join('');
    const text = this.#substituted(value, substitutions, token.span);
    const pieces: readonly StringPiece[] = spans.map((piece) => ({ ...piece, verbatim: text === value }));
    return { ...token, text, pieces, span: spanOver(token.span, last.span) };
  }

  #substituted(text: string, substitutions: readonly Substitution[], span: Span): string {
    let subject = text;
    for (const substitution of substitutions) {
      const changed = substitution.apply(subject);
      if (changed.length > subject.length && changed.length > MAX_SUBSTITUTED) {
        this.report('CFG_TOO_LARGE', span, `substitutions make this text longer than ${MAX_SUBSTITUTED} characters`);
        return subject;
      }
      subject = changed;
    }
    return subject;
  }

  /** `loadmodule "x/tm.so"` defines MOD_tm. */
  #noteModule([first, second]: readonly [string, string], path: string): void {
    const loads = /^loadmodulex?$/;
    if (!loads.test(second) && !(second === '(' && loads.test(first))) return;
    this.defines.set({ name: `MOD_${moduleName(path)}`, value: undefined, definition: undefined }, 'keep');
  }

  /** True when the word was no token: an include, or a define whose text comes now. */
  #replaced(frame: Frame, raw: RawToken): boolean {
    if (raw.text === 'include_file' || raw.text === 'import_file') {
      this.#include(frame, raw, raw.text);
      return true;
    }
    if (reservedWords.has(raw.text)) return false;
    const define = this.defines.get(raw.text);
    if (define?.value === undefined) return false;
    return this.#expand(frame, raw, define.value);
  }

  #expand(frame: Frame, raw: RawToken, value: string): boolean {
    const span = spanIn(frame, raw.start, raw.end);
    const macros = this.#frames.filter(({ use }) => use !== undefined);
    const inside = macros.some(({ use }) => use?.macro.name === raw.text);
    if (inside || macros.length >= MAX_MACRO_DEPTH) {
      const why = inside ? 'is defined by way of itself' : `stands more than ${MAX_MACRO_DEPTH} defines deep`;
      this.report('CFG_MACRO_CYCLE', span, `${raw.text} ${why}`);
      return false;
    }
    this.#expanded += value.length + MACRO_COST;
    if (this.#expanded > MAX_EXPANDED_SIZE) {
      this.report('CFG_MACRO_TOO_LARGE', span, `defines expand to more than ${MAX_EXPANDED_SIZE} characters`);
      this.#frames.splice(0, this.#frames.length);
      return true;
    }
    const macro: MacroUse = { name: raw.text, definition: this.defines.get(raw.text)?.definition };
    const glued = isGlued(frame, raw);
    const outer = frame.use?.span ?? span;
    const use = { span: { file: outer.file, start: outer.start, end: outer.end, macro }, glued, macro };
    const lexer = new Lexer(value, (code, _start, _end, { message, hint }) =>
      this.report(code, use.span, message, { hint }),
    );
    this.#frames.push({ lexer, path: frame.path, conditions: undefined, use });
    return true;
  }

  #directive(frame: Frame, raw: RawToken): void {
    const span = spanIn(frame, raw.start, raw.end);
    const { conditions, lexer } = frame;
    if (conditions === undefined) {
      lexer.restOfLine();
      this.report('CFG_DIRECTIVE_SYNTAX', span, 'a directive cannot come out of a define');
      return;
    }
    const name = raw.directive;
    if (name === undefined) return;
    if (name === 'header') this.header ??= raw.text;
    else if (name === 'include_file' || name === 'import_file') this.#include(frame, raw, name);
    else if (name === 'subst' || name === 'substdef' || name === 'substdefs') this.#substDirective(frame, span, name);
    else if (conditions.obey(name, span, this)) this.printout.skip(raw.start, lexer.at);
  }

  #substDirective(frame: Frame, span: Span, kind: CommandSubstitution['kind']): void {
    const raw = frame.lexer.next();
    if (raw.kind === 'string') this.substitute(kind, raw.text, spanIn(frame, raw.start, raw.end));
    else {
      frame.lexer.at = raw.start;
      this.report('CFG_SUBST_SYNTAX', span, `#!${kind} needs a string in quotes`, { hint: `#!${kind} "/from/to/g"` });
    }
  }

  #include(frame: Frame, start: RawToken, word: 'include_file' | 'import_file'): void {
    const raw = frame.lexer.next();
    if (raw.kind !== 'string' || raw.text === '') {
      frame.lexer.at = raw.start;
      const span = spanIn(frame, start.start, start.end);
      this.report('CFG_DIRECTIVE_SYNTAX', span, `${word} needs a file name in quotes`);
      return;
    }
    const span = spanIn(frame, start.start, raw.end);
    if (frame.use === undefined) this.printout.skip(start.start, raw.end);
    const files = this.#frames.filter(({ use }) => use === undefined);
    const beside = joinPath(folderOf(frame.path), raw.text);
    const found = [raw.text, beside].find((path) => this.#textOf(path) !== undefined);
    if (found === undefined) {
      if (word === 'include_file') this.report('CFG_INCLUDE_MISSING', span, `the file ${raw.text} cannot be read`);
      return;
    }
    if (files.some(({ path }) => joinPath('', path) === joinPath('', found))) {
      this.report('CFG_INCLUDE_CYCLE', span, `${found} includes itself`);
    } else if (files.length > MAX_INCLUDE_DEPTH) {
      this.report('CFG_INCLUDE_DEPTH', span, `files are included more than ${MAX_INCLUDE_DEPTH} deep`);
    } else this.#open(found, this.#textOf(found) ?? '', span);
  }

  /** Every file is read once. */
  #textOf(path: string): string | undefined {
    const known = this.#texts.get(path) ?? this.#input.readFile(path);
    if (known !== undefined) this.#texts.set(path, known);
    return known;
  }

  #open(path: string, text: string, site: Span | undefined): void {
    this.#size += text.length;
    if (this.#size > MAX_CONFIG_SIZE) {
      const span = site ?? { file: path, start: 0, end: 0 };
      this.sources.add(path, '', site);
      this.report('CFG_TOO_LARGE', span, `the files are larger than ${MAX_CONFIG_SIZE} bytes together`);
      return;
    }
    this.sources.add(path, text, site);
    const lexer = new Lexer(text, (code, start, end, { message, hint }) =>
      this.report(code, { file: path, start, end }, message, { hint }),
    );
    // A byte order mark, as the bytes of UTF-8.
    if (text.startsWith('\u00ef\u00bb\u00bf')) lexer.at = 3;
    this.printout.open(text);
    this.#frames.push({ lexer, path, conditions: new Conditions(path, lexer), use: undefined });
  }

  #close(frame: Frame): void {
    this.#frames.pop();
    if (frame.conditions === undefined) return;
    frame.conditions.finish(this);
    this.printout.close();
  }

  /** At the end of the last file: what is still open there. */
  finish(): void {
    for (const frame of this.#frames.splice(0, this.#frames.length).toReversed()) {
      if (frame.conditions === undefined) continue;
      frame.conditions.finish(this);
      this.printout.close();
    }
  }

  #defineFromCommand(text: string, span: Span): void {
    const [, name, , value] = /^([A-Za-z_][A-Za-z0-9_]*)(=([\s\S]*))?$/.exec(text) ?? [];
    if (name === undefined) {
      this.report('CFG_DIRECTIVE_SYNTAX', span, `-A ${text}: a definition is written NAME or NAME=VALUE`);
    } else this.define({ name, value, definition: undefined }, 'fresh', span);
  }

  /** A substdef may name the environment and other defines. */
  #evaluated(text: string): string {
    return text.replace(/\$(?:env|def|defv)\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (whole, name: string) => {
      const value = whole.startsWith('$env') ? this.environment(name) : this.defines.get(name)?.value;
      return value ?? '';
    });
  }
}

/** The name that a module goes by: without folder and `.so`. */
export function moduleName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.so$/, '');
}

function spanIn(frame: Frame, start: number, end: number): Span {
  return frame.use?.span ?? { file: frame.path, start, end };
}

/** The first token of a define stands to the one before as the name of the define did. */
function isGlued({ use }: Frame, { start, glued }: RawToken): boolean {
  return start === 0 ? (use?.glued ?? false) : glued;
}

function spanOver(first: Span, last: Span): Span {
  return first.file === last.file && last.end > first.end ? { ...first, end: last.end } : first;
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash + 1);
}

/** Without `.` and `..` where they can be resolved. */
function joinPath(folder: string, path: string): string {
  const whole = path.startsWith('/') ? path : folder + path;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.' && (part !== '' || parts.length === 0)) parts.push(part);
  }
  return parts.join('/');
}
