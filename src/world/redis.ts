/**
 * Redis behind the interfaces of the store: one server, Sentinel or Cluster. No command waits for a connection, each has
 * its time limit, and a server that is silent counts as down until a new connection to it has answered.
 */
import type { Cluster, Command, Redis } from 'ioredis';
import { after, type Instant } from '../util/time.ts';
import type { Clock, Files } from './world.ts';
import { type Answer, Answers, type Pending } from './store-answers.ts';
import {
  type Call,
  callText,
  DROP,
  DROP_FIELD,
  HASH,
  LOOK,
  PUT,
  PUT_FIELD,
  readRecord,
  recordText,
  type Script,
  SCRIPTS,
} from './store-record.ts';
import { type PemFile, readStoreUrl, type StoreAddress } from './store-url.ts';
import type {
  HashesOutcome,
  HashQuery,
  HashTaker,
  Parcel,
  Place,
  ReadOutcome,
  Sighting,
  Store,
  StoreCounter,
  StoredRecord,
  StoreEvents,
  Stores,
  StoreState,
  WriteOutcome,
} from './store.ts';

/** Keys of one step of a scan. */
export const SCAN_BATCH = 256;
const REFUSALS_MS = 60_000;
const CONNECT_MS = 2_000;
const DISCONNECT_MS = 100;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;
const MAX_REDIRECTIONS = 4;

type Client = Redis | Cluster;

export function redisStores(clock: Clock, files: Files): Stores {
  return {
    open(url, on) {
      const read = readStoreUrl(url);
      return read.kind === 'malformed'
        ? read
        : { kind: 'store', store: new RedisStore(read.address, { clock, files }, on) };
    },
  };
}

const DOWN = { kind: 'down' } as const;
const NONE = { kind: 'none' } as const;
const NOTHING: readonly unknown[] = [];
const TEXT_REPLIES = { replyEncoding: 'utf8' } as const;
const SETTLED = Promise.resolve();

class RedisStore implements Store {
  readonly counters: Record<StoreCounter, number> = {
    ...{ commands: 0, unsent: 0, timeouts: 0, failures: 0, refused: 0, older: 0, rubbish: 0, ups: 0 },
  };
  readonly #address: StoreAddress;
  readonly #clock: Clock;
  readonly #files: Files;
  readonly #on: StoreEvents;
  readonly #answers: Answers;
  readonly #waiting = new Set<(isUp: boolean) => void>();
  #client: Client | undefined = undefined;
  #Command: typeof Command | undefined = undefined;
  #phase: 'connecting' | 'up' | 'down' | 'closed' = 'connecting';
  #lastError = 'not connected';
  #nextRefusal: Instant;
  #isGathering = false;
  #corked: Redis['stream'] | undefined = undefined;

  constructor(address: StoreAddress, { clock, files }: { clock: Clock; files: Files }, on: StoreEvents) {
    this.#address = address;
    this.#clock = clock;
    this.#files = files;
    this.#on = on;
    this.#answers = new Answers(clock, address.timeoutMs, {
      late: () => this.counters.timeouts++,
      silent: (forMs) => this.#silent(forMs),
    });
    this.#nextRefusal = clock.now();
    this.#connect().catch((error: unknown) => this.#down(textOf(error)));
  }

  get label(): string {
    return this.#address.label;
  }

  get isUp(): boolean {
    return this.#phase === 'up';
  }

  ready(withinMs: number): Promise<boolean> {
    if (this.#phase !== 'connecting') return Promise.resolve(this.isUp);
    return new Promise((resolve) => {
      const settle = (isUp: boolean): void => {
        cancel();
        this.#waiting.delete(settle);
        resolve(isUp);
      };
      const cancel = this.#clock.wake(after(this.#clock.now(), withinMs), () => settle(false));
      this.#waiting.add(settle);
    });
  }

  async get(key: string): Promise<ReadOutcome<StoredRecord>> {
    const answer = await this.#ask((client) => client.get(this.#key(key)));
    if (answer.kind !== 'answer') return answer;
    if (answer.value === null) return NONE;
    const record = this.#record(key, answer.value);
    return record === undefined ? NONE : { kind: 'value', value: record };
  }

  async look(key: string): Promise<ReadOutcome<Sighting>> {
    const answer = await this.#run(LOOK, 1, this.#key(key));
    if (answer.kind !== 'answer') return answer;
    const [left, text]: readonly unknown[] = Array.isArray(answer.value) ? answer.value : [];
    if (left === GONE) return NONE;
    const record = typeof text === 'string' ? readRecord(text) : undefined;
    if (record === undefined) this.#tellRubbish(key);
    return { kind: 'value', value: { ttlMs: typeof left === 'number' && left >= 0 ? left : undefined, record } };
  }

  async fields(key: string): Promise<ReadOutcome<ReadonlyMap<string, StoredRecord>>> {
    const answer = await this.#ask((client) => client.hgetall(this.#key(key)));
    if (answer.kind !== 'answer') return answer;
    const records = new Map<string, StoredRecord>();
    const fields = typeof answer.value === 'object' && answer.value !== null ? answer.value : {};
    for (const [field, text] of Object.entries(fields)) {
      const record = this.#record(key, text);
      if (record !== undefined) records.set(field, record);
    }
    return records.size === 0 ? NONE : { kind: 'value', value: records };
  }

  put({ key, field }: Place, record: StoredRecord): Promise<WriteOutcome> {
    const now = this.#wallMs();
    const [own, text, ttl] = [this.#key(key), recordText(record), ttlOf(record, now)];
    if (field === undefined) return this.#write(this.#run(PUT, 1, own, text, ttl));
    return this.#write(this.#run(PUT_FIELD, 1, own, text, ttl, field, Math.floor(now)));
  }

  /** Keys of one command have to be on one server. */
  async post(parcels: readonly Parcel[]): Promise<void> {
    if (parcels.length > 1 && this.#address.kind === 'cluster') {
      await Promise.all(parcels.map((parcel) => this.post([parcel])));
      return;
    }
    const now = this.#wallMs();
    const args: (string | number)[] = [];
    for (const { key } of parcels) args.push(this.#key(key));
    for (const { record } of parcels) args.push(recordText(record), ttlOf(record, now));
    const answer = await this.#run(PUT, parcels.length, ...args);
    const older = answer.kind === 'answer' && Array.isArray(answer.value) ? answer.value : NOTHING;
    this.counters.older += older.length;
    for (const [at, parcel] of parcels.entries()) {
      if (answer.kind !== 'answer') parcel.settled(answer.kind);
      else parcel.settled(older.includes(at + 1) ? 'older' : 'ok');
    }
  }

  drop({ key, field }: Place, version: number): Promise<WriteOutcome> {
    if (field === undefined) return this.#write(this.#run(DROP, 1, this.#key(key), version));
    return this.#write(this.#run(DROP_FIELD, 1, this.#key(key), version, field));
  }

  async scan(prefix: string, each: (keys: readonly string[]) => Promise<boolean>): Promise<'ok' | 'down' | 'refused'> {
    const client = this.#client;
    if (client === undefined) return 'down';
    const nodes = 'nodes' in client ? client.nodes('master') : [client];
    const pattern = `${this.#key(prefix).replaceAll(/[\\*?[\]]/g, '\\$&')}*`;
    for (const node of nodes) {
      let cursor = '0';
      do {
        const from = cursor;
        const answer = await this.#ask(() => node.scan(from, 'MATCH', pattern, 'COUNT', SCAN_BATCH));
        if (answer.kind !== 'answer') return answer.kind;
        const [next, keys] = scanned(answer.value);
        const own = keys.map((key) => key.slice(this.#address.prefix.length));
        if (own.length > 0 && !(await each(own))) return 'ok';
        cursor = next;
      } while (cursor !== '0');
    }
    return 'ok';
  }

  async hashes({ prefix, maxFields, maxBytes }: HashQuery, each: HashTaker): Promise<HashesOutcome> {
    let foreign = 0;
    const failures: HashesOutcome[] = [];
    const outcome = await this.scan(prefix, async (keys) => {
      const read = (key: string) => this.#run(HASH, 1, this.#key(key), maxFields, maxBytes);
      const answers = await Promise.all(keys.map(async (key) => [key, await read(key)] as const));
      for (const [key, answer] of answers) {
        if (answer.kind !== 'answer') {
          failures.push({ kind: answer.kind });
          return false;
        }
        if (Array.isArray(answer.value)) {
          if (!each(key, pairsOf(answer.value))) return false;
        } else if (answer.value !== 0) foreign++;
      }
      return true;
    });
    if (outcome !== 'ok') return { kind: outcome };
    return failures[0] ?? { kind: 'read', foreign };
  }

  async close(): Promise<void> {
    await this.#answers.settled();
    this.#phase = 'closed';
    this.#answers.stop();
    for (const settle of [...this.#waiting]) settle(false);
    this.#client?.disconnect();
  }

  /** The package is loaded when the first store is opened: a proxy without one does not pay for it. */
  async #connect(): Promise<void> {
    const { Cluster: Several, Command: One, Redis: Single } = await import('ioredis');
    const pem = await readPem(this.#address, this.#files);
    if (this.#phase === 'closed') return;
    const client = clientOf(this.#address, pem, { Single, Several });
    this.#client = client;
    this.#Command = One;
    // Not by its stream, which it has only once it connects.
    if (!('nodes' in client)) boundHandshake(client);
    client.on('ready', () => this.#up());
    client.on('close', () => this.#down(this.#lastError));
    client.on('error', (error: unknown) => this.#failedToConnect(error));
    client.on('node error', (error: unknown) => this.#failedToConnect(error));
  }

  #failedToConnect(error: unknown): void {
    this.#lastError = textOf(error);
    if (this.#phase === 'connecting') this.#down(this.#lastError);
  }

  #up(): void {
    if (this.#phase === 'up' || this.#phase === 'closed') return;
    this.#answers.heardOf();
    this.#lastError = 'the connection was closed';
    this.counters.ups++;
    this.#teach();
    this.#turn({ kind: 'up' });
  }

  /** One server knows the scripts before it is asked to run them; those of a Cluster learn each when they do not know it. */
  #teach(): void {
    const client = this.#client;
    if (client === undefined || !('stream' in client)) return;
    for (const { text } of SCRIPTS) client.script('LOAD', text).catch(() => undefined);
  }

  #down(reason: string): void {
    if (this.#phase === 'down' || this.#phase === 'closed') return;
    this.#turn({ kind: 'down', reason });
    this.#answers.giveUp();
  }

  #turn(state: StoreState): void {
    this.#phase = state.kind;
    for (const settle of [...this.#waiting]) settle(state.kind === 'up');
    this.#on.changed(state);
  }

  #run(script: Script, ...args: Call['args']): Promise<Answer> {
    const call: Call = { script, args };
    return this.#ask((client) => this.#sendCall(client, call), call);
  }

  /** The package copies each argument several times; what it is given whole leaves as it is. A Cluster has to see the keys. */
  #sendCall(client: Client, call: Call): Promise<unknown> {
    if (this.#Command === undefined || !('stream' in client)) return client.evalsha(call.script.sha, ...call.args);
    const text = callText(call);
    const command = new this.#Command('evalsha', [], TEXT_REPLIES);
    command.toWritable = () => text;
    client.sendCommand(command);
    return command.promise;
  }

  #ask(send: (client: Client) => Promise<unknown>, call?: Call): Promise<Answer> {
    const client = this.#client;
    if (client === undefined || this.#phase !== 'up' || this.#answers.isFull) {
      this.counters.unsent++;
      return Promise.resolve(DOWN);
    }
    this.counters.commands++;
    return new Promise((settle) => {
      const pending = this.#answers.wait(settle, call);
      this.#gather(client);
      this.#await(pending, send(client));
    });
  }

  #await(pending: Pending, sent: Promise<unknown>): void {
    sent.then(
      (value) => this.#answers.answered(pending, { kind: 'answer', value }),
      (error: unknown) => this.#failed(pending, error),
    );
  }

  /**
   * What is asked for one message leaves before the next message is read, and from the second command on in one write:
   * pipelines of the package wait for the end of the turn, in which many messages may be read. A Cluster has one
   * connection a node and is left to them.
   */
  #gather(client: Client): void {
    if (!('stream' in client) || this.#corked !== undefined) return;
    if (!this.#isGathering) {
      this.#isGathering = true;
      void SETTLED.then(this.#gathered);
      return;
    }
    this.#corked = client.stream;
    this.#corked.cork();
  }

  readonly #gathered = (): void => {
    this.#isGathering = false;
    this.#corked?.uncork();
    this.#corked = undefined;
  };

  async #write(asked: Promise<Answer>): Promise<WriteOutcome> {
    const answer = await asked;
    if (answer.kind !== 'answer') return answer.kind;
    if (answer.value !== 0 && !(Array.isArray(answer.value) && answer.value.length > 0)) return 'ok';
    this.counters.older++;
    return 'older';
  }

  #failed(pending: Pending, error: unknown): void {
    const text = textOf(error);
    const { call } = pending;
    if (call !== undefined && text.startsWith('NOSCRIPT') && this.#client !== undefined) {
      pending.call = undefined;
      return this.#await(pending, this.#client.eval(call.script.text, ...call.args));
    }
    const isReply = error instanceof Error && error.name === 'ReplyError';
    this.counters[isReply ? 'refused' : 'failures']++;
    if (!isReply) return this.#answers.settle(pending, DOWN);
    this.#tellRefusal(text);
    this.#answers.answered(pending, PASSING.test(text) ? DOWN : { kind: 'refused' });
  }

  #silent(forMs: number): void {
    if (this.#phase !== 'up') return;
    this.#down(`no answer for ${Math.round(forMs)} ms`);
    this.#client?.disconnect(true);
  }

  #record(key: string, text: unknown): StoredRecord | undefined {
    const record = typeof text === 'string' ? readRecord(text) : undefined;
    if (record !== undefined) return record.expires > this.#wallMs() ? record : undefined;
    this.#tellRubbish(key);
    return undefined;
  }

  #tellRubbish(key: string): void {
    this.counters.rubbish++;
    this.#tellRefusal(`what is at ${key} is not a record of ours`);
  }

  #tellRefusal(message: string): void {
    const now = this.#clock.now();
    if (now < this.#nextRefusal) return;
    this.#nextRefusal = after(now, REFUSALS_MS);
    this.#on.refused(message);
  }

  #key(key: string): string {
    return this.#address.prefix + key;
  }

  #wallMs(): number {
    return this.#clock.wall() / 1000;
  }
}

const ttlOf = ({ expires }: StoredRecord, now: number): number => Math.max(1, Math.ceil(expires - now));

/** What PTTL says of a key that is not there. */
const GONE = -2;

/** Refusals that pass by themselves: the same command may succeed later. */
const PASSING = /^(?:OOM|READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|BUSY|UNKILLABLE)\b/;

/** What the package offers, once it is loaded. */
interface Clients {
  readonly Single: typeof Redis;
  readonly Several: typeof Cluster;
}

type Pem = Readonly<Partial<Record<PemFile, string>>>;

async function readPem({ pem }: StoreAddress, files: Files): Promise<Pem> {
  const texts: Partial<Record<PemFile, string>> = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = pem[name];
    if (path !== undefined) texts[name] = await files.readText(path);
  }
  return texts;
}

function clientOf(address: StoreAddress, pem: Pem, { Single, Several }: Clients): Client {
  const options = optionsOf(address, pem);
  const retry = (times: number): number => Math.min(FIRST_RETRY_MS * 2 ** Math.min(times - 1, 10), LAST_RETRY_MS);
  const own = { ...options, retryStrategy: retry, enableOfflineQueue: false };
  switch (address.kind) {
    case 'single':
      return new Single({ ...own, ...address.at });
    case 'unix':
      return new Single({ ...own, path: address.path });
    case 'sentinel':
      return new Single({
        ...own,
        sentinels: [...address.hosts],
        name: address.name,
        sentinelCommandTimeout: CONNECT_MS,
        sentinelRetryStrategy: retry,
        failoverDetector: true,
        enableTLSForSentinelMode: address.tls !== 'none',
        ...(options.tls !== undefined && { sentinelTLS: options.tls }),
        ...(address.sentinelPassword !== undefined && { sentinelPassword: address.sentinelPassword }),
      });
    case 'cluster':
      return new Several([...address.hosts], {
        redisOptions: options,
        enableOfflineQueue: false,
        enableAutoPipelining: true,
        clusterRetryStrategy: retry,
        clusterNodeRetryStrategy: retry,
        maxRedirections: MAX_REDIRECTIONS,
        slotsRefreshTimeout: CONNECT_MS,
      });
  }
}

function optionsOf(address: StoreAddress, pem: Pem) {
  const { username, password, db, protocol, timeoutMs, tls } = address;
  return {
    db,
    protocol,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    // Ours is the one that callers see; this one ends a handshake that nobody answers.
    commandTimeout: Math.max(timeoutMs, CONNECT_MS),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // After a failover the old master only reads: a new connection finds the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== 'none' && { tls: { rejectUnauthorized: tls === 'verified', ...pem } }),
  };
}

/** The package has a timer for each command: ours are enough once the handshake is over. */
function boundHandshake(client: Redis): void {
  const { options } = client;
  const { commandTimeout = CONNECT_MS } = options;
  client.on('ready', () => Object.assign(options, { commandTimeout: undefined }));
  client.on('close', () => Object.assign(options, { commandTimeout }));
}

function scanned(answer: unknown): readonly [cursor: string, keys: readonly string[]] {
  if (!Array.isArray(answer)) return ['0', []];
  const [cursor, keys]: readonly unknown[] = answer;
  const texts = Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string') : [];
  return [String(cursor), texts];
}

function pairsOf(list: readonly unknown[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) pairs.push([String(list[at]), String(list[at + 1])]);
  return pairs;
}

const textOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text === '' && error instanceof AggregateError ? textOf(error.errors[0]) : text;
};
