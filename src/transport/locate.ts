/**
 * From the host of a SIP URI to addresses, ports and transports in the order to try them (RFC 3263 section 4). An IP
 * literal and a name that is in the cache are answered at once, without a promise.
 */
import { canonicalIp } from '../util/ip.ts';
import { after, type Instant } from '../util/time.ts';
import type { Clock, NaptrRecord, Random, Resolver } from '../world/world.ts';
import type { Transport } from './flow.ts';
import { defaultPort } from './listen-address.ts';
import { type NameLimits, NameTable } from './name-table.ts';
import { isLocalhost, normalName, printable, securely, serviceTransport, srvName } from './service-names.ts';
import { orderSrv } from './srv-order.ts';

export interface LocateTarget {
  /** A name or an IP literal, IPv6 without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  /** From the URI's transport parameter. */
  readonly transport?: Transport | undefined;
  /** A sips URI. */
  readonly secure: boolean;
}

export interface LocatedTarget {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
  /** The name that was asked for, which a TLS peer must prove (RFC 5922 section 7.1); absent for an IP literal. */
  readonly servername: string | undefined;
}

export type Located =
  | { readonly kind: 'targets'; readonly targets: readonly LocatedTarget[] }
  | { readonly kind: 'failed'; readonly why: string };

export interface LocateLimits extends NameLimits {
  /** For one target, all its questions together. */
  readonly locateMs: number;
  /** Servers of one SRV answer, and addresses in the end, that are looked at. */
  readonly servers: number;
  readonly targets: number;
}

export const defaultLocateLimits: LocateLimits = {
  names: 4096,
  queries: 1024,
  noneMs: 30_000,
  failedMs: 5_000,
  minTtlMs: 1_000,
  maxTtlMs: 3_600_000,
  locateMs: 3_000,
  servers: 16,
  targets: 32,
};

export interface LocatorOptions {
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly random: Pick<Random, 'u32'>;
  readonly limits?: Partial<LocateLimits>;
  /** What we can send on, in the order we like it where RFC 3263 leaves the choice to us. */
  readonly transports?: readonly Transport[];
  readonly families?: readonly (4 | 6)[];
}

/** A name whose addresses are wanted. */
type Site = { readonly name: string; readonly port: number; readonly transport: Transport };

/** One look at what is known; the rest is being asked for. `at` stands still, so that later looks see the same answers. */
type Pass = { readonly at: Instant; readonly waits: Promise<void>[] };

/** NAPTR, SRV, addresses, and one to collect. */
const passes = 4;

export class Locator {
  readonly #clock: Clock;
  readonly #random: Pick<Random, 'u32'>;
  readonly #limits: LocateLimits;
  readonly #transports: readonly Transport[];
  readonly #families: readonly (4 | 6)[];
  readonly #naptr: NameTable<'NAPTR'>;
  readonly #srv: NameTable<'SRV'>;
  readonly #a: NameTable<'A'>;
  readonly #aaaa: NameTable<'AAAA'>;

  constructor(options: LocatorOptions) {
    const limits = { ...defaultLocateLimits, ...options.limits };
    this.#clock = options.clock;
    this.#random = options.random;
    this.#limits = limits;
    this.#transports = options.transports ?? ['udp', 'tcp', 'tls'];
    this.#families = options.families ?? [4, 6];
    this.#naptr = new NameTable('NAPTR', options, limits);
    this.#srv = new NameTable('SRV', options, limits);
    this.#a = new NameTable('A', options, limits);
    this.#aaaa = new NameTable('AAAA', options, limits);
  }

  locate(target: LocateTarget): Located | Promise<Located> {
    // RFC 3261 section 26.2.2: a sips URI needs TLS on every hop, and there is none over UDP.
    if (target.secure && target.transport === 'udp') return failed('a sips URI cannot be reached over UDP');
    const literal = canonicalIp(target.host);
    if (literal !== undefined) return { kind: 'targets', targets: [this.#literal(target, literal)] };
    const host = normalName(target.host);
    if (host === undefined) return failed(`"${printable(target.host)}" is not a host name`);
    const named = { ...target, host };
    const pass: Pass = { at: this.#clock.now(), waits: [] };
    return this.#attempt(named, pass) ?? this.#wait(named, pass);
  }

  #literal(target: LocateTarget, address: string): LocatedTarget {
    const transport = this.#transportOf(target);
    return { transport, address, port: target.port ?? defaultPort(transport), servername: undefined };
  }

  /** RFC 3263 section 4.1: with a port or a numeric address, UDP for sip and TCP (with TLS) for sips. */
  #transportOf({ transport, secure }: LocateTarget): Transport {
    if (transport !== undefined) return secure ? securely(transport) : transport;
    if (secure) return 'tls';
    return this.#transports.includes('udp') ? 'udp' : (this.#transports[0] ?? 'udp');
  }

  #wait(target: LocateTarget, first: Pass): Promise<Located> {
    return new Promise((resolve) => {
      const { locateMs } = this.#limits;
      const cancel = this.#clock.wake(after(first.at, locateMs), () =>
        resolve(failed(`DNS gave no answer for ${target.host} within ${locateMs} ms`)),
      );
      void this.#repeat(target, first).then((located) => {
        cancel();
        resolve(located);
      });
    });
  }

  async #repeat(target: LocateTarget, first: Pass): Promise<Located> {
    let pass = first;
    for (let count = 1; count < passes; count++) {
      await Promise.all(pass.waits);
      pass = { at: first.at, waits: [] };
      const located = this.#attempt(target, pass);
      if (located !== undefined) return located;
    }
    return failed(`DNS answers for ${target.host} lead too far`);
  }

  /** undefined when answers are missing. */
  #attempt(target: LocateTarget, pass: Pass): Located | undefined {
    const sites = this.#sites(target, pass);
    if (sites === undefined) return undefined;
    if (sites.length === 0) return failed(`${target.host} offers no SIP service`);
    return this.#addresses(target, sites, pass);
  }

  #sites(target: LocateTarget, pass: Pass): readonly Site[] | undefined {
    const transport = this.#transportOf(target);
    const itself: Site = { name: target.host, port: target.port ?? defaultPort(transport), transport };
    if (target.port !== undefined || isLocalhost(target.host)) return [itself];
    if (target.transport !== undefined) {
      const service = srvName(transport, target.host);
      return service === undefined ? [itself] : this.#servers(service, transport, pass, itself);
    }
    return this.#byNaptr(target, pass, itself);
  }

  #byNaptr(target: LocateTarget, pass: Pass, itself: Site): readonly Site[] | undefined {
    const answer = this.#naptr.find(target.host, pass.at);
    if (answer === undefined) return this.#missing(pass, this.#naptr.ask(target.host));
    const services = answer.kind === 'records' ? this.#services(answer.records, target.secure) : [];
    const [best] = services;
    if (best === undefined) return this.#bySrv(target, pass, itself);
    const fallback: Site = { name: target.host, port: defaultPort(best.transport), transport: best.transport };
    const found = services.map(({ name, transport }) => this.#servers(name, transport, pass, undefined));
    if (found.includes(undefined)) return undefined;
    const sites = found.flatMap((some) => some ?? []);
    return sites.length > 0 ? sites : [fallback];
  }

  /**
   * The services of the best order that we support. RFC 3263 section 4.1: "a client resolving a SIPS URI MUST discard
   * any services that do not contain "SIPS" as the protocol in the service field".
   */
  #services(records: readonly NaptrRecord[], secure: boolean): readonly { name: string; transport: Transport }[] {
    const usable = records.flatMap((record) => {
      const transport = serviceTransport(record.service);
      const name = normalName(record.replacement);
      if (transport === undefined || name === undefined || record.flags.toLowerCase() !== 's') return [];
      if (!this.#transports.includes(transport) || (secure && transport !== 'tls')) return [];
      return [{ order: record.order, preference: record.preference, name, transport }];
    });
    const order = Math.min(...usable.map((service) => service.order));
    return usable.filter((service) => service.order === order).sort((a, b) => a.preference - b.preference);
  }

  /** "If no NAPTR records are found, the client constructs SRV queries for those transport protocols it supports". */
  #bySrv(target: LocateTarget, pass: Pass, itself: Site): readonly Site[] | undefined {
    const offers = (target.secure ? (['tls'] as const) : this.#transports).flatMap((transport) => {
      const name = srvName(transport, target.host);
      return name === undefined ? [] : [{ transport, sites: this.#servers(name, transport, pass, undefined) }];
    });
    if (offers.some(({ sites }) => sites === undefined)) return undefined;
    return offers.find(({ sites }) => sites !== undefined && sites.length > 0)?.sites ?? [itself];
  }

  /** The servers of one SRV name; without any, `otherwise`. */
  #servers(name: string, transport: Transport, pass: Pass, otherwise: Site | undefined): readonly Site[] | undefined {
    const answer = this.#srv.find(name, pass.at);
    if (answer === undefined) return this.#missing(pass, this.#srv.ask(name));
    if (answer.kind !== 'records') return otherwise === undefined ? [] : [otherwise];
    // RFC 2782: the target "." means that the service is decidedly not available.
    return orderSrv(answer.records, this.#random)
      .filter((record) => normalName(record.name) !== undefined)
      .slice(0, this.#limits.servers)
      .map((record) => ({ name: record.name, port: record.port, transport }));
  }

  #addresses(target: LocateTarget, sites: readonly Site[], pass: Pass): Located | undefined {
    const targets: LocatedTarget[] = [];
    let why = `${target.host} has no address`;
    for (const { name, port, transport } of sites) {
      for (const family of this.#families) {
        const answer = this.#addressesOf(name, family, pass);
        if (answer.kind === 'failed') why = `DNS failed for ${name}: ${answer.message}`;
        if (answer.kind !== 'records') continue;
        for (const { address } of answer.records) targets.push({ transport, address, port, servername: target.host });
      }
    }
    if (pass.waits.length > 0) return undefined;
    return targets.length > 0 ? { kind: 'targets', targets: targets.slice(0, this.#limits.targets) } : failed(why);
  }

  #addressesOf(site: string, family: 4 | 6, pass: Pass) {
    const name = normalName(site) ?? site;
    // RFC 6761 section 6.3: localhost is the loopback address, and DNS is not asked.
    if (isLocalhost(name)) return loopback[family];
    const table = family === 4 ? this.#a : this.#aaaa;
    const answer = table.find(name, pass.at);
    if (answer !== undefined) return answer;
    pass.waits.push(table.ask(name));
    return pending;
  }

  #missing(pass: Pass, wait: Promise<void>): undefined {
    pass.waits.push(wait);
  }
}

const pending = { kind: 'none' } as const;

const loopback = {
  4: { kind: 'records', records: [{ address: '127.0.0.1' }] },
  6: { kind: 'records', records: [{ address: '::1' }] },
} as const;

const failed = (why: string): Located => ({ kind: 'failed', why });
