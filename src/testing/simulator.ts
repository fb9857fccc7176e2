/**
 * A deterministic world: virtual time, a simulated network, scripted DNS and seeded chance. Same seed and same calls,
 * same run. Asynchronous code is followed as far as it waits for this world only; nothing here waits for real time.
 */
import { after } from '../util/time.ts';
import type { World } from '../world/world.ts';
import { SimFiles } from './sim-files.ts';
import { SimNet } from './sim-net.ts';
import { SimRandom } from './sim-random.ts';
import { SimResolver } from './sim-resolver.ts';
import { VirtualClock } from './virtual-clock.ts';
import type { WireLog } from './wire-log.ts';

export interface SimulatorOptions {
  readonly seed?: number;
  /** A run that takes more steps than this is taken for an endless one. */
  readonly maxSteps?: number;
}

const defaultMaxSteps = 200_000;

/** Promise turns without any call to the clock after which asynchronous code counts as waiting for an event. */
const quietTurns = 32;

export class Simulator {
  readonly seed: number;
  readonly clock = new VirtualClock();
  readonly net: SimNet;
  readonly resolver: SimResolver;
  readonly files = new SimFiles();
  /** The machine that owns every address that no `host` claimed. */
  readonly world: World;
  readonly #maxSteps: number;
  readonly #machines = new Map<string, World>();

  constructor({ seed = 1, maxSteps = defaultMaxSteps }: SimulatorOptions = {}) {
    this.seed = seed;
    this.#maxSteps = maxSteps;
    this.net = new SimNet(this.clock, new SimRandom(seed, 'net'));
    this.resolver = new SimResolver(this.clock);
    this.world = this.#machine([]);
  }

  get wire(): WireLog {
    return this.net.wire;
  }

  /**
   * A machine of its own: its wildcard sockets hear these addresses, its packets come from them. Asked again for one of
   * its addresses, it is the same machine.
   */
  host(address: string, ...more: readonly string[]): World {
    const known = this.#machines.get(address);
    const strangers = more.filter((other) => this.#machines.get(other) !== known);
    if (known !== undefined && strangers.length === 0) return known;
    const taken = [address, ...more].find((other) => this.#machines.has(other));
    if (taken !== undefined) throw new Error(`${taken} belongs to another host of this simulation`);
    const machine = this.#machine([address, ...more]);
    for (const own of [address, ...more]) this.#machines.set(own, machine);
    return machine;
  }

  #machine(addresses: readonly string[]): World {
    return {
      clock: this.clock,
      random: new SimRandom(this.seed, `host ${addresses.join(' ')}`),
      net: this.net.netFor(addresses),
      resolver: this.resolver,
      files: this.files,
    };
  }

  /** Runs from event to event until nothing waits any more. */
  async run(): Promise<void> {
    await this.#drive(Number.POSITIVE_INFINITY, undefined);
  }

  /** Runs what is due within `ms`, then sets the clock to the end of that time. */
  async runFor(ms: number): Promise<void> {
    const end = after(this.clock.now(), ms);
    await this.#drive(end, undefined);
    this.clock.advanceTo(end);
  }

  /** Runs until `isDone` says so; false when nothing was left to run, or `withinMs` passed, before it did. */
  async runUntil(isDone: () => boolean, withinMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    return this.#drive(after(this.clock.now(), withinMs), isDone);
  }

  async #drive(end: number, isDone: (() => boolean) | undefined): Promise<boolean> {
    for (let steps = 0; ; steps++) {
      await this.#settle();
      if (isDone?.()) return true;
      if (steps >= this.#maxSteps) throw new Error(this.#describeEndless());
      if (!this.clock.endTurn() && !this.clock.step(end)) return false;
    }
  }

  /** Lets promises run until nothing asks for the clock any more: there is no sign for "all promises are done". */
  async #settle(): Promise<void> {
    let seen = this.clock.uses;
    for (let quiet = 0; quiet < quietTurns; quiet++) {
      await Promise.resolve();
      if (this.clock.uses !== seen) {
        seen = this.clock.uses;
        quiet = 0;
      }
    }
  }

  #describeEndless(): string {
    return [
      `The simulation did not come to rest within ${this.#maxSteps} steps; it is at ${this.clock.now()} ms.`,
      `Replay it with VIADUCT_SEED=${this.seed}. The last events on the wire:`,
      ...this.wire.lines(this.wire.entries.slice(-5)),
    ].join('\n');
  }
}
