/**
 * Where the lines of a message head stand: one pass over the text, one Field a header with its folds (RFC 3261 section 7.3.1).
 * Lines that are no header are noted and passed over, so that the rest can still be answered.
 */
import { Field } from './field.ts';
import { H, headerIdAt } from './header-names.ts';
import { isBlank, skipSpace, trimmedEnd } from './white-space.ts';

export interface HeadLimits {
  readonly headers: number;
  readonly headerBytes: number;
}

export interface Problem {
  readonly at: number;
  readonly rule: 'no-blank-line' | 'bare-cr' | 'header-line' | 'header-bytes' | 'headers';
  readonly text: string;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

const PROBLEMS = { 'header-line': 'no header line', 'header-bytes': 'header too long' } as const;

/** Characters of a token (section 25.1), by code. */
const TOKEN_CHARS: readonly boolean[] = Array.from({ length: 256 }, (_, code) =>
  /[A-Za-z0-9\-.!%*_+`'~]/.test(String.fromCharCode(code)),
);

export class HeadIndex {
  readonly fields: Field[] = [];
  startLineEnd = 0;
  headEnd = 0;
  bodyStart = 0;
  bareLf = false;
  contentLength: Field | undefined = undefined;
  contentLengths = 0;
  /** The first one found. */
  problem: Problem | undefined = undefined;

  add(field: Field): void {
    this.fields.push(field);
    if (field.id !== H.ContentLength) return;
    this.contentLength ??= field;
    this.contentLengths++;
  }

  note(at: number, rule: Problem['rule'], text: string): void {
    this.problem ??= { at, rule, text };
  }
}

/** Stops at the first bare LF (`bareLf`), at too many lines, and at the end of a text without a blank line. */
export function indexHead(text: string, limits: HeadLimits): HeadIndex {
  const head = new HeadIndex();
  let at = lineEnd(text, 0, head);
  if (at < 0) return head;
  if (at > limits.headerBytes) head.note(0, 'header-bytes', 'start line too long');
  head.startLineEnd = at;
  let code = text.charCodeAt(at);
  for (let lines = 0; code !== CR || text.charCodeAt(at + 1) !== LF; lines++) {
    const start = at;
    at = lineEnd(text, at, head);
    code = text.charCodeAt(at);
    const firstEnd = at;
    while (isBlank(code)) {
      at = lineEnd(text, at, head);
      code = text.charCodeAt(at);
    }
    if (at < 0) return head;
    if (lines === limits.headers) {
      head.note(start, 'headers', 'too many headers');
      break;
    }
    const field = at - start > limits.headerBytes ? 'header-bytes' : readField(text, start, at, at !== firstEnd);
    if (typeof field === 'string') head.note(start, field, PROBLEMS[field]);
    else head.add(field);
  }
  head.headEnd = at;
  head.bodyStart = Math.min(at + 2, text.length);
  return head;
}

/** After the CRLF that ends the line at `from`; -1 when the head cannot be read further. */
function lineEnd(text: string, from: number, head: HeadIndex): number {
  const cr = text.indexOf('\r', from);
  const lf = text.indexOf('\n', from);
  return cr >= 0 && cr === lf - 1 ? lf + 1 : oddLineEnd(text, cr, lf, head);
}

function oddLineEnd(text: string, cr: number, lf: number, head: HeadIndex): number {
  if (lf < 0) {
    head.note(text.length, 'no-blank-line', 'headers do not end');
    return -1;
  }
  if (cr >= 0 && cr < lf) head.note(cr, 'bare-cr', 'CR without LF');
  if (cr >= 0 && cr < lf && text.charCodeAt(lf - 1) === CR) return lf + 1;
  head.bareLf = true;
  return -1;
}

/** The line `text[start, end)`, its CRLF included. */
function readField(text: string, start: number, end: number, folded: boolean): Field | 'header-line' {
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon >= end) return 'header-line';
  let nameEnd = colon;
  while (isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
  const id = headerIdAt(text, start, nameEnd);
  if (id === 0 && !isToken(text, start, nameEnd)) return 'header-line';
  let valueStart = colon + 1;
  let valueEnd = end - 2;
  if (text.charCodeAt(valueStart) === SPACE) valueStart++;
  if (text.charCodeAt(valueEnd - 1) <= SPACE) valueEnd = trimmedEnd(text, colon + 1, valueEnd);
  if (text.charCodeAt(valueStart) <= SPACE) valueStart = skipSpace(text, valueStart);
  if (valueStart > valueEnd) valueStart = valueEnd;
  return new Field(text, { id, start, nameEnd, valueStart, valueEnd, end, folded });
}

function isToken(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (TOKEN_CHARS[text.charCodeAt(i)] !== true) return false;
  return end > start;
}
