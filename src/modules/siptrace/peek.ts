/**
 * A look at the bytes of a SIP message without parsing it, for filters on messages that nobody parsed. Total on any bytes;
 * what is not there is `undefined`.
 */

/** Of a request its own method, of a reply the one in its CSeq. */
export function readMethod(bytes: Uint8Array): string | undefined {
  if (readStatus(bytes) !== undefined) return readField(bytes, 'cseq', undefined)?.split(/[ \t]+/)[1];
  return /^[^ \t\r\n]+(?= )/.exec(latin1(bytes, 0, Math.min(bytes.length, MAX_METHOD)))?.[0];
}

/** The status code of a reply; undefined for everything else. */
export function readStatus(bytes: Uint8Array): number | undefined {
  const code = /^SIP\/2\.0 (\d{3})/i.exec(latin1(bytes, 0, Math.min(bytes.length, 11)))?.[1];
  return code === undefined ? undefined : Number(code);
}

/** The value of the first header field of this name (lower case) or its compact form; only its first line. */
export function readField(bytes: Uint8Array, name: string, compact: string | undefined): string | undefined {
  const header = latin1(bytes, 0, headerEnd(bytes));
  for (let at = header.indexOf('\n') + 1; at > 0; at = header.indexOf('\n', at) + 1) {
    const colon = header.indexOf(':', at);
    if (colon < 0) return undefined;
    const field = header
      .slice(at, Math.min(colon, at + MAX_NAME))
      .trimEnd()
      .toLowerCase();
    if (field !== name && field !== compact) continue;
    const end = header.indexOf('\n', colon);
    return header.slice(colon + 1, end < 0 ? header.length : end).trim();
  }
  return undefined;
}

/** Where the body begins: behind the first empty line. The length of the message when it has none. */
export function headerEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return bytes.length;
}

export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

const LF = 0x0a;
const CR = 0x0d;
const MAX_METHOD = 64;
const MAX_NAME = 32;
