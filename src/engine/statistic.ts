/** Numbers under Kamailio's names, `group:name`, as `stats.*` show them. */
export interface Statistic {
  readonly group: string;
  readonly name: string;
  readonly value: number;
  /** What is counted. */
  readonly doc?: string;
  /** Sets it to 0; absent for what only measures, and for what must not be set back. */
  reset?(): void;
}

/** A number that something else counts. */
export const measured = (group: string, name: string, value: number): Statistic => ({ group, name, value });

/** Sorted by group, then by name. */
export const inOrder = (statistics: readonly Statistic[]): readonly Statistic[] =>
  [...statistics].sort((a, b) => compare(a.group, b.group) || compare(a.name, b.name));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
