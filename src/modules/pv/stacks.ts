/** Stacks of values, the newest first, and tables of them: both of bounded size. */

/** Values of one name: when there are more, the oldest goes. */
export const MAX_VALUES = 256;
/** Names that one table holds: further ones are not stored. */
export const MAX_NAMES = 1024;

/** Puts a value into a table of bounded size. */
export function store<V>(table: Map<string, V>, name: string, value: V): void {
  if (table.size < MAX_NAMES || table.has(name)) table.set(name, value);
}

export function push<V>(stack: V[], value: V): void {
  stack.unshift(value);
  if (stack.length > MAX_VALUES) stack.pop();
}

/** The element at an index; negative ones count from the end. */
export function elementAt<T>(list: readonly T[], index: number): T | undefined {
  return list[index < 0 ? list.length + index : index];
}
