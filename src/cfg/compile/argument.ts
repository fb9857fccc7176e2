/** What an argument of a call became: a value, or the code that gives one with every call. */
import type { ArgSpec, ValueSpec } from '../../engine/spec.ts';
import type { Call } from '../ast.ts';
import type { Run } from './run.ts';

/** What an argument gives when its value does not fit: the function is not called then. */
export const UNFIT: unique symbol = Symbol('unfit');

export type Argument =
  | { readonly kind: 'fixed'; readonly value: unknown }
  | { readonly kind: 'moving'; readonly read: (run: Run) => unknown };

export const nothing: Argument = { kind: 'fixed', value: undefined };

export interface Taking<S extends ArgSpec = ValueSpec> {
  readonly call: Call;
  readonly spec: S;
  /** Counted from 1. */
  readonly position: number;
}
