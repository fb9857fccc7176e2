/** What `db_mode` and `db_url` ask for. */
import { ViaductError } from '../../errors.ts';
import { readStoreUrl } from '../../world/store-url.ts';

export interface StoreDatabase {
  readonly kind: 'store';
  readonly url: string;
  readonly isReadOnly: boolean;
}

export type Database =
  | StoreDatabase
  | { readonly kind: 'none' }
  /** A text file or nothing at all stands behind the URL: bindings are in memory whatever the mode says. */
  | { readonly kind: 'ignored' };

/** Kamailio's DB_READONLY: bindings are read at the start and never written. */
const READ_ONLY = 4;

/** Scripts that are to outlive a restart set a database: the URL of one that is not here stops them with advice. */
export function databaseOf(mode: number, url: string | undefined): Database {
  if (mode === 0) return { kind: 'none' };
  const scheme = /^[A-Za-z0-9]+/.exec(url ?? '')?.[0].toLowerCase() ?? '';
  if (scheme === 'text' || scheme === 'memory') return { kind: 'ignored' };
  if (scheme === 'redis' || scheme === 'rediss') {
    const read = readStoreUrl(url ?? '');
    if (read.kind === 'address') return { kind: 'store', url: url ?? '', isReadOnly: mode === READ_ONLY };
    throw new ViaductError('PARAM_VALUE', `usrloc.db_url is not a URL of Redis: ${read.message}`);
  }
  throw new ViaductError(
    'PARAM_VALUE',
    `usrloc.db_mode is ${mode} with a db_url of ${scheme || 'nothing'}, and there is no client for that here: ` +
      'set db_url to redis://host:port/db for bindings that outlive a restart, or set db_mode to 0',
  );
}
