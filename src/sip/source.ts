/** The text that a message was read from, and how it and the edits become bytes again. */
import type { Field } from './field.ts';

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
  fields: readonly Field[],
  startLine: string | undefined,
  body: string | undefined,
): Buffer {
  const text = toText(source, fields, startLine, body);
  const bytes = Buffer.allocUnsafe(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

function toText(
  source: Source,
  fields: readonly Field[],
  startLine: string | undefined,
  body: string | undefined,
): string {
  const { raw } = source;
  let text = startLine ?? '';
  let from = startLine === undefined ? 0 : source.startLineEnd;
  let to = source.startLineEnd;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    if (field === undefined) continue;
    if (field.source === raw && field.start === to) {
      to = field.end;
      continue;
    }
    if (to > from) text += raw.slice(from, to);
    if (field.source === raw) {
      from = field.start;
      to = field.end;
    } else {
      text += field.text;
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
