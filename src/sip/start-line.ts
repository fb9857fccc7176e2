/**
 * The first line of a message (RFC 3261 sections 7.1 and 7.2), read leniently: a bad URI, a foreign version or stray spaces are
 * kept as they stand, so that the verdict can be a 400 or 505 instead of silence.
 */
import { isToken } from './token.ts';

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly version: string }
  | { readonly kind: 'response'; readonly version: string; readonly status: number; readonly reason: string };

const SPACE = 0x20;
const OUR_VERSION = ' SIP/2.0';
const STATUS = /^\d{1,15}$/;

/** `line` is without its CRLF. Undefined when it is no start line at all. */
export function parseStartLine(line: string): StartLine | undefined {
  return isStatusLine(line) ? parseStatusLine(line) : parseRequestLine(line);
}

/** "SIP-Version is case-insensitive" (section 7.1). */
function isStatusLine(line: string): boolean {
  return line.startsWith('SIP/') || (line.charCodeAt(3) === 0x2f && line.slice(0, 3).toUpperCase() === 'SIP');
}

function parseRequestLine(line: string): StartLine | undefined {
  const first = line.indexOf(' ');
  if (first < 0) return undefined;
  const method = line.slice(0, first);
  if (!isToken(method)) return undefined;
  const end = line.length - OUR_VERSION.length;
  if (end > first && line.endsWith(OUR_VERSION)) {
    return { kind: 'request', method, uri: line.slice(first + 1, end), version: 'SIP/2.0' };
  }
  const text = line.charCodeAt(line.length - 1) === SPACE ? line.trimEnd() : line;
  const last = lastSpace(text);
  if (last <= first) return { kind: 'request', method, uri: text.slice(first + 1), version: '' };
  return { kind: 'request', method, uri: text.slice(first + 1, last), version: text.slice(last + 1) };
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
  const code = line.slice(first + 1, second < 0 ? line.length : second);
  if (!STATUS.test(code)) return undefined;
  const reason = second < 0 ? '' : line.slice(second + 1);
  return { kind: 'response', version: line.slice(0, first), status: Number(code), reason };
}
