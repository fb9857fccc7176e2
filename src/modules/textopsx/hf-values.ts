/** The elements of a list header, over all its lines, changed one by one. Lines that lose their last element go. */
import { splitElements } from '../../sip/elements.ts';
import type { Field } from '../../sip/field.ts';
import type { Headers } from '../../sip/headers.ts';
import { Params } from '../../sip/params.ts';
import type { HfReference } from './hf-reference.ts';

interface Line {
  readonly field: Field;
  readonly elements: string[];
}

interface Place {
  readonly line: Line;
  readonly at: number;
}

export class HfValues {
  readonly #headers: Headers;
  readonly #name: string;
  readonly #lines: readonly Line[];

  constructor(headers: Headers, name: string) {
    this.#headers = headers;
    this.#name = name;
    this.#lines = headers.fields(name).map((field) => ({ field, elements: splitElements(field.value) }));
  }

  /** Without regard to case, parameters included. */
  has(value: string): boolean {
    return this.#places().some(({ line, at }) => same(line.elements[at], value));
  }

  /** After the element named, or after the last. A header that is not there is made. */
  append(value: string, index: HfReference['index']): boolean {
    const places = this.#places();
    const last = places.at(-1);
    if (last === undefined) this.#headers.append(this.#name, value);
    const place = index === undefined || index === 0 ? last : this.#find(index)[0];
    if (place === undefined) return last === undefined;
    place.line.elements.splice(place.at + 1, 0, value);
    return this.#write([place.line]);
  }

  /** Before the element named, or before the first. A header that is not there is made. */
  insert(value: string, index: HfReference['index']): boolean {
    if (this.#places().length === 0) {
      this.#headers.append(this.#name, value);
      return true;
    }
    const [place] = this.#find(index === undefined || index === 0 ? 1 : index);
    if (place === undefined) return false;
    place.line.elements.splice(place.at, 0, value);
    return this.#write([place.line]);
  }

  assign(value: string, { index, param }: HfReference): boolean {
    const places = this.#find(index ?? 1);
    for (const { line, at } of places) {
      const old = line.elements[at] ?? '';
      const next = param === undefined ? value : withParam(old, (params) => params.with(param, value));
      if (next === undefined) return false;
      line.elements[at] = next;
    }
    return this.#write(places.map(({ line }) => line));
  }

  remove({ index, param }: HfReference): boolean {
    const places = this.#find(index ?? 1);
    for (const { line, at } of [...places].reverse()) {
      if (param === undefined) {
        line.elements.splice(at, 1);
        continue;
      }
      const next = withParam(line.elements[at] ?? '', (params) => params.without(param));
      if (next === undefined) return false;
      line.elements[at] = next;
    }
    return this.#write(places.map(({ line }) => line));
  }

  exclude(value: string): void {
    for (const line of this.#lines) {
      const kept = line.elements.filter((element) => !same(element, value));
      if (kept.length === line.elements.length) continue;
      line.elements.splice(0, line.elements.length, ...kept);
      this.#write([line]);
    }
  }

  #places(): readonly Place[] {
    return this.#lines.flatMap((line) => line.elements.map((_, at) => ({ line, at })));
  }

  #find(index: number | 'all'): readonly Place[] {
    const places = this.#places();
    if (index === 'all') return places;
    const place = index < 0 ? places.at(index) : places[index - 1];
    return place === undefined ? [] : [place];
  }

  /** False when there was nothing to write. */
  #write(lines: readonly Line[]): boolean {
    for (const { field, elements } of new Set(lines)) {
      if (elements.length === 0) this.#headers.removeField(field);
      else this.#headers.replaceField(field, elements.join(', '));
    }
    return lines.length > 0;
  }
}

const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

/** Undefined when what follows the value is no list of parameters. */
function withParam(element: string, change: (params: Params) => Params): string | undefined {
  const start = element.indexOf(';', element.lastIndexOf('>') + 1);
  const head = start < 0 ? element : element.slice(0, start);
  const params = Params.parse(start < 0 ? '' : element.slice(start));
  return params === undefined ? undefined : `${head.trimEnd()}${change(params).toString()}`;
}
