/** Parameters that change while the program runs: the module says what one is, and takes what it is to be. */
import type { ValueSpec } from './spec.ts';

export interface Tunable<T> {
  read(): T;
  write(value: T): void;
}

/** Of a parameter whose type is not known here. */
export interface AnyTunable {
  read(): unknown;
  write(value: never): void;
}

/** A module, or something else that has parameters. */
export interface ParameterGroup {
  readonly name: string;
  readonly specs: Readonly<Record<string, ValueSpec>>;
  /** What they were at the start. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly tunables: Readonly<Record<string, AnyTunable>>;
}
