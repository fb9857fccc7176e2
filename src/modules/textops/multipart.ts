/** Bodies of several parts, multipart/mixed (RFC 2046 section 5.1): found, made, added to, taken from. */

export const DEFAULT_BOUNDARY = 'unique-boundary-1';

export interface Part {
  /** What stands between its headers and the line end before the boundary. */
  readonly content: string;
  /** All from behind its Content-Type line to the boundary: what Kamailio gives for the part. */
  readonly rest: string;
  /** From its Content-Type to the end of the boundary line behind it. */
  readonly raw: string;
}

const MULTIPART = /^\s*multipart\/[^;\s]+\s*;/i;
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i;

/** Undefined for what has no parts. */
export function boundaryOf(contentType: string): string | undefined {
  if (!MULTIPART.test(contentType)) return undefined;
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  return quoted ?? plain;
}

interface Section {
  /** Behind the boundary line that opens it. */
  readonly start: number;
  /** Where the boundary line behind it begins. */
  readonly end: number;
  /** Behind that line. */
  readonly next: number;
}

/** What stands between boundary lines. */
function sections(body: string, boundary: string): readonly Section[] {
  const found: Section[] = [];
  const mark = `--${boundary}`;
  let open: number | undefined;
  for (let at = 0; at <= body.length; ) {
    const lineEnd = body.indexOf('\n', at);
    const next = lineEnd < 0 ? body.length + 1 : lineEnd + 1;
    const line = body.slice(at, lineEnd < 0 ? body.length : lineEnd).trimEnd();
    if (line === mark || line === `${mark}--`) {
      if (open !== undefined) found.push({ start: open, end: at, next: Math.min(next, body.length) });
      if (line !== mark) break;
      open = next;
    }
    at = next;
  }
  return found;
}

const HEADERS = /^(?:[^\r\n]+\r?\n)*\r?\n/;
const TYPE = /^Content-Type[ \t]*:[ \t]*([^\r\n;]+)/im;

function sectionOf(body: string, boundary: string, type: string): Section | undefined {
  return sections(body, boundary).find(({ start, end }) => {
    const headers = HEADERS.exec(body.slice(start, end))?.[0] ?? '';
    return TYPE.exec(headers)?.[1]?.trim().toLowerCase() === type.toLowerCase();
  });
}

export function findPart(body: string, boundary: string, type: string): Part | undefined {
  const section = sectionOf(body, boundary, type);
  if (section === undefined) return undefined;
  const text = body.slice(section.start, section.end);
  const headers = HEADERS.exec(text)?.[0] ?? '';
  const typeAt = section.start + headers.search(TYPE);
  return {
    content: text.slice(headers.length).replace(/\r?\n$/, ''),
    rest: body.slice(body.indexOf('\n', typeAt) + 1, section.end),
    raw: body.slice(typeAt, section.next),
  };
}

export function withoutPart(body: string, boundary: string, type: string): string | undefined {
  const section = sectionOf(body, boundary, type);
  if (section === undefined) return undefined;
  // The line that closed it now closes the part before it.
  const before = body.slice(0, section.start);
  const opening = before.lastIndexOf(`--${boundary}`);
  return before.slice(0, opening) + body.slice(section.end);
}

interface Content {
  readonly content: string;
  readonly type: string;
  readonly disposition?: string | undefined;
}

const close = (boundary: string): string => `--${boundary}--\r\n`;

const partText = (boundary: string, { content, type, disposition }: Content): string =>
  [
    `--${boundary}\r\nContent-Type: ${type}\r\n`,
    disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`,
    `\r\n${content}${content.endsWith('\r\n\r\n') ? '' : '\r\n'}`,
  ].join('');

export const makeMultipart = (boundary: string, part: Content): string => partText(boundary, part) + close(boundary);

/** Behind the last part. */
export function withPart(body: string, boundary: string, part: Content): string {
  const closing = body.lastIndexOf(`--${boundary}--`);
  const before = closing < 0 ? `${body}${body.endsWith('\n') ? '' : '\r\n'}` : body.slice(0, closing);
  return before + partText(boundary, part) + close(boundary);
}
