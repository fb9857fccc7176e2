/** Peers of the trusted table: by address and transport, and by what their From and Request-URI look like. */
import type { Cell, Row, Table } from '../db_text/api.ts';
import type { PatternCache } from '../../util/regex/pattern-cache.ts';

export interface TrustedColumns {
  readonly source: string;
  readonly proto: string;
  readonly from: string;
  readonly ruri: string;
  readonly tag: string;
  readonly priority: string;
}

export interface Caller {
  readonly address: string;
  readonly transport: string;
  readonly fromUri: string;
  readonly requestUri: string;
}

/** Kamailio's numbers of the transports. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ['any', 0],
  ['udp', 1],
  ['tcp', 2],
  ['tls', 3],
  ['sctp', 4],
  ['ws', 5],
  ['wss', 6],
]);

export class TrustedPeers {
  readonly #table: Table;
  readonly #columns: TrustedColumns;
  readonly #patterns: PatternCache;

  constructor(table: Table, columns: TrustedColumns, patterns: PatternCache) {
    this.#table = table;
    this.#columns = columns;
    this.#patterns = patterns;
  }

  /** Those that fit, in the order of their priorities. */
  find(caller: Caller): readonly Row[] {
    const rows = this.#table.rows({ [this.#columns.source]: caller.address });
    return rows.filter((row) => this.#fits(row, caller)).sort((a, b) => this.#priority(b) - this.#priority(a));
  }

  shown(): readonly unknown[] {
    const { source, proto, from, ruri } = this.#columns;
    return this.#table.rows({}).map((row, table) => ({
      table,
      item: {
        ip: textOf(row[source]) ?? '',
        proto: NUMBERS.get((textOf(row[proto]) ?? 'any').toLowerCase()) ?? -1,
        pattern: textOf(row[from]) ?? 'NULL',
        ruri_pattern: textOf(row[ruri]) ?? 'NULL',
        tag: this.tagOf(row) ?? 'NULL',
        priority: this.#priority(row),
      },
    }));
  }

  tagOf(row: Row): string | undefined {
    return textOf(row[this.#columns.tag]);
  }

  /** A pattern that is no regular expression fits nothing: this keeps strangers out, whatever was mistyped. */
  #fits(row: Row, { transport, fromUri, requestUri }: Caller): boolean {
    const proto = (textOf(row[this.#columns.proto]) ?? 'any').toLowerCase();
    if (proto !== 'any' && transport !== 'any' && proto !== transport) return false;
    return this.#matches(row[this.#columns.from], fromUri) && this.#matches(row[this.#columns.ruri], requestUri);
  }

  #matches(cell: Cell | undefined, text: string): boolean {
    const pattern = textOf(cell);
    if (pattern === undefined) return true;
    try {
      return this.#patterns.matches(pattern, text);
    } catch {
      return false;
    }
  }

  #priority(row: Row): number {
    return Number(row[this.#columns.priority] ?? 0) || 0;
  }
}

const textOf = (cell: Cell | undefined): string | undefined =>
  cell === null || cell === undefined || cell === '' ? undefined : String(cell);
