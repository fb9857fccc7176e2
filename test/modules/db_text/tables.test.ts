/** Tables in the form of db_text: what is read, what is refused and with which words, and how they are asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measure } from '../../../src/cli/measures.ts';
import { defineModule, use } from '../../../src/engine/module.ts';
import type { Row } from '../../../src/modules/db_text/api.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { MemoryTable } from '../../../src/modules/db_text/memory-table.ts';
import { newCounts, type TableCounts } from '../../../src/modules/db_text/table-counts.ts';
import { MAX_COLUMNS, parseTable } from '../../../src/modules/db_text/table-text.ts';
import { Tables } from '../../../src/modules/db_text/tables.ts';
import { SimFiles } from '../../../src/testing/sim-files.ts';
import { Simulator } from '../../../src/testing/simulator.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';
import type { Stores } from '../../../src/world/store.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rowsOf = (text: string, emptyStrings = false): readonly Row[] => {
  const parsed = parseTable(text, emptyStrings);
  if (parsed.kind === 'malformed') throw new Error(`${parsed.line}: ${parsed.message}`);
  return parsed.rows;
};

describe('the text of a table', () => {
  it('has columns with types on the first line and rows below', () => {
    expect(rowsOf('id(int,auto) name(string) rate(double) note(str,null)\n1:alice:0.5:x\n-2:bob:1:\n\n')).toEqual([
      { id: 1, name: 'alice', rate: 0.5, note: 'x' },
      { id: -2, name: 'bob', rate: 1, note: null },
    ]);
  });

  it('has escapes for what separates', () => {
    expect(rowsOf('a(string) b(string)\r\nx\\:y\\\\:1\\n2\\t3\\r4\\0\r\n')).toEqual([
      { a: 'x:y\\', b: '1\n2\t3\r4\0' },
    ]);
  });

  it('has empty texts where emptystring says so', () => {
    expect(rowsOf('a(string) b(string)\nx:\n', true)).toEqual([{ a: 'x', b: '' }]);
  });

  it('may have columns with any name', () => {
    expect(Object.entries(rowsOf('__proto__(string)\nx\n')[0] ?? {})).toEqual([['__proto__', 'x']]);
  });

  it.each([
    ['', '1: the first line names the columns'],
    ['alice:secret\n', '1: expected name(type)'],
    ['a(float)\n', '1: expected name(type)'],
    ['a(int) a(int)\n', '1: the column a is there twice'],
    ['a(int) b(int)\n1\n', '2: 1 values for 2 columns'],
    ['a(int)\n1\n1:2\n', '3: 2 values for 1 columns'],
    ['a(int)\nx\n', '2: "x" in column a is no int'],
    ['a(double)\n1e5\n', '2: "1e5" in column a is no double'],
    ['a(string) b(int)\n:1\n', '2: column a is empty: declare it a(string,null) if it may be'],
    ['a(string)\nx\\y\n', '2: a backslash stands before'],
    ['a(string)\nx\\', '2: a backslash stands before'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => rowsOf(text)).toThrow(message);
  });

  it(`has at most ${MAX_COLUMNS} columns`, () => {
    const columns = (count: number): string => Array.from({ length: count }, (_, i) => `c${i}(int,null)`).join(' ');
    expect(rowsOf(columns(MAX_COLUMNS))).toEqual([]);
    expect(() => rowsOf(columns(MAX_COLUMNS + 1))).toThrow('1: more than 64 columns');
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (head, rest) => {
        expect(['table', 'malformed']).toContain(parseTable(head, false).kind);
        expect(['table', 'malformed']).toContain(parseTable(`a(string)\n${rest}`, true).kind);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a table', () => {
  const cell = fc.oneof(fc.constantFrom('a', 'b', '', '1', '1:1', '-'), fc.constantFrom(1, 11), fc.constant(null));
  const row = fc.record({ x: cell, y: cell });
  const fits = (one: Row, filter: Row): boolean =>
    Object.entries(filter).every(([name, value]) =>
      value === null ? one[name] === null : one[name] !== null && String(one[name]) === String(value),
    );

  it('gives the rows that fit, also after changes', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), row, row, cell, (rows, both, changes, x) => {
        const table = new MemoryTable('t');
        for (const one of rows) table.insert(one);
        for (const filter of [{}, { x }, both])
          expect(table.rows(filter)).toEqual(rows.filter((one) => fits(one, filter)));
        const changed = rows.filter((one) => fits(one, { x })).length;
        expect(table.update({ x }, changes)).toBe(changed);
        const after = rows.map((one) => (fits(one, { x }) ? { ...one, ...changes } : one));
        expect(table.rows(both)).toEqual(after.filter((one) => fits(one, both)));
        expect(table.delete(both)).toBe(after.filter((one) => fits(one, both)).length);
        expect(table.rows({})).toEqual(after.filter((one) => !fits(one, both)));
      }),
      { numRuns: 100 },
    );
  });

  it('has a version that grows with every change, and a limit', () => {
    const table = new MemoryTable('t', 1);
    const versions = [table.version];
    expect(table.insert({ a: 1 })).toBe(true);
    versions.push(table.version);
    expect(table.insert({ a: 2 })).toBe(false);
    expect(table.update({ a: 5 }, { a: 6 })).toBe(0);
    expect(table.version).toBe(versions[1]);
    expect(table.update({ a: 1 }, { a: 6 })).toBe(1);
    expect(table.rows({ a: '6' })).toEqual([{ a: 6 }]);
    expect(table.delete({ b: null })).toBe(1);
    expect(table.version).toBeGreaterThan(versions[1] ?? 0);
  });
});

describe('what tables count', () => {
  const values = (counts: TableCounts) => Object.values(counts).map(({ value }) => value);

  it('is reads, misses among them, and rows written, however large the table', () => {
    const counts = newCounts();
    const table = new MemoryTable('t', 2, counts);
    table.replace([{ a: 1 }]);
    table.rows({ a: 1 });
    table.rows({ a: 2 });
    expect(values(counts)).toEqual([2, 1, 0, 0]);
    for (const a of [2, 3]) table.insert({ a });
    expect([table.update({ a: 2 }, { a: 1 }), table.update({ a: 9 }, {}), table.delete({ a: 1 })]).toEqual([1, 0, 2]);
    expect(values(counts)).toEqual([2, 1, 4, 0]);
  });

  it('is told as statistics and metrics, with the rows of each table', async () => {
    const rig = await moduleRig([use(db_text, { memory: ['users\nname(string)\nalice\n'] }), reader]);
    expect(rig.rpc('stats.fetchn', 'db_text:')).toEqual({
      'db_text.errors': 0,
      'db_text.misses': 1,
      'db_text.reads': 2,
      'db_text.writes': 1,
    });
    const samples = measure(rig.proxy).filter(({ name }) => name.startsWith('db_text'));
    expect(samples.map(({ name, labels, value }) => [name, labels, value])).toEqual([
      ['db_text_reads', undefined, 2],
      ['db_text_misses', undefined, 1],
      ['db_text_writes', undefined, 1],
      ['db_text_errors', undefined, 0],
      ['db_text_rows', { table: 'users' }, 2],
    ]);
  });

  it('is files that could not be read again', async () => {
    const files = { '/db/users': 'name(string)\nalice\n' };
    const rig = await moduleRig([use(db_text, { default_connection: 'text:///db' }), reader], { files });
    rig.sim.files.set('/db/users', 'name(int)\nalice\n');
    await expect(rig.rpc('db_text.reload')).rejects.toThrow('no int');
    rig.sim.files.remove('/db/users');
    await expect(rig.rpc('db_text.reload')).rejects.toThrow('cannot read');
    expect(rig.rpc('stats.fetchn', 'db_text:errors')).toEqual({ 'db_text.errors': 2 });
  });
});

/** Uses a table as other modules do: one row is there, one is not, one is added. */
const reader = defineModule({ name: 'reader', doc: 'A test.', needs: ['db_text'] }, (host) => {
  const table = host.use('db_text').table('users', { param: 'reader.url', url: undefined });
  return {
    functions: {},
    async start() {
      for (const name of ['alice', 'bob']) table.rows({ name });
      table.insert({ name: 'carol' });
    },
  };
});

describe('where tables come from', () => {
  const tablesOf = (defaultConnection?: string, stores?: Stores) => {
    const files = new SimFiles();
    files.set('/db/users', 'name(string)\nalice\n');
    return {
      files,
      tables: new Tables({
        files,
        defaultConnection,
        emptyStrings: false,
        memory: new Map([['users', [{ name: 'bob' }]]]),
        stores: {
          stores,
          clock: new Simulator().host('10.0.0.1').clock,
          log: { write: () => undefined },
          kept: new Map(),
        },
      }),
    };
  };

  it.each([
    [undefined, 'text:///db', 'alice'],
    [undefined, 'text:///db/', 'alice'],
    [undefined, '/db', 'alice'],
    ['text:///db', undefined, 'alice'],
    ['/db', 'text://', 'alice'],
    [undefined, undefined, 'bob'],
    ['text:///db', 'memory:', 'bob'],
  ])('default %s, URL %s: %s', async (byDefault, url, name) => {
    const { tables } = tablesOf(byDefault);
    const table = tables.table('users', { param: 'x.db_url', url });
    expect(tables.table('users', { param: 'y.db_url', url })).toBe(table);
    await tables.reload();
    expect(table.rows({})).toEqual([{ name }]);
  });

  it.each(['mysql', 'postgres', 'sqlite', 'text+x'])(
    'a URL of %s is refused with advice and without its password',
    (scheme) => {
      const { tables } = tablesOf();
      const ask = () => tables.table('users', { param: 'auth_db.db_url', url: `${scheme}://kam:s3cret@db/kamailio` });
      expect(ask).toThrow(`auth_db.db_url is a URL of ${scheme}, and there is no client for it here`);
      expect(ask).toThrow('set the URL to "text:///that/directory"');
      expect(ask).not.toThrow('s3cret');
    },
  );

  it('a URL of Redis is refused where nothing can open it, and when it is malformed, without its password', () => {
    const ask = (url: string, stores?: Stores) => () =>
      tablesOf(undefined, stores).tables.table('users', { param: 'auth_db.db_url', url });
    const { stores } = nodeWorld();
    expect(ask('redis://kam:s3cret@db/0')).toThrow('auth_db.db_url: there is no client for Redis here');
    expect(ask('redis://kam:s3cret@db/zero', stores)).toThrow(
      /^auth_db.db_url: not a URL of Redis: the database is a number$/,
    );
    for (const form of [
      'redis://h/1',
      'rediss://h',
      'redis+unix:///s',
      'redis+sentinel://h/m',
      'Redis+cluster://a,b',
    ]) {
      expect(ask(form, stores)).not.toThrow();
    }
  });

  it('a name cannot lead out of the directory', () => {
    const { tables } = tablesOf();
    for (const name of ['../passwd', '', '.hidden', 'a/b']) {
      expect(() => tables.table(name, { param: 'x.db_url', url: 'text:///db' })).toThrow('is not the name of a table');
    }
  });

  it('after a reading that fails the old rows stay', async () => {
    const { tables, files } = tablesOf();
    const table = tables.table('users', { param: 'x.db_url', url: 'text:///db' });
    expect(await tables.reload()).toEqual({ users: 1 });
    files.set('/db/users', 'name(string)\ncarol:1\n');
    await expect(tables.reload()).rejects.toThrow('/db/users:2: 2 values for 1 columns');
    files.remove('/db/users');
    await expect(tables.reload()).rejects.toThrow('cannot read the table /db/users');
    expect(table.rows({})).toEqual([{ name: 'alice' }]);
    files.set('/db/users', 'name(string)\ncarol\n');
    await tables.reload();
    expect(table.rows({ name: 'carol' })).toHaveLength(1);
  });
});
