/** One measured value of a running proxy, as metrics show it. */
export interface Sample {
  /** Without the `viaduct_` in front and, for counters, the `_total` at the end. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}
