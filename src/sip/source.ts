/** The text that a message was read from, and how it and the edits become bytes again. */
import type { Headers } from './headers.ts';

export interface Source {
  /** Start line, header lines, blank line, body; nothing before, nothing after. */
  readonly raw: string;
  /** After the CRLF of the start line. */
  readonly startLineEnd: number;
  /** After the CRLF of the last header line. */
  readonly headEnd: number;
  /** After the blank line. */
  readonly bodyStart: number;
}

export function bodyIn(source: Source): string {
  return source.raw.slice(source.bodyStart);
}

/** The message as bytes. Neighbouring pieces that nobody edited are copied as one. */
export function toBytes(
  source: Source,
  headers: Headers,
  startLine: string | undefined,
  body: string | undefined,
): Buffer {
  const text = toText(source, headers, startLine, body);
  const bytes = Buffer.allocUnsafe(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

function toText(source: Source, headers: Headers, startLine: string | undefined, body: string | undefined): string {
  const { raw } = source;
  let text = startLine ?? '';
  let from = startLine === undefined ? 0 : source.startLineEnd;
  let to = source.startLineEnd;
  const { lines, size } = headers;
  for (let at = 0; at < size; at++) {
    const entry = headers.entry(at);
    if (typeof entry === 'number' && lines.start(entry) === to) {
      to = lines.end(entry);
      continue;
    }
    if (to > from) text += raw.slice(from, to);
    if (typeof entry === 'number') {
      from = lines.start(entry);
      to = lines.end(entry);
    } else {
      text += entry.text;
      from = to;
    }
  }
  return text + tail(source, from, to, body);
}

/** From the last header line that was copied to the end: in one piece where it stands so in the message. */
function tail(source: Source, from: number, to: number, body: string | undefined): string {
  const { raw, headEnd, bodyStart } = source;
  if (body !== undefined) return raw.slice(from, to) + raw.slice(headEnd, bodyStart) + body;
  if (to === headEnd) return raw.slice(from);
  return raw.slice(from, to) + raw.slice(headEnd);
}
