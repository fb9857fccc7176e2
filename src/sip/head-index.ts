/**
 * Where the lines of a message head stand: one pass over the text, one line a header with its folds (RFC 3261 section 7.3.1).
 * Lines that are no header are noted and passed over, so that the rest can still be answered.
 */
import { readContentLength } from './content-length.ts';
import { H, headerIdIn, nameLength, usualIdAt } from './header-names.ts';
import { Lines } from './lines.ts';
import type { Source } from './source.ts';
import { isTokenIn } from './token.ts';
import { isBlank } from './white-space.ts';

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
const TAB = 0x09;

const PROBLEMS = { 'header-line': 'no header line', 'header-bytes': 'header too long' } as const;

export class HeadIndex implements Source {
  readonly raw: string;
  readonly lines: Lines;
  startLineEnd = 0;
  headEnd = 0;
  bodyStart = 0;
  bareLf = false;
  /** What the first Content-Length says, -1 when that is no length; undefined without one. */
  contentLength: number | undefined = undefined;
  contentLengths = 0;
  /** Where that stands. */
  contentLengthAt = 0;
  /** The first one found. */
  problem: Problem | undefined = undefined;

  constructor(text: string) {
    this.raw = text;
    this.lines = new Lines(text);
  }

  lengthLine(start: number, colon: number, end: number): void {
    if (this.contentLengths++ > 0) return;
    this.contentLength = readContentLength(this.raw, colon + 1, end - 2);
    this.contentLengthAt = start;
  }

  note(at: number, rule: Problem['rule'], text: string): void {
    this.problem ??= { at, rule, text };
  }
}

/**
 * Stops at the first bare LF (`bareLf`), at too many lines, and at the end of a text without a blank line. `bytes` are those of
 * the text: they are looked at where single characters matter, which is three times as fast.
 */
export function indexHead(text: string, bytes: Uint8Array, limits: HeadLimits): HeadIndex {
  const head = new HeadIndex(text);
  let at = lineEnd(text, 0, head);
  if (at < 0) return head;
  if (at > limits.headerBytes) head.note(0, 'header-bytes', 'start line too long');
  head.startLineEnd = at;
  let code = bytes[at];
  for (let lines = 0; code !== CR || bytes[at + 1] !== LF; lines++) {
    const start = at;
    at = lineEnd(text, at, head);
    code = bytes[at];
    while (code === SPACE || code === TAB) {
      at = lineEnd(text, at, head);
      code = bytes[at];
    }
    if (at < 0) return head;
    if (lines === limits.headers) {
      head.note(start, 'headers', 'too many headers');
      break;
    }
    const problem = at - start > limits.headerBytes ? 'header-bytes' : readLine(head, bytes, start, at);
    if (problem === undefined) continue;
    head.lines.addBad(start, at);
    head.note(start, problem, PROBLEMS[problem]);
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
function readLine(head: HeadIndex, bytes: Uint8Array, start: number, end: number): 'header-line' | undefined {
  let id = usualIdAt(bytes, start);
  let colon = start + nameLength(id);
  if (id === 0) {
    colon = head.raw.indexOf(':', start);
    if (colon < 0 || colon >= end) return 'header-line';
    let nameEnd = colon;
    while (isBlank(bytes[nameEnd - 1] ?? 0)) nameEnd--;
    id = headerIdIn(bytes, start, nameEnd);
    if (id === 0 && !isTokenIn(bytes, start, nameEnd)) return 'header-line';
  }
  head.lines.add(id, start, end);
  if (id === H.ContentLength) head.lengthLine(start, colon, end);
  return undefined;
}
