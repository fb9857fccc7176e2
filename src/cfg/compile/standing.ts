/** Where the compiler is in the file: what `$cfg(line)` and `$cfg(route)` of a statement are, and whose steps are watched. */
export interface Standing {
  /** Of the statement. */
  line: number;
  /** Name of the block; `DEFAULT_ROUTE` of request_route. */
  route: string;
}
