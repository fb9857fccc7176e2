/**
 * usrloc, where users are: bindings from addresses of record to contacts, in memory, until they expire. It has no
 * functions of its own; registrar writes and reads it. Parameters and commands are those of Kamailio's usrloc.
 */
import { defineModule, type Host } from '../../engine/module.ts';
import { choice, int, str } from '../../engine/spec.ts';
import type { LocationEvent, UsrlocApi } from './api.ts';
import { aorHash } from './aor-hash.ts';
import { Bindings } from './bindings.ts';
import { databaseOf } from './database.ts';
import { sameBinding } from './match.ts';
import type { BindingRules } from './location-table.ts';
import { LostConnections } from './lost-connections.ts';
import { LocationRpc, secondsLeft } from './rpc.ts';
import { memoryOnly } from './store.ts';
import { Links, StoreLink } from './store-link.ts';

export const DEFAULT_MAX_BINDINGS = 1_000_000;

const onOff = { choices: { off: ['0', 'no'], on: ['1', 'yes'] }, default: 'off' } as const;

const declaration = {
  name: 'usrloc',
  doc: 'Where users are: their contacts, in memory.',
  params: {
    use_domain: choice({ ...onOff, doc: 'Users are told apart by their domain as well.' }),
    matching_mode: choice({
      choices: { contact: ['0'], contactAndCallId: ['1'], contactAndPath: ['2'], callId: ['3'] },
      default: 'contact',
      doc: 'What tells contacts without an instance apart.',
    }),
    cseq_delay: int({ default: 20, min: 0, doc: 'Seconds within which the same CSeq is a retransmission.' }),
    desc_time_order: choice({ ...onOff, doc: 'The latest contact first, whatever its q.' }),
    nat_bflag: int({ default: -1, min: -1, max: 31, doc: 'Branch flag of contacts behind a NAT; -1 for none.' }),
    handle_lost_tcp: choice({ ...onOff, doc: 'A contact ends with the connection that it was registered on.' }),
    timer_interval: int({ default: 60, min: 1, doc: 'Seconds between looks for lost connections.' }),
    hash_size: int({ default: 10, min: 0, max: 20, doc: 'Shown in `ul.dump` as a number of slots; there are none.' }),
    max_bindings: int({
      default: DEFAULT_MAX_BINDINGS,
      min: 1,
      doc: 'Contacts of all users; further ones are refused.',
    }),
    db_mode: int({
      default: 0,
      min: 0,
      max: 4,
      doc: 'Contacts are in memory; 1, 2 and 3 write them through to the store of `db_url` as well, 4 only reads it.',
    }),
    db_url: str({
      doc: 'Store for contacts: `redis://host:port/db`, also with Sentinel, Cluster and TLS. Other databases are refused.',
    }),
    timer_procs: int({ default: 0, min: 0, doc: 'Accepted; there are no timer processes.' }),
  },
  stats: { expired: 'Contacts that were not refreshed in time.', inserted: 'Contacts that came.' },
  rpc: {
    'ul.dump': { doc: 'All users and contacts; `brief`: the users alone.' },
    'ul.lookup': { doc: 'The contacts of one user: table, address of record.' },
    'ul.add': {
      doc: 'Adds a contact: table, address of record, URI, seconds or 0, q, path or 0, flags, branch flags, methods.',
    },
    'ul.rm': { doc: 'Removes a user: table, address of record.' },
    'ul.rm_contact': { doc: 'Removes a contact: table, address of record, URI.' },
    'ul.flush': { doc: 'Nothing: there is nothing between memory and a database.' },
    'ul.db_users': { doc: 'Refused: there is no database.' },
    'ul.db_contacts': { doc: 'Refused: there is no database.' },
    'ul.db_expired_contacts': { doc: 'Refused: there is no database.' },
  },
} as const;

export const usrloc = defineModule(declaration, (host) => {
  const { params, engine } = host;
  const database = databaseOf(params.db_mode, params.db_url);
  if (database.kind === 'ignored') {
    host.log.write('warn', 'db_mode has no effect: bindings are kept in memory and not written', {
      db_mode: params.db_mode,
    });
  }
  const rules = rulesOf(host);
  const bindings = host.state('bindings', () => new Bindings(engine, rules));
  const listeners: ((event: LocationEvent) => void)[] = [(event) => count(host, event)];
  const lost = new LostConnections(engine, bindings, params.timer_interval * 1000);
  const rpc = new LocationRpc(bindings, { useDomain: params.use_domain === 'on', hashSize: params.hash_size });
  const links = host.state('links', () => new Links());
  const link = new StoreLink({ engine, bindings, log: host.log, database, links });
  return {
    functions: {},
    api: apiOf(host, bindings, listeners),
    start: async () => {
      bindings.rules = rules;
      bindings.listeners = listeners;
      bindings.store = (await link.open()) ?? memoryOnly;
      if (params.handle_lost_tcp === 'on') lost.start();
    },
    stop: async () => {
      lost.stop();
      await link.close();
    },
    metrics: () => link.samples(),
    rpc: {
      'ul.dump': (given) => rpc.dump(given),
      'ul.lookup': (given) => rpc.lookup(given),
      'ul.add': (given) => rpc.add(given),
      'ul.rm': (given) => rpc.remove(given),
      'ul.rm_contact': (given) => rpc.removeContact(given),
      'ul.flush': () => ({}),
      'ul.db_users': () => rpc.databaseOnly(),
      'ul.db_contacts': () => rpc.databaseOnly(),
      'ul.db_expired_contacts': () => rpc.databaseOnly(),
    },
  };
});

const rulesOf = ({ params }: Host<typeof declaration>): BindingRules => ({
  matching: params.matching_mode,
  latestFirst: params.desc_time_order === 'on',
  maxBindings: params.max_bindings,
});

function apiOf(
  { params, engine }: Host<typeof declaration>,
  bindings: Bindings,
  listeners: ((event: LocationEvent) => void)[],
): UsrlocApi {
  return {
    useDomain: params.use_domain === 'on',
    natFlag: params.nat_bflag < 0 ? 0 : (1 << params.nat_bflag) >>> 0,
    cseqDelayMs: params.cseq_delay * 1000,
    same: (a, b) => sameBinding(a, b, params.matching_mode),
    location: (name) => bindings.table(name),
    secondsLeft: (binding) => secondsLeft(binding, engine.world.clock.now()),
    aorHash,
    on: (listener) => listeners.push(listener),
  };
}

function count({ stats }: Host<typeof declaration>, { kind }: LocationEvent): void {
  if (kind === 'expired') stats.expired.value++;
  else if (kind === 'inserted') stats.inserted.value++;
}
