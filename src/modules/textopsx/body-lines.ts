/** The lines of a body while a walk goes over them: each keeps what was put before and behind it. */

/** Lines of one body that a walk sees; what is behind them stays as it is. */
export const MAX_LINES = 4_096;

export interface BodyLine {
  /** With its end. */
  readonly text: string;
  before: string;
  behind: string;
  removed: boolean;
}

const LINE = /[^\n]*\n|[^\n]+$/g;

export function linesOf(body: string): readonly BodyLine[] {
  const texts = body.match(LINE) ?? [];
  const rest = texts.slice(MAX_LINES).join('');
  const lines = texts.slice(0, MAX_LINES).map((text) => ({ text, before: '', behind: '', removed: false }));
  const last = lines.at(-1);
  if (last !== undefined) last.behind = rest;
  return lines;
}

const bodyOf = (lines: readonly BodyLine[]): string =>
  lines.map(({ text, before, behind, removed }) => `${before}${removed ? '' : text}${behind}`).join('');

/** The body without this line; undefined when it is gone already. */
export function removeLine(lines: readonly BodyLine[], line: BodyLine): string | undefined {
  if (line.removed) return undefined;
  line.removed = true;
  return bodyOf(lines);
}

export function addText(lines: readonly BodyLine[], line: BodyLine, side: 'before' | 'behind', text: string): string {
  if (side === 'before') line.before += text;
  else line.behind = text + line.behind;
  return bodyOf(lines);
}
