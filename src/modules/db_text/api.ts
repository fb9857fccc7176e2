/** What other modules may know of db_text: tables of rows, in memory, read from text files, Redis or parameters. */
export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;
/** The value that each of these columns must have; 5 and '5' are the same. An empty filter fits every row. */
export type Filter = Readonly<Record<string, Cell>>;

/** Changes live in memory: files and stores are read, never written. */
export interface Table {
  readonly name: string;
  /** Grows with every change and every reading: what was derived from older rows is out of date. */
  readonly version: number;
  /** Those that fit, in the order of the table. Found by an index, however many rows there are. */
  rows(filter: Filter): readonly Row[];
  /** False when the table is full. */
  insert(row: Row): boolean;
  /** How many rows were changed. */
  update(filter: Filter, changes: Row): number;
  /** How many rows were removed. */
  delete(filter: Filter): number;
}

export interface TableSource {
  /** The parameter that holds the URL, for messages: `auth_db.db_url`. */
  readonly param: string;
  /** `text:///directory`, `redis://host:port/db` or `memory:`; without one, the `default_connection`. */
  readonly url: string | undefined;
}

export interface DbTextApi {
  /**
   * The table of this name; asked for again, it is the same one. To be called in `setup`: the rows are read when the
   * modules start. A ViaductError when the URL names a database that is not there.
   */
  table(name: string, source: TableSource): Table;
  /** Reads all tables again; after an error the old rows stay. */
  reload(): Promise<unknown>;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly db_text: DbTextApi;
  }
}
