/** Whole list headers taken and put: Vias, Record-Routes and Routes, with the bytes of their elements as they came. */
import { H } from '../../sip/header-names.ts';
import type { Headers } from '../../sip/headers.ts';

export type ListHeader = typeof H.Via | typeof H.RecordRoute | typeof H.Route;

/** Replaces the list: where it stood, else below the Vias. */
export function putList(headers: Headers, id: ListHeader, values: readonly string[], folded = false): void {
  const old = headers.fields(id);
  const lines = folded && values.length > 1 ? [values.join(',')] : values;
  if (old.length > 0) for (const line of lines.toReversed()) headers.insertBefore(id, id, line);
  else if (id === H.Via) for (const line of lines.toReversed()) headers.prepend(id, line);
  else for (const line of lines.toReversed()) headers.insertAfter(H.Via, id, line);
  for (const field of old) headers.removeField(field);
}
