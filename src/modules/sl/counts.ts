/** Stateless replies by status, as Kamailio's sl counts them: some codes alone, the others of their class together. */
import { measured, type Statistic } from '../../engine/statistic.ts';
import type { StatusCounts } from '../../engine/status-counts.ts';

/** Codes that are counted alone, by class. */
const alone: readonly (readonly [name: string, codes: readonly number[]])[] = [
  ['2', [200, 202]],
  ['3', [300, 301, 302]],
  ['4', [400, 401, 403, 404, 407, 408, 483]],
  ['5', [500]],
  ['6', []],
];

/** `200`, `202`, `2xx` (the others), and so on; `xxx` is what remains. */
export function byStatus(counts: StatusCounts): Readonly<Record<string, number>> {
  const named = alone.flatMap(([first, codes]): (readonly [string, number])[] => {
    const single = codes.map((code) => [String(code), counts.of(code)] as const);
    const others = counts.ofClass(Number(first)) - single.reduce((sum, [, value]) => sum + value, 0);
    return [...single, [`${first}xx`, others]];
  });
  return Object.fromEntries([...named, ['xxx', counts.ofClass(1)]]);
}

export function slStatistics(counts: StatusCounts, refused: number): readonly Statistic[] {
  const rows = Object.entries(byStatus(counts));
  const total = rows.reduce((sum, [, value]) => sum + value, 0);
  const refusals = [4, 5, 6].reduce((sum, first) => sum + counts.ofClass(first), 0);
  return [
    ...rows.map(([name, value]) => measured('sl', `${name}_replies`, value)),
    measured('sl', 'sent_replies', total),
    measured('sl', 'sent_err_replies', refusals),
    measured('sl', 'failures', refused),
  ];
}
