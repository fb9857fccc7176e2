/** What htable declares: parameters, functions, pseudo-variables, event routes and RPC, under Kamailio's names. */
import { choice, int, list, str } from '../../engine/spec.ts';
import { OPERATORS } from './matching.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const table = str({ doc: 'Name of the table.' });
const key = str({ doc: 'Name in the table.' });
const operator = choice({ choices: OPERATORS, doc: 'How the text is compared.' });
const text = str({ doc: 'Text to compare with.' });
const iterator = str({ doc: 'Name of the walk.' });
const seconds = int({ min: 0, max: 2_147_483, doc: 'Seconds; 0 for ever.' });
const removed = { removed: 1, noTable: -1 } as const;
const stored = { stored: 1, noTable: -1, full: -1 } as const;
const walked = { done: 1, nothing: -1 } as const;

export const DEFAULT_MAX_ITEMS = 1_000_000;

const functions = {
  sets: { cfg: [], routes: anywhere, args: [table, key, text], returns: stored, doc: 'Keeps a text under a name.' },
  seti: {
    cfg: [],
    routes: anywhere,
    args: [table, key, int({ doc: 'Number.' })],
    returns: stored,
    doc: 'Keeps a number under a name.',
  },
  setex: {
    cfg: [],
    routes: anywhere,
    args: [table, key, seconds],
    returns: { set: 1, absent: -1 },
    doc: 'Says how long a value lives from now on.',
  },
  rm: { cfg: ['sht_rm'], routes: anywhere, args: [table, key], returns: removed, doc: 'Removes a name.' },
  rmName: {
    cfg: ['sht_rm_name'],
    routes: anywhere,
    args: [table, operator, text],
    returns: removed,
    doc: 'Removes the names that fit.',
  },
  rmValue: {
    cfg: ['sht_rm_value'],
    routes: anywhere,
    args: [table, operator, text],
    returns: removed,
    doc: 'Removes the names whose texts fit.',
  },
  rmNameRe: {
    cfg: ['sht_rm_name_re'],
    routes: anywhere,
    args: [str({ doc: '`table=>regular expression`' })],
    returns: removed,
    doc: 'Removes the names that match.',
  },
  rmValueRe: {
    cfg: ['sht_rm_value_re'],
    routes: anywhere,
    args: [str({ doc: '`table=>regular expression`' })],
    returns: removed,
    doc: 'Removes the names whose texts match.',
  },
  reset: {
    cfg: ['sht_reset'],
    routes: anywhere,
    args: [table],
    returns: { emptied: 1, noTable: -1 },
    doc: 'Removes everything.',
  },
  hasName: {
    cfg: ['sht_has_name', 'sht_match_name'],
    routes: anywhere,
    args: [table, operator, text],
    returns: 'boolean',
    doc: 'Whether some name fits.',
  },
  hasStrValue: {
    cfg: ['sht_has_str_value', 'sht_match_str_value'],
    routes: anywhere,
    args: [table, operator, text],
    returns: 'boolean',
    doc: 'Whether some text fits.',
  },
  isNull: {
    cfg: ['sht_is_null'],
    routes: anywhere,
    args: [table, key],
    returns: 'boolean',
    doc: 'Whether there is no value, and none to begin with.',
  },
  print: {
    cfg: ['sht_print'],
    routes: anywhere,
    args: [],
    returns: { printed: 1 },
    doc: 'Writes how much is in each table to the log.',
  },
  lock: {
    cfg: ['sht_lock'],
    routes: anywhere,
    args: [str({ doc: '`table=>name`' })],
    returns: { locked: 1, noTable: -1, full: -1 },
    async: true,
    doc: 'Waits until no other route holds the lock of this name. It ends with unlock, with the route, or after 10 seconds.',
  },
  unlock: {
    cfg: ['sht_unlock'],
    routes: anywhere,
    args: [str({ doc: '`table=>name`' })],
    returns: { unlocked: 1, notHeld: -1 },
    doc: 'Gives the lock of this name to the next.',
  },
  iteratorStart: {
    cfg: ['sht_iterator_start'],
    routes: anywhere,
    args: [iterator, table],
    returns: { started: 1, noTable: -1, full: -1 },
    doc: 'Begins to walk through a table.',
  },
  iteratorNext: {
    cfg: ['sht_iterator_next'],
    routes: anywhere,
    args: [iterator],
    returns: 'boolean',
    doc: 'Goes on to the next name; false at the end.',
  },
  iteratorEnd: {
    cfg: ['sht_iterator_end'],
    routes: anywhere,
    args: [iterator],
    returns: { ended: 1 },
    doc: 'Ends a walk.',
  },
  iteratorRm: {
    cfg: ['sht_iterator_rm'],
    routes: anywhere,
    args: [iterator],
    returns: walked,
    doc: 'Removes the name where the walk stands.',
  },
  iteratorSets: {
    cfg: ['sht_iterator_sets'],
    routes: anywhere,
    args: [iterator, text],
    returns: walked,
    doc: 'Gives it a text.',
  },
  iteratorSeti: {
    cfg: ['sht_iterator_seti'],
    routes: anywhere,
    args: [iterator, int({ doc: 'Number.' })],
    returns: walked,
    doc: 'Gives it a number.',
  },
  iteratorSetex: {
    cfg: ['sht_iterator_setex'],
    routes: anywhere,
    args: [iterator, seconds],
    returns: walked,
    doc: 'Says how long it lives from now on.',
  },
} as const;

export const declaration = {
  name: 'htable',
  doc: 'Tables of names and values in memory, for all routes.',
  params: {
    htable: list({
      default: [],
      doc: 'A table each: `name=>autoexpire=seconds;initval=number;updateexpire=0 or 1;maxitems=number;`.',
    }),
    max_items: int({
      default: DEFAULT_MAX_ITEMS,
      min: 1,
      max: 100_000_000,
      doc: 'Names in one table; further ones are not stored.',
    }),
    timer_interval: int({ default: 20, min: 1, max: 86_400, doc: 'Accepted; values expire on time.' }),
    db_url: str({ doc: 'Accepted; tables are not loaded from a database.' }),
    db_expires: int({ default: 0, min: 0, max: 1, doc: 'Accepted, see db_url.' }),
    fetch_rows: int({ default: 100, min: 0, doc: 'Accepted, see db_url.' }),
    timer_procs: int({ default: 0, min: 0, doc: 'Accepted; there is one process.' }),
    enable_dmq: int({ default: 0, min: 0, max: 0, doc: 'There is no DMQ.' }),
  },
  functions,
  pvs: {
    sht: {
      type: 'any',
      writable: true,
      inner: 'required',
      doc: 'Value of `table=>name`; null when there is none. Null removes it.',
    },
    shtex: {
      type: 'int',
      writable: true,
      inner: 'required',
      doc: 'Seconds that `table=>name` still lives; 0 for ever.',
    },
    shtcn: {
      type: 'int',
      inner: 'required',
      doc: 'How many names fit `table=>expression`: a regular expression, or ==, %~ (begins with), ~% (ends with), ~~ and a text.',
    },
    shtcv: { type: 'int', inner: 'required', doc: 'How many texts fit, the same.' },
    shtinc: { type: 'int', inner: 'required', doc: 'Adds 1 to the number and gives it; null when there is no number.' },
    shtdec: { type: 'int', inner: 'required', doc: 'Takes 1 off the number and gives it.' },
    shtitkey: { type: 'str', inner: 'required', doc: 'Name where the walk stands.' },
    shtitval: { type: 'any', inner: 'required', doc: 'Value where the walk stands.' },
    shtrecord: {
      type: 'any',
      inner: 'required',
      doc: 'In event_route[htable:expired:...]: `key`, `value` or `expire` of what expired.',
    },
  },
  eventRoutes: {
    'htable:mod-init': { doc: 'When the tables have been made, before anything is heard.' },
    htable: { doc: 'As `htable:expired:NAME`: a value of the table NAME has expired.' },
  },
  stats: { full: 'Values that were not stored because a table was full.' },
  rpc: {
    'htable.get': { doc: 'Value of a name: table, name.' },
    'htable.dump': { doc: 'Everything in a table.' },
    'htable.sets': { doc: 'Sets a text: table, name, text.' },
    'htable.seti': { doc: 'Sets a number: table, name, number.' },
    'htable.setex': { doc: 'Sets the life time: table, name, seconds.' },
    'htable.setxs': { doc: 'Sets a text and the life time: table, name, text, seconds.' },
    'htable.setxi': { doc: 'Sets a number and the life time: table, name, number, seconds.' },
    'htable.delete': { doc: 'Removes a name: table, name.' },
    'htable.flush': { doc: 'Removes everything from a table.' },
    'htable.listTables': { doc: 'The tables and their settings.' },
    'htable.stats': { doc: 'How much is in each table.' },
    'htable.reload': { doc: 'Refused: there is no database.' },
    'htable.store': { doc: 'Refused: there is no database.' },
  },
} as const;
