/** Users of a table as credentials for auth: columns, domains, stored hashes (Kamailio's auth_db over `subscriber`). */
import type { RequestContext } from '../../engine/context.ts';
import type { Credential, CredentialSource } from '../auth/api.ts';
import type { Cell, Row, Table } from '../db_text/api.ts';

export interface SubscriberColumns {
  readonly user: string;
  readonly domain: string;
  readonly password: string;
  /** The hash for names of the form user@domain. */
  readonly password2: string;
}

export interface SubscriberSettings {
  readonly columns: SubscriberColumns;
  /** The password column holds passwords; else it holds hashes. */
  readonly calculateHa1: boolean;
  readonly useDomain: boolean;
  readonly loads: readonly LoadedColumn[];
}

/** A column whose value becomes an AVP of who logged in. */
export interface LoadedColumn {
  readonly avp: string;
  readonly column: string;
}

const HEX_MD5 = /^[0-9a-f]{32}$/i;
const HEX_SHA256 = /^[0-9a-f]{64}$/i;

export class Subscribers implements CredentialSource {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #settings: SubscriberSettings;
  readonly #unknownTable: (name: string) => void;

  /** The first table is the one that is meant when a route names none. */
  constructor(tables: readonly Table[], settings: SubscriberSettings, unknownTable: (name: string) => void) {
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#settings = settings;
    this.#unknownTable = unknownTable;
  }

  find(user: string, realm: string, table: string | undefined): Credential | undefined {
    const row = this.row(user, realm, table);
    if (row === undefined) return undefined;
    const { columns, calculateHa1 } = this.#settings;
    const name = splitUser(user).name;
    if (calculateHa1) {
      return { user: name, password: textOf(row[columns.password]), md5: undefined, sha256: undefined };
    }
    // The hash of a name with its domain is another one than that of the name alone.
    const hash = textOf(row[user === name ? columns.password : columns.password2])?.toLowerCase() ?? '';
    return {
      user: name,
      password: undefined,
      md5: HEX_MD5.test(hash) ? hash : undefined,
      sha256: HEX_SHA256.test(hash) ? hash : undefined,
    };
  }

  accepted(
    ctx: RequestContext,
    login: { readonly user: string; readonly realm: string; readonly table?: string },
  ): void {
    const { loads } = this.#settings;
    if (loads.length === 0) return;
    const row = this.row(login.user, login.realm, login.table);
    for (const { avp, column } of loads) {
      const value = row?.[column];
      if (value !== null && value !== undefined) ctx.state.avps.set(avp, [value]);
    }
  }

  /** The row of a user, whose domain is the realm unless the name brings one. */
  row(user: string, realm: string, tableName: string | undefined): Row | undefined {
    const { columns, useDomain } = this.#settings;
    const table = this.#table(tableName);
    if (table === undefined) return undefined;
    const { name, domain } = splitUser(user);
    const rows = table.rows({ [columns.user]: name });
    if (!useDomain) return rows[0];
    const wanted = (domain ?? realm).toLowerCase();
    return rows.find((row) => textOf(row[columns.domain])?.toLowerCase() === wanted);
  }

  #table(name: string | undefined): Table | undefined {
    if (name === undefined || name === '') return this.#tables.values().next().value;
    const table = this.#tables.get(name);
    if (table === undefined) this.#unknownTable(name);
    return table;
  }
}

function splitUser(user: string): { readonly name: string; readonly domain: string | undefined } {
  const at = user.lastIndexOf('@');
  return at < 0 ? { name: user, domain: undefined } : { name: user.slice(0, at), domain: user.slice(at + 1) };
}

const textOf = (cell: Cell | undefined): string | undefined =>
  cell === null || cell === undefined ? undefined : String(cell);

const AVP = /^\$avp\(\s*(?:[si]:)?([^()]+?)\s*\)$/;

/** `rpid;$avp(email)=email_address`: a column alone is also the name of its AVP. undefined when it is malformed. */
export function parseLoads(text: string): readonly LoadedColumn[] | undefined {
  const loads: LoadedColumn[] = [];
  for (const item of text.split(';')) {
    const [left = '', right] = item.split('=').map((part) => part.trim());
    if (left === '' && right === undefined) continue;
    const named = AVP.exec(left)?.[1];
    const avp = named ?? (right === undefined ? left : undefined);
    const column = right ?? named ?? left;
    if (avp === undefined || column === '') return undefined;
    loads.push({ avp, column });
  }
  return loads;
}
