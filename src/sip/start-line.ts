/**
 * The first line of a message (RFC 3261 sections 7.1 and 7.2), read leniently: a bad URI, a foreign version or stray spaces are
 * kept as they stand, so that the verdict can be a 400 or 505 instead of silence.
 */
import { readDigits } from './digits.ts';
import { methodIn } from './method.ts';
import { isToken, stands } from './token.ts';

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly version: string }
  | { readonly kind: 'response'; readonly version: string; readonly status: number; readonly reason: string };

const SPACE = 0x20;
const SLASH = 0x2f;
const VERSION = 'SIP/2.0';
const SPACE_VERSION = ` ${VERSION}`;
/** As many as a number holds exactly. */
const STATUS_DIGITS = 15;

/** Reads `text[0, end)`, which is without its CRLF. Undefined when it is no start line at all. */
export function parseStartLine(text: string, end: number): StartLine | undefined {
  return isStatusLine(text) ? parseStatusLine(text.slice(0, end)) : parseRequestLine(text, end);
}

/** "SIP-Version is case-insensitive" (section 7.1). */
function isStatusLine(text: string): boolean {
  return text.charCodeAt(3) === SLASH && (stands('SIP', text, 0) || text.slice(0, 3).toUpperCase() === 'SIP');
}

function parseRequestLine(text: string, end: number): StartLine | undefined {
  const first = text.indexOf(' ');
  if (first < 0 || first >= end) return undefined;
  const method = methodIn(text, 0, first);
  if (!isToken(method)) return undefined;
  const uriEnd = end - SPACE_VERSION.length;
  if (uriEnd > first && stands(SPACE_VERSION, text, uriEnd)) {
    return { kind: 'request', method, uri: text.slice(first + 1, uriEnd), version: VERSION };
  }
  const line = text.charCodeAt(end - 1) === SPACE ? text.slice(0, end).trimEnd() : text.slice(0, end);
  const last = lastSpace(line);
  if (last <= first) return { kind: 'request', method, uri: line.slice(first + 1), version: '' };
  return { kind: 'request', method, uri: line.slice(first + 1, last), version: line.slice(last + 1) };
}

/** What stands behind it is short: a few steps, where String.lastIndexOf is a call into the runtime. */
function lastSpace(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && text.charCodeAt(at) !== SPACE) at--;
  return at;
}

function parseStatusLine(line: string): StartLine | undefined {
  const first = line.indexOf(' ');
  if (first < 0) return undefined;
  const second = line.indexOf(' ', first + 1);
  const status = readDigits(line, first + 1, second < 0 ? line.length : second, STATUS_DIGITS);
  if (status < 0) return undefined;
  const reason = second < 0 ? '' : line.slice(second + 1);
  const version = first === VERSION.length && stands(VERSION, line, 0) ? VERSION : line.slice(0, first);
  return { kind: 'response', version, status, reason };
}
