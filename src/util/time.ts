/** The two kinds of time: one to count with, one to show. They are different types and never mix. */
declare const instant: unique symbol;
declare const wallTime: unique symbol;

/** Milliseconds on a monotonic clock. Only a Clock makes the first one. */
export type Instant = number & { readonly [instant]: true };

/** Microseconds since 1970-01-01 UTC, as an integer. Only a Clock makes one. */
export type WallTime = number & { readonly [wallTime]: true };

export const after = (now: Instant, ms: number): Instant => (now + ms) as Instant;
