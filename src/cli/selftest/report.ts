/** What the self test says in the end: a table for people, or one JSON document. */
import type { Paint } from '../colours.ts';
import type { Row } from './comparison.ts';
import type { Ending } from './scenarios.ts';

export interface Report {
  readonly endings: readonly Ending[];
  /** Empty where no target is ours to look at. */
  readonly rows: readonly Row[];
  /** What went wrong beside that: a frame that cannot be read, a throw in a route. */
  readonly remarks: readonly string[];
}

export const isGood = ({ endings, rows, remarks }: Report): boolean =>
  endings.every(({ ok }) => ok) && rows.every(({ verdict }) => verdict === 'ok') && remarks.length === 0;

export const jsonReport = (report: Report): string =>
  `${JSON.stringify({
    ok: isGood(report),
    scenarios: report.endings.map(({ scenario, callId, ok, says }) => ({ scenario, callId, ok, says })),
    messages: report.rows,
    remarks: report.remarks,
  })}\n`;

const heads = { message: 'message', expected: 'belongs to', found: 'went to', verdict: '' };

export function tableReport(report: Report, paint: Paint): string {
  const cells = report.rows.map(cellsOf);
  const width = (column: 'message' | 'expected' | 'found'): number =>
    Math.max(heads[column].length, ...cells.map((cell) => cell[column].length));
  const widths = { message: width('message'), expected: width('expected'), found: width('found') };
  const line = ({ message, expected, found, verdict }: Cells): string =>
    `  ${message.padEnd(widths.message)}  ${expected.padEnd(widths.expected)}  ${found.padEnd(widths.found)}  ${verdict}`.trimEnd();

  const lines: string[] = [];
  if (cells.length > 0) lines.push(paint('dim', line(heads)));
  const told = new Set<string>();
  for (const ending of report.endings) {
    lines.push(endingLine(ending, paint));
    told.add(ending.scenario);
    for (const cell of cells) if (cell.scenario === ending.scenario) lines.push(coloured(cell, line(cell), paint));
  }
  for (const cell of cells) if (!told.has(cell.scenario)) lines.push(coloured(cell, line(cell), paint));
  return [...lines, ...report.remarks.map((remark) => paint('red', remark)), summary(report, paint), ''].join('\n');
}

type Cells = typeof heads;

const cellsOf = ({ scenario, message, expected, found, verdict }: Row): Cells & Pick<Row, 'scenario'> => ({
  scenario,
  message,
  expected: expected.join(' ') || 'no target',
  found: found.join(' ') || 'no target',
  verdict,
});

const coloured = ({ verdict }: Cells, line: string, paint: Paint): string =>
  verdict === 'ok' ? line.replace(/ok$/, paint('green', 'ok')) : paint('red', line);

const endingLine = ({ scenario, ok, says }: Ending, paint: Paint): string =>
  `${paint('bold', scenario)}: ${paint(ok ? 'green' : 'red', says)}`;

function summary(report: Report, paint: Paint): string {
  const { endings, rows } = report;
  const good = isGood(report);
  const ended = `${endings.filter(({ ok }) => ok).length} of ${endings.length} scenarios ended as they should`;
  const traced = `${rows.filter(({ verdict }) => verdict === 'ok').length} of ${rows.length} messages where they belong`;
  return paint(good ? 'green' : 'red', rows.length === 0 ? ended : `${ended}, ${traced}`);
}
