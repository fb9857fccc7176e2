/** Peers of the trusted table: by address and transport, and by what their From and Request-URI look like. */
import type { Cell, Row, Table } from '../db_text/api.ts';
import type { Patterns } from '../../util/patterns.ts';

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

export class TrustedPeers {
  readonly #table: Table;
  readonly #columns: TrustedColumns;
  readonly #patterns: Patterns;

  constructor(table: Table, columns: TrustedColumns, patterns: Patterns) {
    this.#table = table;
    this.#columns = columns;
    this.#patterns = patterns;
  }

  /** The first that fits, in the order of their priorities. */
  find(caller: Caller): Row | undefined {
    const rows = this.#table.rows({ [this.#columns.source]: caller.address });
    return [...rows].sort((a, b) => this.#priority(b) - this.#priority(a)).find((row) => this.#fits(row, caller));
  }

  tagOf(row: Row): string | undefined {
    return textOf(row[this.#columns.tag]);
  }

  /** A pattern that is no regular expression fits nothing: this keeps strangers out, whatever was mistyped. */
  #fits(row: Row, { transport, fromUri, requestUri }: Caller): boolean {
    const proto = (textOf(row[this.#columns.proto]) ?? 'any').toLowerCase();
    if (proto !== 'any' && proto !== transport) return false;
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
