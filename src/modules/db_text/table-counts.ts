/** What the tables of db_text count, all of them together. */
import type { Counter } from '../../engine/module.ts';

export interface TableCounts {
  readonly reads: Counter;
  readonly misses: Counter;
  readonly writes: Counter;
  readonly errors: Counter;
}

export const countNames: { readonly [K in keyof TableCounts]: string } = {
  reads: 'Times that a table was asked for rows.',
  misses: 'Of these, when there was no row that fits.',
  writes: 'Rows that were added, changed or removed, other than by reading them again.',
  errors: 'Readings of a file or of Redis that failed.',
};

export const newCounts = (): TableCounts => ({
  reads: { value: 0 },
  misses: { value: 0 },
  writes: { value: 0 },
  errors: { value: 0 },
});
