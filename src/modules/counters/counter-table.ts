/** Counters by group and name. They outlive a reload. */
import type { CountersApi, ScriptCounter } from './api.ts';

/** Counters of one proxy. */
export const MAX_COUNTERS = 10_000;

export class CounterTable implements CountersApi {
  readonly #byName = new Map<string, ScriptCounter>();
  readonly #byPlace = new Map<string, ScriptCounter>();

  make(of: Pick<ScriptCounter, 'group' | 'name' | 'doc' | 'fixed'>): ScriptCounter | undefined {
    const place = `${of.group}:${of.name}`;
    const known = this.#byPlace.get(place);
    if (known !== undefined) return known;
    if (this.#byPlace.size >= MAX_COUNTERS) return undefined;
    const counter: ScriptCounter = { ...of, value: 0 };
    this.#byPlace.set(place, counter);
    if (!this.#byName.has(of.name)) this.#byName.set(of.name, counter);
    return counter;
  }

  find(name: string): ScriptCounter | undefined {
    return this.#byPlace.get(name) ?? this.#byName.get(name);
  }

  all(): readonly ScriptCounter[] {
    return [...this.#byPlace.values()].sort((a, b) => compare(a.group, b.group) || compare(a.name, b.name));
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
