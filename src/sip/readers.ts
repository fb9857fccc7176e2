/**
 * Typed readings of the headers that every part of a proxy asks for. Each is made once a field and kept there, so an edit, which
 * puts another field in place, is seen by the next reader, and forks share what was read before.
 */
import { type Contacts, parseContacts } from './contact.ts';
import { type CSeq, parseCSeq } from './cseq.ts';
import { readDigits } from './digits.ts';
import { splitElements } from './elements.ts';
import type { Field } from './field.ts';
import { H } from './header-names.ts';
import type { Headers } from './headers.ts';
import { type NameAddr, parseNameAddr, parseTagged, type Tagged } from './name-addr.ts';
import { parseVia, parseViaList, type Via } from './via.ts';

export function readTopVia(headers: Headers): Via | undefined {
  const field = headers.field(H.Via);
  return field === undefined ? undefined : viaOf(field);
}

/** The topmost hop of one Via line. */
function viaOf(field: Field): Via | undefined {
  if (field.via === undefined) field.via = parseVia(field.unfolded) ?? null;
  return field.via ?? undefined;
}

/** All hops over all lines, topmost first; malformed lines are left out. */
export function readVias(headers: Headers): readonly Via[] {
  return headers.fields(H.Via).flatMap((field) => parseViaList(field.value) ?? []);
}

export function readAddress(headers: Headers, id: typeof H.From | typeof H.To): NameAddr | undefined {
  const field = headers.field(id);
  if (field === undefined) return undefined;
  if (field.address === undefined) field.address = parseNameAddr(field.unfolded) ?? null;
  return field.address ?? undefined;
}

/** Of the same headers; without the address, which few ask for. */
export function readTagged(headers: Headers, id: typeof H.From | typeof H.To): Tagged | undefined {
  const field = headers.field(id);
  if (field === undefined) return undefined;
  if (field.tagged === undefined) field.tagged = parseTagged(field.unfolded) ?? null;
  return field.tagged ?? undefined;
}

export function readCSeq(headers: Headers): CSeq | undefined {
  const field = headers.field(H.CSeq);
  if (field === undefined) return undefined;
  if (field.cseq === undefined) field.cseq = parseCSeq(field.unfolded) ?? null;
  return field.cseq ?? undefined;
}

/** All contacts over all lines; undefined when there is none or one of the lines is malformed. */
export function readContacts(headers: Headers): Contacts | undefined {
  const fields = headers.fields(H.Contact);
  if (fields.length === 0) return undefined;
  return parseContacts(fields.map((field) => field.value).join(','));
}

/** Route or Record-Route, topmost first; undefined when one of the elements is malformed. */
export function readRoutes(headers: Headers, id: typeof H.Route | typeof H.RecordRoute): NameAddr[] | undefined {
  const routes: NameAddr[] = [];
  for (const field of headers.fields(id)) {
    for (const element of splitElements(field.value)) {
      const address = parseNameAddr(element);
      if (address === undefined) return undefined;
      routes.push(address);
    }
  }
  return routes;
}

/** More digits are no hop count (section 20.22). */
const HOPS_DIGITS = 5;

export function readMaxForwards(headers: Headers): number | undefined {
  const text = headers.get(H.MaxForwards);
  const hops = text === undefined ? -1 : readDigits(text, 0, text.length, HOPS_DIGITS);
  return hops < 0 ? undefined : hops;
}
