/**
 * DNS questions over node:dns (c-ares), with the hosts file first for addresses, as the system does. Node tells the TTL
 * of A and AAAA records only; the others get `defaultTtlSeconds`.
 */
import { Resolver as DnsResolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import type { AddressRecord, DnsAnswer, RecordOf, Resolver } from '../world.ts';

export interface ResolverOptions {
  /** `address` or `address:port`; the system's own list when empty. */
  readonly servers: readonly string[];
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly tries: number;
  readonly defaultTtlSeconds: number;
  /** Read for each address question, so that an edit counts at once. */
  readonly hostsFile: string;
}

export const defaultResolverOptions: ResolverOptions = {
  servers: [],
  timeoutMs: 1000,
  tries: 2,
  defaultTtlSeconds: 60,
  hostsFile: '/etc/hosts',
};

/** Answers that mean "there is no such record", as opposed to "nobody could tell". */
const noneCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'ENONAME']);

type Questions = { readonly [K in keyof RecordOf]: (name: string) => Promise<DnsAnswer<RecordOf[K]>> };

export function nodeResolver(overrides: Partial<ResolverOptions> = {}): Resolver {
  const options = { ...defaultResolverOptions, ...overrides };
  const dns = new DnsResolver({ timeout: options.timeoutMs, tries: options.tries });
  if (options.servers.length > 0) dns.setServers(options.servers);

  const fixedTtl = <R>(records: readonly R[]): DnsAnswer<R> => answerOf(records, options.defaultTtlSeconds);
  const addresses = async (
    name: string,
    isFamily: (address: string) => boolean,
    ask: () => Promise<readonly { readonly address: string; readonly ttl: number }[]>,
  ): Promise<DnsAnswer<AddressRecord>> => {
    const fixed = (await hostsOf(options.hostsFile, name)).filter(isFamily);
    if (fixed.length > 0) return fixedTtl(fixed.map((address) => ({ address })));
    const records = await ask();
    return answerOf(
      records.map(({ address }) => ({ address })),
      Math.min(...records.map(({ ttl }) => ttl)),
    );
  };
  const questions: Questions = {
    // Field by field: newer versions of Node put more into a record.
    NAPTR: async (name) =>
      fixedTtl(
        (await dns.resolveNaptr(name)).map(({ order, preference, flags, service, replacement }) => {
          return { order, preference, flags, service, replacement };
        }),
      ),
    SRV: async (name) =>
      fixedTtl(
        (await dns.resolveSrv(name)).map(({ priority, weight, port, name: target }) => {
          return { priority, weight, port, name: target };
        }),
      ),
    A: (name) => addresses(name, isIPv4, () => dns.resolve4(name, { ttl: true })),
    AAAA: (name) => addresses(name, isIPv6, () => dns.resolve6(name, { ttl: true })),
  };

  return {
    async query(type, name) {
      try {
        return await questions[type](name);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        if (noneCodes.has(code)) return { kind: 'none' };
        return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

const answerOf = <R>(records: readonly R[], ttlSeconds: number): DnsAnswer<R> =>
  records.length === 0 ? { kind: 'none' } : { kind: 'records', records, ttlSeconds };

async function hostsOf(path: string, name: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return addressesInHosts(text, name);
}

/** The addresses that a hosts file (hosts(5)) gives to a name. */
export function addressesInHosts(text: string, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    if (names.includes(wanted)) found.push(address);
  }
  return found;
}
