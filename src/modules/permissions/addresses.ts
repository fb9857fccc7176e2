/** The address book in force: from a file or from a table, read together and replaced together. */
import { ViaductError } from '../../errors.ts';
import type { Files } from '../../world/world.ts';
import type { Cell, Row, Table } from '../db_text/api.ts';
import { AddressBook, type AddressRule } from './address-book.ts';
import { parseAddressLine } from './address-file.ts';

export interface AddressColumns {
  readonly group: string;
  readonly address: string;
  readonly mask: string;
  readonly port: string;
  readonly tag: string;
}

export type AddressSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string; readonly files: Files }
  | {
      readonly kind: 'table';
      readonly table: Table;
      readonly columns: AddressColumns;
      /** Reads the rows anew. */
      readonly reread: () => Promise<unknown>;
    };

export class Addresses {
  readonly #source: AddressSource;
  readonly #maxNetworks: number;
  readonly #complain: (fault: string) => void;
  #book: AddressBook;
  #version = -1;

  /** `complain` hears of a table that changed into something that cannot be used: the old addresses stay. */
  constructor(source: AddressSource, maxNetworks: number, complain: (fault: string) => void) {
    this.#source = source;
    this.#maxNetworks = maxNetworks;
    this.#complain = complain;
    this.#book = new AddressBook({ maxNetworks });
  }

  get book(): AddressBook {
    if (this.#source.kind === 'table' && this.#source.table.version !== this.#version) this.#follow(this.#source);
    return this.#book;
  }

  #follow({ table, columns }: Extract<AddressSource, { kind: 'table' }>): void {
    this.#version = table.version;
    const built = this.#fromRows(table, columns);
    if (typeof built === 'string') this.#complain(built);
    else this.#book = built;
  }

  /** As `load`, with what the tables have now. */
  async reload(): Promise<void> {
    if (this.#source.kind === 'table') await this.#source.reread();
    await this.load();
  }

  /** Takes what is there; a ViaductError when it cannot be used, and what was in force stays. */
  async load(): Promise<void> {
    const source = this.#source;
    switch (source.kind) {
      case 'none':
        return;
      case 'file':
        this.#book = accepted(this.#fromText(source.path, await readText(source.files, source.path)));
        return;
      case 'table':
        this.#version = source.table.version;
        this.#book = accepted(this.#fromRows(source.table, source.columns));
        return;
    }
  }

  #fromText(path: string, text: string): AddressBook | string {
    const book = new AddressBook({ maxNetworks: this.#maxNetworks });
    for (const [index, line] of text.split('\n').entries()) {
      const parsed = parseAddressLine(line);
      if (parsed.kind === 'blank') continue;
      const fault = parsed.kind === 'malformed' ? parsed.message : book.add(parsed.rule);
      if (fault !== undefined) return `${path}:${index + 1}: ${fault}`;
    }
    return book;
  }

  #fromRows(table: Table, columns: AddressColumns): AddressBook | string {
    const book = new AddressBook({ maxNetworks: this.#maxNetworks });
    for (const [index, row] of table.rows({}).entries()) {
      const fault = book.add(ruleOf(row, columns));
      if (fault !== undefined) return `table ${table.name}, row ${index + 1}: ${fault}`;
    }
    return book;
  }
}

function ruleOf(row: Row, columns: AddressColumns): AddressRule {
  const tag = row[columns.tag];
  return {
    group: numberOf(row[columns.group]),
    host: String(row[columns.address] ?? ''),
    bits: numberOf(row[columns.mask]),
    port: numberOf(row[columns.port]),
    tag: tag === null || tag === undefined ? undefined : String(tag),
  };
}

const numberOf = (cell: Cell | undefined): number => Number(cell ?? 0) || 0;

function accepted(built: AddressBook | string): AddressBook {
  if (typeof built === 'string') throw new ViaductError('CONFIG_FILE_UNREADABLE', `permissions: ${built}`);
  return built;
}

async function readText(files: Files, path: string): Promise<string> {
  try {
    return await files.readText(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ViaductError('CONFIG_FILE_UNREADABLE', `cannot read ${path} (permissions.address_file): ${why}`, {
      cause,
    });
  }
}
