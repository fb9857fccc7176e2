/**
 * The one cast. Where types are erased (a table of many kinds, a module of any declaration) the caller knows what the
 * compiler cannot; each use says why it holds.
 */
export const trust = <T>(value: unknown): T => value as T;
