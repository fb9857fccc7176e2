/**
 * The URL of a store: `redis://[user:password@]host[:port][/db]`, `redis+unix:///path`, `redis+sentinel://h1,h2/name[/db]`,
 * `redis+cluster://h1,h2`, each with TLS as `rediss…`, and options behind `?`: with TLS also files (PEM), `ca`, `cert`, `key`.
 */

export interface StoreHost {
  readonly host: string;
  readonly port: number;
}

interface Settings {
  /** Without secrets: this one is for logs. */
  readonly label: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly sentinelPassword: string | undefined;
  readonly db: number;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly protocol: 2 | 3;
  readonly tls: 'none' | 'verified' | 'unverified';
  /** Paths: authorities instead of those of Node, and what we show of ourselves. */
  readonly pem: Readonly<Partial<Record<PemFile, string>>>;
}

const pemFiles = ['ca', 'cert', 'key'] as const;
export type PemFile = (typeof pemFiles)[number];

export type StoreAddress = Settings &
  (
    | { readonly kind: 'single'; readonly at: StoreHost }
    | { readonly kind: 'unix'; readonly path: string }
    | { readonly kind: 'sentinel'; readonly hosts: readonly StoreHost[]; readonly name: string }
    | { readonly kind: 'cluster'; readonly hosts: readonly StoreHost[] }
  );

type Malformed = { readonly kind: 'malformed'; readonly message: string };

export const DEFAULT_PREFIX = 'viaduct:';
/** Longest wait for one command. */
export const DEFAULT_TIMEOUT_MS = 250;
export const MAX_TIMEOUT_MS = 10_000;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

const URL_FORM = /^(rediss?)(?:\+(unix|sentinel|cluster))?:\/\/(?:([^@/?]*)@)?([^/?@]*)(\/[^?]*)?(?:\?(.*))?$/i;
const OPTIONS: ReadonlySet<string> = new Set([
  ...['prefix', 'timeout', 'protocol', 'verify', 'db', 'sentinel_password'],
  ...pemFiles,
]);

export function readStoreUrl(text: string): { readonly kind: 'address'; readonly address: StoreAddress } | Malformed {
  const found = URL_FORM.exec(text);
  if (found === null) return malformed('it is not of the form redis://host:port/db');
  const [, scheme = '', form = 'single', user = '', authority = '', path = '', query = ''] = found;
  const options = new URLSearchParams(query);
  const unknown = [...options.keys()].find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) return malformed(`there is no option ${JSON.stringify(unknown)}`);
  const kind = form.toLowerCase();
  const segments = path.split('/').slice(1);
  const db = kind === 'single' ? segments[0] : kind === 'sentinel' ? segments[1] : undefined;
  const isSecure = scheme.toLowerCase() === 'rediss';
  const settings = settingsOf(options, { user, db: options.get('db') ?? db ?? '' });
  if (typeof settings === 'string') return malformed(settings);
  const label = `${scheme}${form === 'single' ? '' : `+${form}`}://${authority}${path}`;
  const tls = isSecure ? (options.get('verify') === 'no' ? 'unverified' : 'verified') : 'none';
  const pem = pemOf(options, isSecure);
  if (typeof pem === 'string') return malformed(pem);
  const shared: Settings = { ...settings, label, tls, pem };
  if (kind === 'unix') return path === '' ? malformed('there is no path') : address({ ...shared, kind, path });
  const hosts = hostsOf(authority, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT);
  const [first] = hosts ?? [];
  if (hosts === undefined || first === undefined) return malformed('a host is not of the form host or host:port');
  if (kind === 'cluster') return address({ ...shared, kind, hosts });
  if (kind === 'sentinel') {
    const name = segments[0] ?? '';
    return name === '' ? malformed('the name of the master is missing') : address({ ...shared, kind, hosts, name });
  }
  return hosts.length > 1 ? malformed('it has several hosts') : address({ ...shared, kind: 'single', at: first });
}

function settingsOf(
  options: URLSearchParams,
  { user, db }: { readonly user: string; readonly db: string },
): Omit<Settings, 'label' | 'tls' | 'pem'> | string {
  const timeoutMs = Number(options.get('timeout') ?? DEFAULT_TIMEOUT_MS);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    return `timeout is milliseconds from 1 to ${MAX_TIMEOUT_MS}`;
  }
  if (!/^\d{0,5}$/.test(db)) return 'the database is a number';
  const protocol = options.get('protocol') ?? '3';
  if (protocol !== '2' && protocol !== '3') return 'protocol is 2 or 3';
  const [name = '', ...secret] = user.split(':');
  const username = decoded(name);
  const password = secret.length === 0 ? undefined : decoded(secret.join(':'));
  if (username === undefined || (secret.length > 0 && password === undefined))
    return 'user or password has a bad escape';
  return {
    username: username === '' ? undefined : username,
    password,
    sentinelPassword: options.get('sentinel_password') ?? undefined,
    db: Number(db),
    prefix: options.get('prefix') ?? DEFAULT_PREFIX,
    timeoutMs,
    protocol: protocol === '2' ? 2 : 3,
  };
}

function pemOf(options: URLSearchParams, isSecure: boolean): Settings['pem'] | string {
  const given = pemFiles.flatMap((name) => {
    const path = options.get(name) ?? '';
    return path === '' ? [] : [[name, path] as const];
  });
  if (given.length > 0 && !isSecure) return `${given[0]?.[0]} is for TLS: the URL begins with rediss`;
  const pem: Settings['pem'] = Object.fromEntries(given);
  return (pem.cert === undefined) === (pem.key === undefined) ? pem : 'cert and key come together';
}

function hostsOf(text: string, port: number): readonly StoreHost[] | undefined {
  const hosts: StoreHost[] = [];
  for (const one of text.split(',')) {
    const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:\s]+))(?::(\d{1,5}))?$/.exec(one);
    const given = Number(found?.[3] ?? port);
    if (found === null || given < 1 || given > 65_535) return undefined;
    hosts.push({ host: found[1] ?? found[2] ?? '', port: given });
  }
  return hosts;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const address = (found: StoreAddress) => ({ kind: 'address', address: found }) as const;
const malformed = (message: string): Malformed => ({ kind: 'malformed', message });
