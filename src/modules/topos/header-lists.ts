/** Whole list headers taken and put: Vias, Record-Routes and Routes, with the bytes of their elements as they came. */
import { writtenField } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import type { Headers } from '../../sip/headers.ts';

export type ListHeader = typeof H.Via | typeof H.RecordRoute | typeof H.Route;

/** Replaces the list: where it stood, else below the Vias. */
export function putList(headers: Headers, id: ListHeader, values: readonly string[], folded = false): void {
  if (values.length === 0) {
    headers.remove(id);
    return;
  }
  const lines = folded && values.length > 1 ? [values.join(',')] : values;
  const fields = lines.map((line) => writtenField(id, line));
  headers.replaceLines(id, fields, id === H.Via ? undefined : H.Via);
}

/** Whether the list stands there like this, a line for each. */
export function isList(headers: Headers, id: ListHeader, values: readonly string[]): boolean {
  const fields = headers.fields(id);
  return fields.length === values.length && fields.every((field, i) => field.value === values[i]);
}

/** How many elements at the end of a list are those of the other list. */
export function commonTail(list: readonly string[], tail: readonly string[]): number {
  let count = 0;
  while (count < tail.length && list[list.length - 1 - count] === tail[tail.length - 1 - count]) count++;
  return count;
}
