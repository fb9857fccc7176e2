/**
 * IP addresses between text and bytes: RFC 4291 section 2.2 read strictly, RFC 5952 written. No host names, no zone
 * ids.
 */
/** 4 or 16 bytes, or undefined when the text is not an IP literal. `::ffff:192.0.2.1` gives 16. */
export function parseIp(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  const length = writeIp(text, bytes, 0);
  if (length === 0) return undefined;
  return length === 4 ? bytes.slice(0, 4) : bytes;
}

export const isIp = (text: string): boolean => ipVersion(text) !== undefined;

/** Four numbers with dots between. There is one way to write an IPv4 address, so the text is its canonical form. */
function isIpv4(text: string): boolean {
  let at = 0;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== 0x2e) return false;
    const end = octetEnd(text, at);
    if (end < 0) return false;
    at = end;
  }
  return at === text.length;
}

/** Where the number from 0 to 255 at `from` ends; -1 when there is none. A leading zero is refused. */
function octetEnd(text: string, from: number): number {
  let at = from;
  let value = 0;
  for (; at < text.length && at - from < 3; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  const isPadded = at - from > 1 && text.charCodeAt(from) === 0x30;
  return at === from || value > 255 || isPadded ? -1 : at;
}

/** One text for each address; undefined when the text is no IP literal. Whoever keeps it takes a copy. */
export function canonicalIp(text: string): string | undefined {
  if (isIpv4(text)) return text;
  const bytes = parseIp(text);
  return bytes === undefined ? undefined : formatIp(bytes);
}

/** What kind of IP literal the text is, read whole. */
export function ipVersion(text: string): 4 | 6 | undefined {
  const bytes = parseIp(text);
  if (bytes === undefined) return undefined;
  return bytes.length === 4 ? 4 : 6;
}

/** 127.0.0.0/8, `::1`, and 127.0.0.0/8 mapped into IPv6. */
export function isLoopback(text: string): boolean {
  const bytes = parseIp(text);
  if (bytes === undefined) return false;
  if (bytes.length === 4) return bytes[0] === 127;
  if (isMapped(bytes, 0)) return bytes[12] === 127;
  return bytes[15] === 1 && bytes.subarray(0, 15).every((byte) => byte === 0);
}

/**
 * Writes an IP literal at `offset` and returns its size, without allocating. 0 means that the text is no IP literal or
 * does not fit; the bytes from `offset` are then undefined.
 */
export function writeIp(text: string, target: Uint8Array, offset: number): 4 | 16 | 0 {
  if (offset + 4 <= target.length && writeIpv4(text, 0, target, offset)) return 4;
  return offset + 16 <= target.length && writeIpv6(text, target, offset) ? 16 : 0;
}

/** Text of 4 or 16 bytes. */
export function formatIp(bytes: Uint8Array): string {
  return bytes.length === 4 ? formatIpv4(bytes, 0) : formatIpv6(bytes, 0);
}

/** Text of the 4 bytes at `offset`. */
export function formatIpv4(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset] ?? 0}.${bytes[offset + 1] ?? 0}.${bytes[offset + 2] ?? 0}.${bytes[offset + 3] ?? 0}`;
}

/**
 * Text of the 16 bytes at `offset`: lower case, the first of the longest zero runs shortened, IPv4-mapped as dotted.
 */
export function formatIpv6(bytes: Uint8Array, offset: number): string {
  if (isMapped(bytes, offset)) return `::ffff:${formatIpv4(bytes, offset + 12)}`;
  const { start, length } = longestZeroRun(bytes, offset);
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (group === start) {
      text += '::';
      group += length - 1;
      continue;
    }
    if (group > 0 && group !== start + length) text += ':';
    text += groupAt(bytes, offset, group).toString(16);
  }
  return text;
}

function groupAt(bytes: Uint8Array, offset: number, group: number): number {
  return ((bytes[offset + 2 * group] ?? 0) << 8) | (bytes[offset + 2 * group + 1] ?? 0);
}

/** RFC 5952 section 4.2.2: "::" MUST NOT be used to shorten just one 16-bit 0 field. */
function longestZeroRun(bytes: Uint8Array, offset: number): { readonly start: number; readonly length: number } {
  let start = -1;
  let length = 1;
  let run = 0;
  for (let group = 0; group < 8; group++) {
    run = groupAt(bytes, offset, group) === 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      start = group - run + 1;
    }
  }
  return start < 0 ? { start: -1, length: 0 } : { start, length };
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/**
 * Four decimal numbers from `from` to the end of the text; a leading zero is refused, because some read it as octal.
 */
function writeIpv4(text: string, from: number, target: Uint8Array, offset: number): boolean {
  let at = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== 0x2e) return false;
    const start = at;
    let value = 0;
    for (; at < text.length && at - start < 3; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === start || value > 255) return false;
    if (at - start > 1 && text.charCodeAt(start) === 0x30) return false;
    target[offset + part] = value;
  }
  return at === text.length;
}

function writeIpv6(text: string, target: Uint8Array, offset: number): boolean {
  let at = 0;
  let written = 0;
  let gap = -1;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (written === 16) return false;
    const end = groupEnd(text, at);
    if (text.charCodeAt(end) === 0x2e) {
      if (written > 12 || !writeIpv4(text, at, target, offset + written)) return false;
      written += 4;
      break;
    }
    if (end === at) return false;
    const value = Number.parseInt(text.slice(at, end), 16);
    target[offset + written++] = value >>> 8;
    target[offset + written++] = value;
    at = end;
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== 0x3a) return false;
    if (text.charCodeAt(at) === 0x3a) {
      if (gap >= 0) return false;
      gap = written;
      at++;
    } else if (at === text.length) return false;
  }
  return gap < 0 ? written === 16 : spread(target, offset, written, gap);
}

/** The end of at most four hexadecimal digits. */
function groupEnd(text: string, from: number): number {
  let end = from;
  while (end - from < 4 && isHex(text.charCodeAt(end))) end++;
  return end;
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}

/** Moves what followed "::" to the end and fills the gap; "::" stands for at least one group (RFC 4291 section 2.2). */
function spread(target: Uint8Array, offset: number, written: number, gap: number): boolean {
  if (written > 14) return false;
  const tail = written - gap;
  target.copyWithin(offset + 16 - tail, offset + gap, offset + written);
  target.fill(0, offset + gap, offset + 16 - tail);
  return true;
}
