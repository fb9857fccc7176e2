/**
 * The credentials in force: those of the parameter and those of the file, read together and replaced together, and
 * those that other modules supply.
 */
import { ViaductError } from '../../errors.ts';
import type { Files } from '../../world/world.ts';
import type { Credential, CredentialSource } from './api.ts';
import { CredentialTable } from './credential-table.ts';

export interface CredentialSources {
  readonly listed: readonly string[];
  readonly path: string | undefined;
  readonly files: Files;
}

/** Whose credentials, and who supplied them; nobody when they are auth's own. */
export interface FoundCredential {
  readonly entry: Credential | undefined;
  readonly source: CredentialSource | undefined;
}

export class CredentialStore {
  readonly #sources: CredentialSources;
  readonly #supplied: CredentialSource[] = [];
  #table: CredentialTable;

  /** Throws when a listed line is bad; the file waits for `load`. */
  constructor(sources: CredentialSources) {
    this.#sources = sources;
    this.#table = fromList(sources.listed);
  }

  get table(): CredentialTable {
    return this.#table;
  }

  /** Whether other modules supply credentials: how many they have, they know. */
  get isSupplied(): boolean {
    return this.#supplied.length > 0;
  }

  supply(source: CredentialSource): void {
    this.#supplied.push(source);
  }

  find(user: string, realm: string, table: string | undefined): FoundCredential {
    const own = this.#table.find(user, realm);
    if (own !== undefined) return { entry: own, source: undefined };
    for (const source of this.#supplied) {
      const entry = source.find(user, realm, table);
      if (entry !== undefined) return { entry, source };
    }
    return { entry: undefined, source: undefined };
  }

  /** Reads everything anew. When that fails, what was in force stays. */
  async load(): Promise<void> {
    const { listed, path, files } = this.#sources;
    if (path === undefined) return;
    const text = await readFile(files, path);
    const table = fromList(listed);
    addFile(table, path, text);
    this.#table = table;
  }
}

function fromList(listed: readonly string[]): CredentialTable {
  const table = new CredentialTable();
  for (const [index, line] of listed.entries()) {
    const fault = table.add(line);
    if (fault !== undefined) throw new ViaductError('PARAM_VALUE', `auth.credentials, item ${index + 1}: ${fault}`);
  }
  return table;
}

async function readFile(files: Files, path: string): Promise<string> {
  try {
    return await files.readText(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ViaductError('CREDENTIALS_FILE', `cannot read ${path} (auth.credentials_file): ${why}`, { cause });
  }
}

/** Blank lines and lines that begin with # say nothing; white space around a line does not count. */
export function addFile(table: CredentialTable, path: string, text: string): void {
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    const fault = table.add(entry);
    if (fault !== undefined) throw new ViaductError('CREDENTIALS_FILE', `${path}:${index + 1}: ${fault}`);
  }
}
