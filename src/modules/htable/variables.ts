/** The pseudo-variables of htable: what stands in their parentheses is `table=>name`. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Slot } from '../../engine/exchange.ts';
import type { PvBinding, PvRef, PvValue } from '../../engine/module.ts';
import type { PatternCache } from '../../util/regex/pattern-cache.ts';
import type { Cell } from './hash-table.ts';
import type { Iterators } from './iterators.ts';
import { byName, byText, countFitter } from './matching.ts';
import type { TimedTable } from './tables.ts';

type Ctx = RequestContext | ReplyContext;
type Find = (table: string) => TimedTable | undefined;

export interface VariableParts {
  readonly find: Find;
  readonly patterns: PatternCache;
  readonly iterators: Iterators;
  readonly expired: Slot<Cell>;
  /** A table had no place for one more. */
  readonly full: () => void;
}

export interface Place {
  readonly table: TimedTable;
  readonly name: string;
}

/** `table=>name`; the name may be anything, also nothing. */
export function placeOf(text: string, find: Find): Place | undefined {
  const arrow = text.indexOf('=>');
  if (arrow < 0) return undefined;
  const table = find(text.slice(0, arrow).trim());
  return table === undefined ? undefined : { table, name: text.slice(arrow + 2) };
}

export function htableVariables({ find, patterns, iterators, expired, full }: VariableParts) {
  const reading = (read: (place: Place) => PvValue | undefined): PvBinding => ({
    read(_: Ctx, { inner }: PvRef) {
      const place = placeOf(inner, find);
      return place === undefined ? null : (read(place) ?? null);
    },
  });
  const adding = (amount: number) => reading(({ table, name }) => table.add(name, amount));
  return {
    sht: {
      ...reading(({ table, name }) => table.read(name)),
      write(_: Ctx, { inner }: PvRef, value: PvValue) {
        const place = placeOf(inner, find);
        if (place === undefined) return;
        if (value === null) place.table.table.delete(place.name);
        else if (!place.table.set(place.name, value)) full();
      },
    },
    shtex: {
      ...reading(({ table, name }) => table.secondsLeft(name)),
      write(_: Ctx, { inner }: PvRef, value: PvValue) {
        const seconds = Number(value ?? 0);
        const place = placeOf(inner, find);
        if (place !== undefined && Number.isFinite(seconds)) place.table.expireIn(place.name, seconds);
      },
    },
    shtcn: reading(({ table, name }) => table.count(byName(countFitter(name, patterns)))),
    shtcv: reading(({ table, name }) => table.count(byText(countFitter(name, patterns)))),
    shtinc: adding(1),
    shtdec: adding(-1),
    shtitkey: { read: ({ exchange }: Ctx, { inner }: PvRef) => iterators.at(exchange, inner)?.cell.name ?? null },
    shtitval: { read: ({ exchange }: Ctx, { inner }: PvRef) => iterators.at(exchange, inner)?.cell.value ?? null },
    shtrecord: {
      read({ exchange }: Ctx, { inner }: PvRef) {
        const cell = expired.of(exchange);
        if (cell === undefined) return null;
        return inner === 'key' ? cell.name : inner === 'value' ? cell.value : 0;
      },
    },
  };
}
