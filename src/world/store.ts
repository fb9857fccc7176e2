/**
 * A store outside this process: records that a restart or another node finds again. Interfaces only; `redis.ts` implements
 * them. Whatever happens to the store is an answer: nothing here rejects, and every answer comes within a time limit.
 */

export interface Stores {
  /** Begins to connect and returns at once. A URL that cannot be understood is the caller's to report. */
  open(url: string, on: StoreEvents): Opened;
}

export type Opened =
  | { readonly kind: 'store'; readonly store: Store }
  | { readonly kind: 'malformed'; readonly message: string };

export interface StoreEvents {
  /** Only what changes is told: down, up, down. */
  changed(state: StoreState): void;
  /** The store is there but refused a command or holds what is not ours. At most once a minute. */
  refused(message: string): void;
}

export type StoreState = { readonly kind: 'up' } | { readonly kind: 'down'; readonly reason: string };

/** A key, and the field of it when the key holds several records. Keys get the prefix of the URL. */
export interface Place {
  readonly key: string;
  readonly field?: string;
}

/** What is kept, as text. `version` orders the writes of all nodes: a lower one never replaces a higher one. */
export interface StoredRecord {
  readonly version: number;
  /** Milliseconds since 1970 at which it counts for nothing any more. */
  readonly expires: number;
  /** '' says that what was here is gone. */
  readonly value: string;
}

/** A record on its way, and who hears what became of it. */
export interface Parcel {
  readonly key: string;
  readonly record: StoredRecord;
  settled(outcome: WriteOutcome): void;
}

/** `down`: not reached, or no answer in time; it may have been written. `refused`: the server does not want to. */
export type WriteOutcome = 'ok' | 'older' | 'down' | 'refused';

export type ReadOutcome<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'none' }
  | { readonly kind: 'down' }
  | { readonly kind: 'refused' };

/** What is at a key. */
export interface Sighting {
  /** undefined: it has no end. */
  readonly ttlMs: number | undefined;
  /** undefined for what is no record of ours. One that has expired is seen as well. */
  readonly record: StoredRecord | undefined;
}

/** Plain hashes, written by others. Larger ones are not read. */
export interface HashQuery {
  readonly prefix: string;
  readonly maxFields: number;
  /** Of all its fields and values. */
  readonly maxBytes: number;
}

/** `foreign`: keys with that prefix that hold something else, or too much. */
export type HashesOutcome =
  | { readonly kind: 'read'; readonly foreign: number }
  | { readonly kind: 'down' }
  | { readonly kind: 'refused' };

/** Gives false when it has enough. */
export type HashTaker = (key: string, fields: readonly (readonly [name: string, value: string])[]) => boolean;

export interface Store {
  /** The URL without user, password and options. */
  readonly label: string;
  readonly isUp: boolean;
  readonly counters: Readonly<Record<StoreCounter, number>>;
  /** Whether it is up, as soon as that is known, at the latest after this time. */
  ready(withinMs: number): Promise<boolean>;
  get(key: string): Promise<ReadOutcome<StoredRecord>>;
  /** What is at a key without fields, whatever its type. */
  look(key: string): Promise<ReadOutcome<Sighting>>;
  /** All records of a key with fields. Those that have expired are left out. */
  fields(key: string): Promise<ReadOutcome<ReadonlyMap<string, StoredRecord>>>;
  /** Atomic. Every record has an end. */
  put(place: Place, record: StoredRecord): Promise<WriteOutcome>;
  /** The same of many, each by itself, with as few commands as the servers allow. Resolves when all are settled. */
  post(parcels: readonly Parcel[]): Promise<void>;
  /** Removes it without a trace, unless what is there has a higher version. */
  drop(place: Place, version: number): Promise<WriteOutcome>;
  /** All keys that begin with `prefix`, in batches, some perhaps twice. Ends early when `each` gives false. */
  scan(prefix: string, each: (keys: readonly string[]) => Promise<boolean>): Promise<'ok' | 'down' | 'refused'>;
  /** All hashes whose keys begin with the prefix, in no order, some perhaps twice. */
  hashes(query: HashQuery, each: HashTaker): Promise<HashesOutcome>;
  /** Lets what was sent come to its end, within the time limit, and disconnects. */
  close(): Promise<void>;
}

/** `unsent`: the store was down, or too many commands waited. */
export type StoreCounter = 'commands' | 'unsent' | 'timeouts' | 'failures' | 'refused' | 'older' | 'rubbish' | 'ups';
