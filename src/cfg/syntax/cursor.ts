/** What all parts of the parser share: the tokens with a look ahead, the reports, and the limit on nesting. */
import type { DiagnosticCode } from '../codes.ts';
import type { Advice } from '../diagnostics.ts';
import { moduleWords, routeWords } from '../text/keywords.ts';
import type { Preprocessor } from '../text/preprocessor.ts';
import type { Span } from '../source.ts';
import type { Token } from '../text/token.ts';

/** Blocks, brackets, `else if`s and prefix operators inside each other; also operands in one expression. */
export const MAX_NESTING = 500;

/** Lines are looked at so far from their beginning to compare how they are indented. */
const MAX_INDENT = 200;

export class Cursor {
  /** The token that was taken last; before the first, the first. */
  last: Token;
  readonly #preprocessor: Preprocessor;
  readonly #ahead: Token[] = [];
  #depth = 0;
  #stopped: Token | undefined;

  constructor(preprocessor: Preprocessor) {
    this.#preprocessor = preprocessor;
    this.last = this.peek();
  }

  peek(distance = 0): Token {
    if (this.#stopped !== undefined) return this.#stopped;
    while (this.#ahead.length <= distance) this.#ahead.push(this.#preprocessor.next());
    return this.#ahead[distance] ?? this.last;
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#ahead.shift();
    this.last = token;
    return token;
  }

  get atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  /** Whether a keyword or a sign comes; a string with that text is none. */
  is(text: string, distance = 0): boolean {
    const token = this.peek(distance);
    return token.text === text && (token.kind === 'punctuation' || token.kind === 'word');
  }

  accept(text: string): Token | undefined {
    return this.is(text) ? this.next() : undefined;
  }

  /** Takes what must come, or says that it is missing. */
  expect(text: string, after: string): Token | undefined {
    const found = this.accept(text);
    if (found === undefined) this.missing(`${text} is missing ${after}`);
    return found;
  }

  /** What is missing belongs behind the last token, not before the next one, which may be lines away. */
  missing(message: string, advice?: Advice): void {
    this.report('CFG_MISSING', this.behind(), message, advice);
  }

  unexpected(token: Token, context: string, advice?: Advice): void {
    const what = token.kind === 'end' ? 'the file ends' : `${describe(token)} is not expected`;
    this.report('CFG_UNEXPECTED', token.span, `${what} ${context}`, advice);
  }

  behind(): Span {
    const { span } = this.last;
    return span.macro === undefined ? { file: span.file, start: span.end, end: span.end + 1 } : span;
  }

  /** Whether the next token stands on a later line than the last one. */
  onNewLine(): boolean {
    const { span } = this.peek();
    const text = this.#preprocessor.sources.text(span.file);
    if (span.file !== this.last.span.file || text === undefined) return true;
    return text.slice(this.last.span.end, span.start).includes('\n');
  }

  /** How far a place is from the left, and the first sign of its line; undefined far to the right of long lines. */
  indent(span: Span): { readonly own: number; readonly line: number } | undefined {
    const from = Math.max(0, span.start - MAX_INDENT);
    const before = this.#preprocessor.sources.text(span.file)?.slice(from, span.start) ?? '';
    const lineStart = before.lastIndexOf('\n');
    if (lineStart === -1 && from > 0) return undefined;
    const line = before.slice(lineStart + 1);
    const first = line.search(/\S/);
    return { own: line.length, line: first === -1 ? line.length : first };
  }

  report(code: DiagnosticCode, span: Span, message: string, advice?: Advice): void {
    if (this.#stopped === undefined) this.#preprocessor.report(code, span, message, advice);
  }

  similarDefine(name: string): string | undefined {
    return this.#preprocessor.similarDefine(name);
  }

  /** Runs `inner` one level deeper. At the limit the file is given up: what follows could not be read either. */
  nested<T>(span: Span, inner: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING) this.giveUp(span);
    const result = inner();
    this.#depth -= 1;
    return result;
  }

  giveUp(span: Span): void {
    this.report('CFG_NESTING', span, `nested more than ${MAX_NESTING} deep; the rest of the file is not read`);
    this.#stopped ??= { kind: 'end', text: '', glued: false, span, pieces: [] };
  }

  /** Where something begins that stands outside of all blocks: in a block it shows that a brace is missing. */
  atTopLevelWord(): boolean {
    const { kind, text } = this.peek();
    if (kind !== 'word') return false;
    if (moduleWords.has(text)) return this.peek(1).kind === 'string' || this.is('(', 1) || this.is('=', 1);
    return routeWords.has(text) && (this.is('[', 1) || this.is('{', 1));
  }

  /** Behind the next `;`, or in front of what closes the block or begins another one. */
  skipStatement(): void {
    let depth = 0;
    while (!this.atEnd && !this.atTopLevelWord()) {
      if (this.is('}')) {
        if (depth === 0) return;
        depth -= 1;
        this.next();
        if (depth === 0) return;
      } else {
        if (this.is('{')) depth += 1;
        const { text, kind } = this.next();
        if (text === ';' && kind === 'punctuation' && depth === 0) return;
      }
    }
  }
}

/** A token as a message names it. */
export function describe({ kind, text }: Token): string {
  if (kind === 'end') return 'the end of the file';
  if (kind === 'string') return text.length > 24 ? `"${text.slice(0, 24)}..."` : `"${text}"`;
  return text;
}
