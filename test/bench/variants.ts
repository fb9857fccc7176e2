/** Measures the variants of a benchmark in turn, so that what others do to the machine meanwhile falls on all of them. */
import { Children } from './children.ts';

export interface TurnOptions {
  readonly runs: number;
  /** Names of the variants to run; all when empty. */
  readonly only: readonly string[];
}

export interface Measurements<V, M> {
  readonly variants: readonly V[];
  /** Of the variant with this name, one a turn. */
  of(name: string): readonly M[];
  /** What went wrong, with the name of the variant. */
  readonly remarks: readonly string[];
}

export async function inTurn<V extends { readonly name: string }, M extends { readonly troubles: readonly string[] }>(
  all: readonly V[],
  { runs, only }: TurnOptions,
  measure: (children: Children, variant: V) => Promise<M>,
): Promise<Measurements<V, M>> {
  const variants = all.filter(({ name }) => only.length === 0 || only.includes(name));
  const measured = new Map<string, M[]>(variants.map(({ name }) => [name, []]));
  const children = new Children();
  try {
    for (let run = 0; run < runs; run++) {
      for (const variant of variants) measured.get(variant.name)?.push(await measure(children, variant));
    }
  } finally {
    await children.stopAll();
  }
  const remarks = [...measured].flatMap(([name, list]) =>
    list.flatMap((one) => one.troubles.map((text) => `${name}: ${text}`)),
  );
  return { variants, of: (name) => measured.get(name) ?? [], remarks };
}
