/** Questions to DNS that a route asks and waits for. */
import { formatIp, parseIp } from '../../util/ip.ts';
import type { NaptrRecord, Resolver, SrvRecord } from '../../world/world.ts';
import type { Answer } from './answers.ts';
import { readAddress, sameAddress } from './networks.ts';

/** All addresses of a name; those of IPv4 come first. Undefined when there are none. */
async function addressesOf(resolver: Resolver, name: string): Promise<readonly string[] | undefined> {
  const literal = readAddress(name);
  if (literal.kind !== 'none') return [formatIp(literal.bytes)];
  const answers = await Promise.all([resolver.query('A', name), resolver.query('AAAA', name)]);
  const found = answers.flatMap((answer) =>
    answer.kind === 'records' ? answer.records.map(({ address }) => address) : [],
  );
  return found.length === 0 ? undefined : found;
}

export type Matched = 'matches' | 'differs' | 'badAddress' | 'unresolved';

export async function matchesAddress(resolver: Resolver, name: string, address: string): Promise<Matched> {
  const wanted = readAddress(address);
  if (wanted.kind === 'none') return 'badAddress';
  const found = await addressesOf(resolver, name);
  if (found === undefined) return 'unresolved';
  const isWanted = (text: string): boolean => {
    const bytes = parseIp(text);
    return bytes !== undefined && sameAddress(bytes, wanted.bytes);
  };
  return found.some(isWanted) ? 'matches' : 'differs';
}

export async function addressAnswer(resolver: Resolver, name: string): Promise<Answer | undefined> {
  const found = await addressesOf(resolver, name);
  if (found === undefined) return undefined;
  const records = found.map((addr) => ({ addr, type: addr.includes(':') ? 6 : 4 }));
  const has = (type: number): number => (records.some((record) => record.type === type) ? 1 : 0);
  return { records, whole: { ipv4: has(4), ipv6: has(6) } };
}

export async function serverAnswer(resolver: Resolver, name: string): Promise<Answer> {
  const answer = await resolver.query('SRV', name);
  return { records: answer.kind === 'records' ? answer.records.toSorted(bySrvOrder).map(srvFields) : [], whole: {} };
}

const bySrvOrder = (a: SrvRecord, b: SrvRecord): number => a.priority - b.priority || b.weight - a.weight;
const srvFields = ({ port, priority, name, weight }: SrvRecord) => ({ port, priority, target: name, weight });

export async function pointerAnswer(resolver: Resolver, name: string): Promise<Answer> {
  const answer = await resolver.query('NAPTR', name);
  const records = answer.kind === 'records' ? answer.records.toSorted(byNaptrOrder) : [];
  return { records: records.map(naptrFields), whole: {} };
}

const byNaptrOrder = (a: NaptrRecord, b: NaptrRecord): number => a.order - b.order || a.preference - b.preference;
const naptrFields = ({ order, preference, flags, service, replacement }: NaptrRecord) => ({
  order,
  pref: preference,
  flags,
  services: service,
  replace: replacement,
});
