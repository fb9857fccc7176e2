/** The RPC commands of htable, with the answers of Kamailio. */
import type { RpcHandler } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import type { Clock } from '../../world/world.ts';
import type { Cell, CellValue } from './hash-table.ts';
import type { Tables, TimedTable } from './tables.ts';

/** Names in one dump. */
export const MAX_DUMPED = 10_000;

type Params = readonly (string | number)[];
const SET = 'Ok. Key set to new value.';

export class HtableRpc {
  readonly #tables: Tables;
  readonly #clock: Clock;

  constructor(tables: Tables, clock: Clock) {
    this.#tables = tables;
    this.#clock = clock;
  }

  readonly get: RpcHandler = (params) => {
    const cell = this.#table(params).get(keyOf(params));
    if (cell === undefined) throw new RpcFault(500, "Key name doesn't exist in htable.");
    const { name, value } = cell;
    return { item: { name, value, flags: typeof value === 'string' ? 2 : 0, expire: this.#when(cell) } };
  };

  /** There are no slots here: each name is one. */
  readonly dump: RpcHandler = (params) => {
    const rows: unknown[] = [];
    for (const { name, value } of this.#table(params).cells()) {
      if (rows.length >= MAX_DUMPED) break;
      const type = typeof value === 'string' ? 'str' : 'int';
      rows.push({ entry: rows.length, size: 1, slot: [{ name, value, type }] });
    }
    return rows;
  };

  readonly sets: RpcHandler = (params) => this.#set(params, String(params[2] ?? ''));
  readonly seti: RpcHandler = (params) => this.#set(params, integer(params[2]));

  readonly setxs: RpcHandler = (params) => {
    const seconds = integer(params[3]);
    return this.#set(params, String(params[2] ?? ''), seconds);
  };

  readonly setxi: RpcHandler = (params) => {
    const seconds = integer(params[3]);
    return this.#set(params, integer(params[2]), seconds);
  };

  readonly setex: RpcHandler = (params) => {
    const known = this.#table(params).expireIn(keyOf(params), integer(params[2]));
    if (!known) throw new RpcFault(404, 'Key not found in htable.');
    return 'Ok';
  };

  readonly delete: RpcHandler = (params) => {
    if (!this.#table(params).table.delete(keyOf(params))) throw new RpcFault(404, 'Key not found in htable.');
    return 'Ok. Key deleted.';
  };

  readonly flush: RpcHandler = (params) => {
    this.#table(params).table.clear();
    return 'Ok. Htable flushed.';
  };

  readonly listTables: RpcHandler = () =>
    [...this.#tables.all()].map(({ table: { settings } }) => ({
      name: settings.name,
      dbtable: '',
      dbmode: 0,
      expire: settings.lifeMs / 1000,
      updateexpire: settings.renew ? 1 : 0,
      size: settings.maxItems,
      dmqreplicate: 0,
    }));

  readonly stats: RpcHandler = () =>
    [...this.#tables.all()].map(({ table }) => ({
      name: table.settings.name,
      slots: table.size,
      all: table.size,
      min: table.size === 0 ? 0 : 1,
      max: table.size === 0 ? 0 : 1,
    }));

  readonly refused: RpcHandler = (params) => {
    this.#table(params);
    throw new RpcFault(500, 'No htable db_url');
  };

  #set(params: Params, value: CellValue, seconds?: number): string {
    const table = this.#table(params);
    if (!table.set(keyOf(params), value)) throw new RpcFault(500, 'The htable is full');
    if (seconds !== undefined) table.expireIn(keyOf(params), seconds);
    return SET;
  }

  #table([name = '']: Params): TimedTable {
    const table = this.#tables.find(String(name));
    if (table === undefined) throw new RpcFault(500, 'No such htable');
    return table;
  }

  /** In UTC; 0 when it lives for ever, as Kamailio has it. */
  #when({ expires }: Cell): string | number {
    if (expires === undefined) return 0;
    const wallMs = this.#clock.wall() / 1000 + (expires - this.#clock.now());
    return new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ');
  }
}

function keyOf([, key]: Params): string {
  if (key === undefined) throw new RpcFault(400, 'No key name given');
  return String(key);
}

const INTEGER = /^-?\d{1,15}$/;

function integer(value: string | number | undefined): number {
  if (INTEGER.test(String(value))) return Number(value);
  throw new RpcFault(400, 'Not an integer');
}
