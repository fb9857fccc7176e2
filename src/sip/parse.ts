/**
 * Bytes to a message: start line, header lines and body are found, nothing else is read (RFC 3261 section 7). Total: any bytes
 * give a request, a response or the rule that they break. What the headers mean is judged in verdict.ts.
 */
import { type HeadIndex, indexHead, type Problem } from './head-index.ts';
import { Headers } from './headers.ts';
import { SipRequest, SipResponse } from './message.ts';
import { parseStartLine, type StartLine } from './start-line.ts';

export interface ParseLimits {
  /** The whole message. A datagram cannot be longer. */
  readonly messageBytes: number;
  readonly headers: number;
  /** One header with its folds, or the start line. */
  readonly headerBytes: number;
}

export const PARSE_LIMITS: ParseLimits = { messageBytes: 65_535, headers: 256, headerBytes: 8_192 };

export type ParseResult = Parsed | Malformed;

export type Parsed =
  | { readonly kind: 'request'; readonly message: SipRequest; readonly trailing: number; readonly repaired?: Repair }
  | { readonly kind: 'response'; readonly message: SipResponse; readonly trailing: number; readonly repaired?: Repair };

/** Lines that ended in a bare LF end in CRLF in what we keep: the defect is not passed on. */
export type Repair = 'bare-lf';

export interface Malformed {
  readonly kind: 'malformed';
  /** Offset of the trouble, behind leading empty lines. */
  readonly at: number;
  readonly rule: Rule;
  readonly text: string;
  /** What could be read, good enough to answer with a 400. Never to be forwarded. */
  readonly message?: SipRequest | SipResponse;
}

export type Rule =
  | Problem['rule']
  | 'message-bytes'
  | 'empty'
  | 'start-line'
  | 'content-length'
  | 'content-length-repeated'
  | 'body-cut-short';

const LEADING_LINE_ENDS = /^[\r\n]+/;

export function parseMessage(bytes: Uint8Array, limits: ParseLimits = PARSE_LIMITS): ParseResult {
  if (bytes.length > limits.messageBytes) {
    return { kind: 'malformed', at: limits.messageBytes, rule: 'message-bytes', text: 'message too long' };
  }
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString('latin1');
  const first = text.charCodeAt(0);
  // "Implementations SHOULD ignore any CRLF appearing before the start-line" (section 7.5).
  if (first === 0x0d || first === 0x0a) return parseChanged(text.replace(LEADING_LINE_ENDS, ''), limits);
  return parseText(text, buffer, limits);
}

/** Another text than arrived. */
const parseChanged = (text: string, limits: ParseLimits): ParseResult => parseText(text, bytesOf(text), limits);

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

function parseText(text: string, bytes: Uint8Array, limits: ParseLimits): ParseResult {
  if (text === '') return { kind: 'malformed', at: 0, rule: 'empty', text: 'no message' };
  const head = indexHead(text, bytes, limits);
  if (head.bareLf) return repaired(parseChanged(withCrlf(text), limits));
  if (head.problem?.rule === 'no-blank-line') return endless(text, head.problem, limits);
  const line = parseStartLine(text, Math.max(head.startLineEnd - 2, 0));
  if (line === undefined) return { kind: 'malformed', at: 0, rule: 'start-line', text: 'no SIP start line' };
  if (head.problem !== undefined) return broken(head.problem, message(head, line));
  return withBody(head, line, bytes, limits);
}

/** "Bytes beyond the Content-Length MUST be discarded; without one the body is the rest of the datagram" (section 18.3). */
function withBody(head: HeadIndex, line: StartLine, bytes: Uint8Array, limits: ParseLimits): ParseResult {
  const { raw, bodyStart, contentLength: length, contentLengthAt: at } = head;
  if (length === undefined) return done(head, line, 0);
  if (head.contentLengths > 1) {
    const problem = { at, rule: 'content-length-repeated', text: 'several Content-Length' } as const;
    return broken(problem, message(head, line));
  }
  if (length < 0) return broken({ at, rule: 'content-length', text: 'bad Content-Length' }, message(head, line));
  const trailing = raw.length - bodyStart - length;
  if (trailing === 0) return done(head, line, 0);
  if (trailing < 0) {
    return broken({ at, rule: 'body-cut-short', text: 'body shorter than Content-Length' }, message(head, line));
  }
  return done(indexHead(raw.slice(0, raw.length - trailing), bytes, limits), line, trailing);
}

function done(head: HeadIndex, line: StartLine, trailing: number): Parsed {
  const parsed = message(head, line);
  return parsed.kind === 'request'
    ? { kind: 'request', message: parsed, trailing }
    : { kind: 'response', message: parsed, trailing };
}

function broken(problem: Pick<Malformed, 'at' | 'rule' | 'text'>, parsed: SipRequest | SipResponse): Malformed {
  return { kind: 'malformed', at: problem.at, rule: problem.rule, text: problem.text, message: parsed };
}

function message(head: HeadIndex, line: StartLine): SipRequest | SipResponse {
  const headers = new Headers(head.lines, head.problem === undefined ? undefined : head.lines.good());
  return line.kind === 'request' ? new SipRequest(head, line, headers) : new SipResponse(head, line, headers);
}

function repaired(result: ParseResult): ParseResult {
  return result.kind === 'malformed' ? result : { ...result, repaired: 'bare-lf' };
}

/** The header lines with CRLF for every bare LF; the body as it is. */
function withCrlf(text: string): string {
  const headLength = /\n\r?\n/.exec(text)?.index ?? text.length;
  const head = text.slice(0, headLength + 2);
  const blank = head.endsWith('\r') ? 3 : 2;
  return text.slice(0, headLength + blank).replace(/\r?\n/g, '\r\n') + text.slice(headLength + blank);
}

/** A message without its blank line is read as if it had one, for the sake of the 400. */
function endless(text: string, problem: Problem, limits: ParseLimits): Malformed {
  const ended = `${text}${text.endsWith('\r\n') ? '' : '\r\n'}\r\n`;
  const head = indexHead(ended, bytesOf(ended), limits);
  const line = parseStartLine(ended, Math.max(head.startLineEnd - 2, 0));
  if (line === undefined) return { kind: 'malformed', at: 0, rule: 'start-line', text: 'no SIP start line' };
  return broken(problem, message(head, line));
}
