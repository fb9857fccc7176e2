/** Where the compiler is in the file: what `$cfg(line)` and `$cfg(route)` of a statement are. */
export interface Standing {
  line: number;
  route: string;
}
