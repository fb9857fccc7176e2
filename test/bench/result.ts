/** What a benchmark hands back: rows to print side by side, ratios with their goals, and remarks. */
export interface Row {
  readonly name: string;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** Whether the value is to stay below the limit or to reach it. */
  readonly is: 'at most' | 'at least';
}

export interface Result {
  readonly bench: string;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** What went wrong or must be known to read the numbers. */
  readonly remarks: readonly string[];
}

export const isMet = ({ value, limit, is }: Goal): boolean => (is === 'at most' ? value <= limit : value >= limit);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

export function formatResult({ bench, rows, goals, remarks }: Result): string {
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const cells = [
    ['', ...columns],
    ...rows.map(({ name, values }) => [name, ...columns.map((one) => String(values[one] ?? ''))]),
  ];
  const widths = cells[0]?.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ');
  return [
    `== ${bench} ==`,
    ...cells.map((row) => line(row).trimEnd()),
    ...goals.map(
      (goal) =>
        `${isMet(goal) ? 'met   ' : 'MISSED'} ${goal.what}: ${round(goal.value)}, wanted ${goal.is} ${goal.limit}`,
    ),
    ...remarks.map((text) => `note: ${text}`),
    '',
  ].join('\n');
}
