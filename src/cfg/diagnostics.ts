/** What is wrong with a configuration: collected while it is read, then shown with the line and a caret, or as JSON. */
import { type DiagnosticCode, type Severity, diagnosticCodes } from './codes.ts';
import type { Place, Sources, Span } from './source.ts';

/** A file with more problems than this has one problem; the rest would follow from it. */
export const MAX_DIAGNOSTICS = 200;

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly file: string;
  readonly span: Span;
  readonly message: string;
  readonly hint?: string;
  /** Another place that has to do with it. */
  readonly related?: Related;
}

export interface Related {
  readonly message: string;
  readonly span: Span;
}

export interface Advice {
  readonly hint?: string | undefined;
  readonly related?: Related | undefined;
}

/** Collects. The same code at the same place is said once. */
export class DiagnosticList {
  readonly #all: Diagnostic[] = [];
  readonly #seen = new Set<string>();

  add(code: DiagnosticCode, span: Span, message: string, advice: Advice = {}): void {
    if (this.#all.length > MAX_DIAGNOSTICS) return;
    const key = `${code} ${span.start} ${span.file}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const full = this.#all.length === MAX_DIAGNOSTICS;
    this.#all.push(
      full
        ? diagnostic('CFG_TOO_MANY', span, `more than ${MAX_DIAGNOSTICS} problems; the rest is not shown`, {})
        : diagnostic(code, span, message, advice),
    );
  }

  get all(): readonly Diagnostic[] {
    return this.#all;
  }
}

function diagnostic(code: DiagnosticCode, span: Span, message: string, { hint, related }: Advice): Diagnostic {
  return {
    code,
    severity: diagnosticCodes[code].severity,
    file: span.file,
    span,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(related === undefined ? {} : { related }),
  };
}

/** `file:line:column: error: message [CODE]`, the line, a caret under it, and what helps. */
export function formatDiagnostic(sources: Sources, found: Diagnostic): string {
  const { span, severity, message, code, hint, related } = found;
  const place = sources.place(span.file, span.start);
  const lines = [`${at(span.file, place)}: ${severity}: ${message} [${code}]`, ...excerpt(sources, span, place)];
  if (span.macro !== undefined) lines.push(`  note: in the define ${span.macro.name}${origin(sources, span)}`);
  if (related !== undefined) lines.push(`  note: ${related.message}: ${where(sources, related.span)}`);
  for (const site of includeSites(sources, span.file)) lines.push(`  note: included from ${where(sources, site)}`);
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join('\n');
}

export function formatDiagnostics(sources: Sources, found: readonly Diagnostic[]): string {
  return found.map((one) => formatDiagnostic(sources, one)).join('\n');
}

/** What an editor or another program reads. */
export interface DiagnosticJson {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly message: string;
  readonly hint?: string;
  readonly macro?: string;
}

export function diagnosticJson(sources: Sources, found: Diagnostic): DiagnosticJson {
  const { code, severity, file, span, message, hint } = found;
  const start = sources.place(file, span.start);
  const end = sources.place(file, span.end);
  return {
    code,
    severity,
    file,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(span.macro === undefined ? {} : { macro: span.macro.name }),
  };
}

/** By file in the order of inclusion, then by place. */
export function sortDiagnostics(sources: Sources, found: readonly Diagnostic[]): readonly Diagnostic[] {
  const order = new Map(sources.paths.map((path, index) => [path, index]));
  const rank = ({ file }: Diagnostic): number => order.get(file) ?? -1;
  return found.toSorted((a, b) => rank(a) - rank(b) || a.span.start - b.span.start);
}

function at(file: string, { line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

function where(sources: Sources, span: Span): string {
  return at(span.file, sources.place(span.file, span.start));
}

function origin(sources: Sources, { macro }: Span): string {
  return macro?.definition === undefined ? '' : `, defined at ${where(sources, macro.definition)}`;
}

/** Longer lines are cut around the caret. */
const MAX_EXCERPT = 160;

function excerpt(sources: Sources, span: Span, { line, column }: Place): readonly string[] {
  const whole = visible(sources.line(span.file, line));
  if (whole === '') return [];
  const characters = Array.from(whole);
  const from = column > MAX_EXCERPT - 40 ? column - MAX_EXCERPT / 2 : 0;
  const text = characters.slice(from, from + MAX_EXCERPT).join('');
  const before = characters.slice(from, column - 1);
  const end = sources.place(span.file, span.end);
  const room = characters.length - column + 1;
  const width = end.line === line ? end.column - column : room;
  const number = String(line);
  const gutter = ' '.repeat(number.length);
  // Tabs stay tabs, so that the caret stands where the text does.
  const indent = before.map((character) => (character === '\t' ? '\t' : ' ')).join('');
  const carets = '^'.repeat(Math.max(1, Math.min(width, room, MAX_EXCERPT - before.length)));
  return [`  ${number} | ${text}`, `  ${gutter} | ${indent}${carets}`];
}

/** Texts are kept byte by byte as latin1; people read UTF-8. Control characters are not sent to a terminal. */
function visible(text: string): string {
  const isBytes = !/[^\u0000-\u00ff]/.test(text);
  const decoded = isBytes ? Buffer.from(text, 'latin1').toString('utf8') : text;
  return decoded.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
}

function includeSites(sources: Sources, file: string): readonly Span[] {
  const sites: Span[] = [];
  let site = sources.includedAt(file);
  while (site !== undefined && sites.length < 16) {
    sites.push(site);
    site = sources.includedAt(site.file);
  }
  return sites;
}
