/**
 * A running proxy: its phases, its programs and their replacement. Sockets are bound last and closed last.
 */
import { readHostPort } from '../sip/uri.ts';
import { BranchFactory, MIN_RANDOM_BYTES } from '../transaction/branch.ts';
import { type LocateLimits, Locator } from '../transport/locate.ts';
import { type ListenSpec, parseListenAddress } from '../transport/listen-address.ts';
import type { Flow, Listener } from '../transport/flow.ts';
import type { TransportLimits } from '../transport/limits.ts';
import { TransportLayer } from '../transport/transport-layer.ts';
import type { TlsOptions, World } from '../world/world.ts';
import { ViaductError } from '../errors.ts';
import { after } from '../util/time.ts';
import { trust } from '../util/trust.ts';
import { proxyCommands } from './commands/proxy-commands.ts';
import { Driver } from './driver.ts';
import { Engine } from './engine.ts';
import { Slot } from './exchange.ts';
import type { Heirloom, Program, ProgramSource } from './program.ts';
import { loadProgram, startModules, stopModules } from './program.ts';
import { type Log, silentLog } from './log.ts';

export interface ProxyOptions {
  readonly world: World;
  readonly program: ProgramSource;
  /** `proto:address:port[/advertised[:port]]`, for instance `udp:127.0.0.1:5060`. */
  readonly listen: readonly string[];
  readonly log?: Log;
  readonly tls?: TlsOptions;
  readonly limits?: Partial<TransportLimits>;
  /** How long what is known of names is kept, and how much of it. */
  readonly names?: Partial<LocateLimits>;
  /** Further names of this proxy, `host[:port]` (Kamailio's alias). */
  readonly aliases?: readonly string[];
  /** Kamailio's tcp_accept_aliases (RFC 5923). */
  readonly acceptAliases?: boolean;
  /** Stands in every reply that is made here, Kamailio's server_header. */
  readonly replyHeader?: readonly [name: string, value: string];
  /** Stands in every request that is made here and has none of that name, Kamailio's user_agent_header. */
  readonly requestHeader?: readonly [name: string, value: string];
  /** Names this node and worker in every branch; 0 to 65535, both default to 0. */
  readonly node?: number;
  readonly worker?: number;
}

const DRAIN_POLL_MS = 20;

type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'starting' }
  | { readonly name: 'running' }
  | { readonly name: 'draining' }
  | { readonly name: 'stopped' };

/** Checks the program and makes a proxy that is not running yet. Throws a ViaductError for what it cannot accept. */
export function createProxy(options: ProxyOptions): Proxy {
  return new Proxy(options);
}

export class Proxy {
  readonly engine: Engine;
  readonly acceptAliases: boolean;
  readonly #driver: Driver;
  readonly #log: Log;
  readonly #heirloom = new Heirlooms();
  #phase: Phase = { name: 'idle' };

  constructor(options: ProxyOptions) {
    const { world, log = silentLog } = options;
    this.#log = log;
    const listeners = options.listen.map(listenSpec);
    const aliases = (options.aliases ?? []).map(alias);
    const transport = new TransportLayer(
      {
        world,
        listeners,
        aliases,
        ...(options.tls && { tls: options.tls }),
        ...(options.limits && { limits: options.limits }),
      },
      {
        packet: (bytes, flow, at) => this.#driver.packet({ bytes, flow, at }),
        flowFailed: (flow, fault) => this.#flowFailed(flow, fault.code),
      },
    );
    this.engine = new Engine({
      world,
      transport,
      locator: new Locator({
        resolver: world.resolver,
        clock: world.clock,
        random: world.random,
        transports: [...new Set(listeners.map((one) => one.transport))],
        ...(options.names && { limits: options.names }),
      }),
      branches: new BranchFactory(
        { node: options.node ?? 0, worker: options.worker ?? 0 },
        world.random.bytes(MIN_RANDOM_BYTES),
      ),
      replyHeader: options.replyHeader,
      requestHeader: options.requestHeader,
    });
    this.acceptAliases = options.acceptAliases ?? false;
    const policy = { acceptAliases: this.acceptAliases };
    this.#driver = new Driver(this.engine, this.#load(options.program), log, policy);
    this.engine.commands.offer(proxyCommands(this));
  }

  get phase(): Phase['name'] {
    return this.#phase.name;
  }

  /** The program in force. */
  get program(): Program {
    return this.#driver.program;
  }

  get counters(): Driver['counters'] {
    return this.#driver.counters;
  }

  get arrivals(): Driver['arrivals'] {
    return this.#driver.arrivals;
  }

  get listeners(): readonly Listener[] {
    return this.engine.transport.listeners;
  }

  /** Starts the modules, then listens. When anything fails everything is stopped again and the reason is thrown. */
  async start(): Promise<void> {
    this.#phase = { name: 'starting' };
    const { program } = this.#driver;
    this.#driver.program = program;
    try {
      await startModules(program);
      await this.engine.transport.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#phase = { name: 'running' };
  }

  /** Loads and starts another program aside, then lets it take over. Any error leaves the old one in force and is thrown. */
  async reload(source: ProgramSource): Promise<void> {
    const next = this.#load(source);
    await startModules(next);
    const old = this.#driver.program;
    this.#driver.program = next;
    await stopModules(old.modules);
    this.#log.write('notice', 'new routes are in force');
  }

  /**
   * Refuses what is new with 503 and lets what runs come to its end: resolves when nothing is under way, or after
   * `graceMs`.
   */
  async drain(graceMs: number): Promise<'idle' | 'busy'> {
    this.#phase = { name: 'draining' };
    this.#driver.draining = true;
    const { clock } = this.engine.world;
    const end = after(clock.now(), graceMs);
    while (this.#pending() > 0) {
      if (clock.now() >= end) return 'busy';
      await new Promise<void>((resolve) => clock.wake(after(clock.now(), DRAIN_POLL_MS), resolve));
    }
    return 'idle';
  }

  #pending(): number {
    return this.program.modules.reduce((sum, { instance }) => sum + (instance.pending?.() ?? 0), 0);
  }

  /** Stops listening, then stops the modules, which flush what they hold. */
  async stop(): Promise<void> {
    if (this.#phase.name === 'stopped') return;
    this.#phase = { name: 'stopped' };
    await this.engine.transport.stop();
    await stopModules(this.#driver.program.modules);
    this.engine.timers.stop();
  }

  #load(source: ProgramSource): Program {
    return loadProgram(source, { engine: this.engine, log: this.#log, heirloom: this.#heirloom });
  }

  #flowFailed(flow: Flow, code: string): void {
    for (const claimer of this.#driver.program.claimers) claimer.flowFailed?.(flow, code);
  }
}

function listenSpec(text: string): ListenSpec {
  const parsed = parseListenAddress(text);
  if (parsed.kind === 'malformed') throw new ViaductError('LISTEN_ADDRESS', parsed.message);
  return parsed.spec;
}

function alias(text: string): { readonly host: string; readonly port: number | undefined } {
  const found = readHostPort(text);
  if (found === undefined)
    throw new ViaductError('LISTEN_ADDRESS', `an alias is host[:port], not ${JSON.stringify(text)}`);
  return { host: found.host, port: found.port };
}

/** Module state and exchange slots, handed from program to program. */
class Heirlooms implements Heirloom {
  readonly #states = new Map<string, unknown>();
  readonly #slots = new Map<string, number>();

  state<T>(key: string, make: () => T): T {
    if (!this.#states.has(key)) this.#states.set(key, make());
    // Keys begin with the module's name: what is here was made by the same module.
    return trust<T>(this.#states.get(key));
  }

  slot<T>(name: string): Slot<T> {
    const index = this.#slots.get(name) ?? this.#slots.size;
    this.#slots.set(name, index);
    return new Slot<T>(index);
  }
}
