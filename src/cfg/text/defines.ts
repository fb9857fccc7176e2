/** The names that `#!define` and its like give to texts. */
import type { Span } from '../source.ts';

/** Kamailio stops at 512; configurations of today do not come near this. */
export const MAX_DEFINES = 4096;

export interface Define {
  readonly name: string;
  /** Undefined for `#!define X`: such a name can be asked for, but is not replaced. */
  readonly value: string | undefined;
  /** Undefined for those of the command line and the built-in ones. */
  readonly definition: Span | undefined;
}

/** fresh: `#!define`, once only. keep: `#!trydef`. replace: `#!redef`. */
export type DefineMode = 'fresh' | 'keep' | 'replace';

export type DefineOutcome =
  | { readonly kind: 'defined' }
  | { readonly kind: 'kept' }
  | { readonly kind: 'exists'; readonly earlier: Define }
  | { readonly kind: 'full' };

export class Defines {
  readonly #table = new Map<string, Define>();

  get(name: string): Define | undefined {
    return this.#table.get(name);
  }

  has(name: string): boolean {
    return this.#table.has(name);
  }

  set(define: Define, mode: DefineMode): DefineOutcome {
    const earlier = this.#table.get(define.name);
    if (earlier !== undefined && mode === 'keep') return { kind: 'kept' };
    if (earlier !== undefined && mode === 'fresh') return { kind: 'exists', earlier };
    if (earlier === undefined && this.#table.size >= MAX_DEFINES) return { kind: 'full' };
    this.#table.set(define.name, define);
    return { kind: 'defined' };
  }

  remove(name: string): boolean {
    return this.#table.delete(name);
  }

  all(): ReadonlyMap<string, Define> {
    return new Map(this.#table);
  }
}

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The release of Kamailio whose language this is: what `#!ifdef KAMAILIO_6` and KAMAILIO_VERSION answer. */
export const languageVersion: Version = { major: 6, minor: 1, patch: 0 };

/** The names that are there from the start. */
export function predefined({ major, minor, patch }: Version, osName: string): readonly Define[] {
  const plain = (name: string, value?: string): Define => ({ name, value, definition: undefined });
  return [
    plain(`KAMAILIO_${major}`),
    plain(`KAMAILIO_${major}_${minor}`),
    plain(`KAMAILIO_${major}_${minor}_${patch}`),
    plain('KAMAILIO_VERSION', String(major * 1_000_000 + minor * 1000 + patch)),
    plain('OS_NAME', osName),
    plain('VIADUCT'),
  ];
}
