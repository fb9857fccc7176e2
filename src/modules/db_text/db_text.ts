/**
 * db_text, the tables that other modules look things up in: subscribers, aliases, domains. Read from text files in the
 * form of Kamailio's db_text or from Redis, or given as parameters; kept in memory.
 */
import { defineModule } from '../../engine/module.ts';
import { choice, list, str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import type { Row } from './api.ts';
import { countNames } from './table-counts.ts';
import { parseTable } from './table-text.ts';
import { Tables } from './tables.ts';

export const db_text = defineModule(
  {
    name: 'db_text',
    doc: 'Tables from text files, from Redis or from parameters, for modules that look something up.',
    params: {
      default_connection: str({
        doc: 'URL for modules that name none, and the directory for `text://`. Without it, tables are in memory.',
      }),
      emptystring: choice({
        choices: { off: ['0'], on: ['1'] },
        default: 'off',
        doc: 'An empty text in a file or a field is an empty text, not null.',
      }),
      memory: list({
        default: [],
        doc: 'Tables in memory, each a text: the name of the table on the first line, then what its file would hold.',
      }),
    },
    stats: countNames,
    rpc: {
      'db_text.reload': { doc: 'Reads all tables again; after an error the old rows stay. Gives rows by table.' },
    },
  },
  (host) => {
    const { params, world, log, stats } = host;
    const emptyStrings = params.emptystring === 'on';
    const tables = new Tables({
      files: world.files,
      defaultConnection: params.default_connection,
      emptyStrings,
      memory: new Map(params.memory.map((text) => memoryTable(text, emptyStrings))),
      counts: stats,
      stores: {
        stores: world.stores,
        clock: world.clock,
        log,
        kept: host.state('stores', () => new Map<string, readonly Row[]>()),
      },
    });
    return {
      functions: {},
      api: tables,
      start: () => tables.start(),
      stop: () => tables.stop(),
      metrics: () =>
        tables.all().map(({ name: table, size }) => ({
          name: 'db_text_rows',
          kind: 'gauge',
          help: 'Rows in a table now.',
          labels: { table },
          value: size,
        })),
      rpc: { 'db_text.reload': () => tables.reload() },
    };
  },
);

function memoryTable(text: string, emptyStrings: boolean): readonly [string, readonly Row[]] {
  const end = text.indexOf('\n');
  const name = text.slice(0, Math.max(end, 0)).trim();
  const parsed = parseTable(text.slice(end + 1), emptyStrings);
  if (parsed.kind === 'table') return [name, parsed.rows];
  throw new ViaductError('PARAM_VALUE', `db_text.memory, table ${name}, line ${parsed.line + 1}: ${parsed.message}`);
}
