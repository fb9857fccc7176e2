/** The tables that modules asked for, by where they come from, and their reading from files. */
import { ViaductError } from '../../errors.ts';
import type { Files } from '../../world/world.ts';
import type { DbTextApi, Row, TableSource } from './api.ts';
import { MemoryTable } from './memory-table.ts';
import { parseTable } from './table-text.ts';

export interface TablesSettings {
  readonly files: Files;
  readonly defaultConnection: string | undefined;
  readonly emptyStrings: boolean;
  /** Rows of tables in memory, by name. */
  readonly memory: ReadonlyMap<string, readonly Row[]>;
}

interface Entry {
  readonly table: MemoryTable;
  /** undefined for a table in memory. */
  readonly path: string | undefined;
}

/** What to say to the URLs of other databases. Credentials stand in a URL, so it is never shown. */
const ADVICE =
  'viaduct reads its tables from text files: export the tables in the form of db_text (one file a table), put them into ' +
  'one directory and set the URL to "text:///that/directory"';

export class Tables implements DbTextApi {
  readonly #settings: TablesSettings;
  readonly #entries = new Map<string, Entry>();

  constructor(settings: TablesSettings) {
    this.#settings = settings;
  }

  table(name: string, source: TableSource): MemoryTable {
    if (!NAME.test(name)) {
      throw new ViaductError('PARAM_VALUE', `${source.param}: ${JSON.stringify(name)} is not the name of a table`);
    }
    const directory = this.#directoryOf(source);
    const path = directory === undefined ? undefined : `${directory.replace(/\/+$/, '')}/${name}`;
    const key = path ?? `memory:${name}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known.table;
    const table = new MemoryTable(name);
    if (path === undefined) table.replace(this.#settings.memory.get(name) ?? []);
    this.#entries.set(key, { table, path });
    return table;
  }

  /** Reads every file, then replaces the rows of all of them: after an error the old rows stay. Gives rows by table. */
  async load(): Promise<Readonly<Record<string, number>>> {
    const read: (readonly [MemoryTable, readonly Row[]])[] = [];
    for (const { table, path } of this.#entries.values()) {
      if (path !== undefined) read.push([table, await this.#read(path)]);
    }
    for (const [table, rows] of read) table.replace(rows);
    return Object.fromEntries([...this.#entries.values()].map(({ table }) => [table.name, table.rows({}).length]));
  }

  reload(): Promise<unknown> {
    return this.load();
  }

  async #read(path: string): Promise<readonly Row[]> {
    const text = await this.#textOf(path);
    const parsed = parseTable(text, this.#settings.emptyStrings);
    if (parsed.kind === 'table') return parsed.rows;
    throw new ViaductError('CONFIG_FILE_UNREADABLE', `${path}:${parsed.line}: ${parsed.message}`);
  }

  async #textOf(path: string): Promise<string> {
    try {
      return await this.#settings.files.readText(path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ViaductError('CONFIG_FILE_UNREADABLE', `cannot read the table ${path}: ${why}`, { cause });
    }
  }

  /** undefined means memory. */
  #directoryOf({ param, url }: TableSource): string | undefined {
    const wanted = url === undefined || url === 'text://' ? (this.#settings.defaultConnection ?? 'memory:') : url;
    const [, scheme = '', rest = ''] = URL.exec(wanted) ?? [];
    switch (scheme.toLowerCase()) {
      case 'memory':
        return undefined;
      case 'text':
        return rest.replace(/^\/\//, '');
      case '':
        // Kamailio's own shorthand: a directory alone.
        return wanted;
    }

    throw new ViaductError(
      'PARAM_VALUE',
      `${param} is a URL of ${scheme}, and there is no client for it here: ${ADVICE}`,
    );
  }
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const URL = /^([A-Za-z][A-Za-z0-9+_-]+):(.*)$/s;
