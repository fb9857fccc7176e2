/** Parameters that change while the program runs: the module says what one is, and takes what it is to be. */
export interface Tunable<T> {
  read(): T;
  write(value: T): void;
}

/** Of a parameter whose type is not known here. */
export interface AnyTunable {
  read(): unknown;
  write(value: never): void;
}
