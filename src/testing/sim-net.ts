/** The simulated network: one for all hosts of a simulation, and a `Net` for each of them. Nothing leaves the process. */
import type { Net } from '../world/world.ts';
import { type LinkQuality, SimLinks } from './sim-links.ts';
import { canonicalAddress, type SimHost, sourceAddress } from './sim-ports.ts';
import type { SimRandom } from './sim-random.ts';
import { SimStreams, type StreamPlace } from './sim-streams.ts';
import { SimUdp } from './sim-udp.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { WireLog } from './wire-log.ts';

export class SimNet {
  readonly wire = new WireLog();
  readonly #links: SimLinks;
  readonly #udp: SimUdp;
  readonly #streams: SimStreams;
  readonly #hosts = new Map<string, SimHost>();

  constructor(clock: VirtualClock, random: SimRandom) {
    this.#links = new SimLinks(random);
    const fabric = { clock, links: this.#links, wire: this.wire };
    this.#udp = new SimUdp(fabric);
    this.#streams = new SimStreams(fabric);
  }

  /** The network as a machine with these addresses sees it. Without addresses: the machine that owns all others. */
  netFor(addresses: readonly string[]): Net {
    const own = addresses.map(canonicalAddress);
    const host: SimHost = {
      addresses: own,
      owns: (address) => (own.length === 0 ? !this.#hosts.has(address) : own.includes(address)),
    };
    for (const address of own) this.#hosts.set(address, host);
    return {
      bindUdp: async (local, on) => this.#udp.bind(host, local, undefined, on),
      connectUdp: async (remote, local, on) => {
        const peer = { address: canonicalAddress(remote.address), port: remote.port };
        const wanted = local ?? { address: sourceAddress(host, peer.address), port: 0 };
        return this.#udp.bind(host, wanted, peer, on);
      },
      listen: async (kind, local, _tls, on) => this.#streams.listen(host, kind, local, on),
      connect: (kind, remote, options, on) => this.#streams.connect(host, kind, { remote, options }, on),
    };
  }

  /** Changes the quality of all links, or of those from one address to another. */
  setLink(quality: Partial<LinkQuality>, from?: string, to?: string): void {
    this.#links.set(quality, from, to);
  }

  /** The host behind this address goes silent: it hears nothing and nothing of it is heard, not even a refusal. */
  partition(address: string): void {
    this.#links.cut(address);
  }

  /** It is back. What streams held in flight arrives now; datagrams are gone. */
  heal(address: string): void {
    this.#links.mend(address);
    this.#streams.wakeReaders();
  }

  /** Readers at this place stop reading: their peers' `buffered` grows once the window is full. */
  pauseReading(place: StreamPlace): void {
    this.#streams.pause(place);
  }

  resumeReading(place: StreamPlace): void {
    this.#streams.resume(place);
  }

  /** Both ends of each connection at this place are told ECONNRESET. */
  resetStreams(place: StreamPlace): void {
    this.#streams.reset(place);
  }

  /** The open connections, each end once. */
  get streams(): SimStreams['open'] {
    return this.#streams.open;
  }
}
