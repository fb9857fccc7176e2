/**
 * What a script can name: the functions, pseudo-variables, parameters and event routes that the modules of a registry
 * declare. Modules come from outside; nothing here knows one by name, except those that every script has.
 */
import type { FunctionDecl, PvDecl } from '../engine/declaration.ts';
import type { PvValue } from '../engine/module.ts';
import type { AnyModule } from '../engine/program.ts';
import type { ReplyContext, RequestContext } from '../engine/context.ts';

export type Context = RequestContext | ReplyContext;
export type PvReader = (ctx: Context) => PvValue;

/** One step of `$(x{s.len})`, ready to apply. */
export interface TransformationStep {
  apply(value: PvValue, ctx: Context): PvValue;
}
export type ParsedTransformations =
  | { readonly kind: 'chain'; readonly chain: readonly TransformationStep[] }
  | { readonly kind: 'malformed'; readonly at: number; readonly message: string; readonly hint: string | undefined };

export interface Registry {
  readonly modules: readonly AnyModule[];
  /** These are there without `loadmodule`. */
  readonly always: readonly string[];
  /** Reads `{s.len}{s.int}`, braces included. */
  readonly parseTransformations: (
    text: string,
    compilePv: (text: string) => PvReader | { readonly message: string },
  ) => ParsedTransformations;
  /** Pseudo-variables whose parentheses hold another one, which is read on another message. */
  readonly scoped: readonly string[];
}

export interface FunctionEntry {
  readonly module: string;
  readonly key: string;
  readonly decl: FunctionDecl;
}

export interface PvEntry {
  readonly module: string;
  readonly decl: PvDecl;
}

/** The names of a registry, and which of its modules this script has. */
export class Names {
  readonly registry: Registry;
  readonly #functions = new Map<string, FunctionEntry[]>();
  readonly #pvs = new Map<string, PvEntry>();
  readonly #modules = new Map<string, AnyModule>();
  readonly #loaded = new Set<string>();
  readonly #missed = new Set<string>();
  readonly #implied = new Map<string, string>();

  constructor(registry: Registry) {
    this.registry = registry;
    for (const module of registry.modules) {
      const { decl } = module;
      this.#modules.set(decl.name, module);
      for (const [key, declared] of Object.entries(decl.functions ?? {})) {
        for (const name of declared.cfg) {
          const entry = { module: decl.name, key, decl: declared };
          this.#functions.set(name, [...(this.#functions.get(name) ?? []), entry]);
        }
      }
      for (const [name, declared] of Object.entries(decl.pvs ?? {})) {
        if (!this.#pvs.has(name)) this.#pvs.set(name, { module: decl.name, decl: declared });
      }
    }
    for (const name of registry.always) this.load(name);
  }

  module(name: string): AnyModule | undefined {
    return this.#modules.get(name);
  }

  get moduleNames(): readonly string[] {
    return [...this.#modules.keys()];
  }

  /** In the order of their loading, each after those that it needs. */
  get loaded(): readonly string[] {
    return [...this.#loaded];
  }

  /** False when the registry has no such module. */
  load(name: string): boolean {
    const module = this.#modules.get(name);
    if (module === undefined) return false;
    if (this.#loaded.has(name)) return true;
    this.#loaded.add(name);
    for (const need of module.decl.needs ?? []) this.load(need);
    return true;
  }

  isLoaded(name: string): boolean {
    return this.#loaded.has(name);
  }

  /** Loads a module because a pseudo-variable of it is used. */
  imply(module: string, pv: string): void {
    this.#implied.set(module, pv);
    this.load(module);
  }

  /** By module, the pseudo-variable that asked for it. */
  get implied(): ReadonlyMap<string, string> {
    return this.#implied;
  }

  /** Whether this is the first time that a module is missed: one message for each is enough. */
  missed(name: string): boolean {
    const first = !this.#missed.has(name);
    this.#missed.add(name);
    return first;
  }

  /** Those of loaded modules, or all of that name when none is loaded. */
  functions(name: string): readonly FunctionEntry[] {
    const all = this.#functions.get(name) ?? [];
    const loaded = all.filter(({ module }) => this.#loaded.has(module));
    return loaded.length > 0 ? loaded : all;
  }

  get functionNames(): readonly string[] {
    return [...this.#functions.keys()];
  }

  pv(name: string): PvEntry | undefined {
    return this.#pvs.get(name);
  }

  get pvNames(): readonly string[] {
    return [...this.#pvs.keys()];
  }

  /** Names that loaded modules declare, and those of all others. */
  eventRoute(name: string): { readonly module: string; readonly loaded: boolean } | undefined {
    for (const { decl } of this.registry.modules) {
      const events = decl.eventRoutes ?? {};
      // `htable:expired:NAME` is one of a family, `htable:expired` would be a name of its own.
      const family = /^([^:]+):[^:]+:./.exec(name)?.[1] ?? '';
      if (Object.hasOwn(events, name) || Object.hasOwn(events, family)) {
        return { module: decl.name, loaded: this.#loaded.has(decl.name) };
      }
    }
    return undefined;
  }

  get eventNames(): readonly string[] {
    return this.registry.modules.flatMap(({ decl }) => Object.keys(decl.eventRoutes ?? {}));
  }
}

/** The name that was most likely meant. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(written.length / 4));
  let best: string | undefined;
  let bestDistance = limit + 1;
  const lower = written.toLowerCase();
  for (const name of names) {
    if (Math.abs(name.length - written.length) >= bestDistance) continue;
    const distance = editDistance(lower, name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

const MAX_COMPARED = 64;

/** Letters to change, add, remove or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  if (a.length > MAX_COMPARED || b.length > MAX_COMPARED) return Infinity;
  let before: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? Infinity;
}
