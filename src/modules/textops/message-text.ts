/**
 * The message as the text that expressions are held against, from the first header to the end of the body, and what edits of
 * that text make of it. An edit that would leave something else than header lines and a body changes nothing.
 */
import type { Field } from '../../sip/field.ts';
import { indexHead } from '../../sip/head-index.ts';
import type { SipMessage } from '../../sip/message.ts';
import { PARSE_LIMITS } from '../../sip/parse.ts';
import { type Edit, withEdits } from '../../util/regex/edits.ts';

const END_OF_HEAD = '\r\n';

export const headText = ({ headers }: SipMessage): string =>
  headers
    .fields()
    .map(({ text }) => text)
    .join('');

export const messageText = (message: SipMessage): string => headText(message) + END_OF_HEAD + message.body;

/** False when there is nothing to change, or the result would be no message. */
export function applyEdits(message: SipMessage, edits: readonly Edit[]): boolean {
  if (edits.length === 0) return false;
  const fields = message.headers.fields();
  const headEnd = fields.reduce((sum, { text }) => sum + text.length, 0);
  const bodyStart = headEnd + END_OF_HEAD.length;
  const inHead = edits.filter(({ end }) => end <= headEnd);
  const inBody = edits.filter(({ start }) => start >= bodyStart);
  if (inHead.length + inBody.length < edits.length) return false;
  const body = withEdits(
    message.body,
    inBody.map((edit) => moved(edit, -bodyStart)),
  );
  const changed = inHead.length === 0 ? fields : editedFields(fields, inHead);
  if (changed === undefined) return false;
  const length = changed.reduce((sum, { text }) => sum + text.length, body.length);
  if (length > PARSE_LIMITS.messageBytes || changed.length > PARSE_LIMITS.headers) return false;
  if (inHead.length > 0) message.headers.replaceAll(changed);
  if (inBody.length > 0) message.body = body;
  return true;
}

/** False when there is nothing to change. */
export function applyBodyEdits(message: SipMessage, edits: readonly Edit[]): boolean {
  const body = withEdits(message.body, edits);
  if (edits.length === 0 || body.length > PARSE_LIMITS.messageBytes) return false;
  message.body = body;
  return true;
}

const moved = ({ start, end, text }: Edit, by: number): Edit => ({ start: start + by, end: end + by, text });

/** Lines that no edit touches stay the fields that they were. Undefined when another line would be no header. */
function editedFields(fields: readonly Field[], edits: readonly Edit[]): Field[] | undefined {
  const result: Field[] = [];
  let at = 0;
  let next = 0;
  for (let i = 0; i < fields.length; ) {
    const start = at;
    const own: Edit[] = [];
    let text = '';
    do {
      const line = fields[i++]?.text ?? '';
      text += line;
      at += line.length;
      for (let edit = edits[next]; edit !== undefined && edit.start < at; edit = edits[++next]) {
        own.push(moved(edit, -start));
      }
    } while (i < fields.length && (own.at(-1)?.end ?? 0) > text.length);
    const field = fields[i - 1];
    if (own.length === 0 && field !== undefined) result.push(field);
    else {
      const made = linesOf(withEdits(text, own));
      if (made === undefined) return undefined;
      result.push(...made);
    }
  }
  return next < edits.length ? undefined : result;
}

const LINE_END = /\r?\n/g;

function linesOf(text: string): readonly Field[] | undefined {
  if (text === '') return [];
  const lines = text.replace(LINE_END, '\r\n');
  const whole = `X\r\n${lines.endsWith('\r\n') ? lines : `${lines}\r\n`}\r\n`;
  const head = indexHead(whole, Buffer.from(whole, 'latin1'), PARSE_LIMITS);
  return head.problem === undefined && !head.bareLf && lines !== '\r\n' && !lines.includes('\r\n\r\n')
    ? head.lines.good().map((line) => head.lines.field(line))
    : undefined;
}
