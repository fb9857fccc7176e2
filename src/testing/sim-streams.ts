/** Simulated listeners and the way to a connection: knocking, being refused, shaking hands, and every trouble after it. */
import { isIp } from '../util/ip.ts';
import { after } from '../util/time.ts';
import type {
  Endpoint,
  SocketFault,
  Stream,
  StreamEvents,
  StreamListener,
  StreamListenerEvents,
  TlsOptions,
} from '../world/world.ts';
import { isSameFamily, PortTable, type SimHost, sourceAddress } from './sim-ports.ts';
import { SimStream, type StreamFabric } from './sim-stream.ts';
import type { SimFabric } from './sim-udp.ts';

/** Linux sends a SYN and six more, each after twice the time: 127 s until ETIMEDOUT. */
const knocks = 7;
const firstKnockMs = 1_000;

interface Listening {
  readonly kind: 'tcp' | 'tls';
  readonly on: StreamListenerEvents;
}
type ConnectOptions = { readonly local?: string; readonly tls?: TlsOptions; readonly servername?: string };

/** All connections of a port, or of a whole address. */
export interface StreamPlace {
  readonly address: string;
  readonly port?: number;
}

export class SimStreams {
  readonly #fabric: StreamFabric;
  readonly #ports = new PortTable<Listening>();
  readonly #streams = new Set<SimStream>();
  readonly #paused: StreamPlace[] = [];

  constructor(fabric: SimFabric) {
    this.#fabric = {
      ...fabric,
      isPaused: (reader) => this.#paused.some((place) => covers(place, reader)),
      forget: (stream) => this.#streams.delete(stream),
    };
  }

  listen(host: SimHost, kind: 'tcp' | 'tls', wanted: Endpoint, on: StreamListenerEvents): StreamListener {
    let local = wanted;
    const listening = this.#ports.bind(host, wanted, (bound): Listening => {
      local = bound;
      return { kind, on };
    });
    return { local, reload() {}, close: () => this.#ports.release(listening, local.port) };
  }

  connect(
    host: SimHost,
    kind: 'tcp' | 'tls',
    target: { readonly remote: Endpoint; readonly options: ConnectOptions },
    on: StreamEvents,
  ): Stream {
    const { remote, options } = target;
    const address = options.local ?? sourceAddress(host, remote.address);
    const local = { address, port: this.#ports.freePort(host, address) };
    const stream = new SimStream(this.#fabric, kind, local, remote);
    stream.listen(on);
    this.#streams.add(stream);
    if (isIp(remote.address) && isSameFamily(address, remote.address)) this.#knock(stream, 0);
    else stream.finish({ by: 'system', code: 'EINVAL', message: `connect EINVAL ${remote.address} from ${address}` });
    return stream;
  }

  /** Resets every open connection with an end at this place; both ends hear of it. */
  reset(place: StreamPlace): void {
    for (const stream of [...this.#streams]) {
      if (covers(place, stream.local) || covers(place, stream.remote)) stream.finish(connectionReset);
    }
  }

  pause(place: StreamPlace): void {
    this.#paused.push(place);
  }

  resume(place: StreamPlace): void {
    const rest = this.#paused.filter((paused) => paused.address !== place.address || paused.port !== place.port);
    this.#paused.splice(0, this.#paused.length, ...rest);
    this.wakeReaders();
  }

  /** What had arrived and could not be read is read now. */
  wakeReaders(): void {
    for (const stream of [...this.#streams]) stream.readInbox();
  }

  get open(): readonly { readonly local: Endpoint; readonly remote: Endpoint; readonly buffered: number }[] {
    return [...this.#streams];
  }

  #knock(stream: SimStream, attempt: number): void {
    if (stream.isClosed) return;
    const { address } = stream.remote;
    if (attempt === knocks) {
      stream.finish({ by: 'system', code: 'ETIMEDOUT', message: `connect ETIMEDOUT ${address}:${stream.remote.port}` });
    } else if (this.#fabric.links.isSevered(stream.local.address, address)) {
      this.#later(firstKnockMs * 2 ** attempt, () => this.#knock(stream, attempt + 1));
    } else {
      this.#later(this.#latency(stream), () => this.#knocked(stream));
    }
  }

  /** The SYN has arrived. */
  #knocked(client: SimStream): void {
    const listening = this.#ports.find(client.remote);
    const refusal = refusalOf(client, listening);
    if (listening === undefined || refusal !== undefined) {
      this.#later(this.#latencyBack(client), () => client.finish(refusal));
      return;
    }
    const server = new SimStream(this.#fabric, client.kind, client.remote, client.local);
    // TCP opens after one round trip, TLS 1.3 after one more.
    const rest = client.kind === 'tcp' ? 0 : this.#latency(client) + this.#latencyBack(client);
    this.#later(this.#latencyBack(client) + rest, () => {
      if (client.isClosed) return;
      this.#streams.add(server);
      this.#later(this.#latency(client), () => this.#accept(listening, server, client));
      client.open(server);
    });
  }

  #accept({ on }: Listening, server: SimStream, client: SimStream): void {
    if (server.isClosed) return;
    server.listen(on.connection(server));
    server.open(client);
  }

  #latency({ local, remote }: SimStream): number {
    return this.#fabric.links.between(local.address, remote.address).latencyMs;
  }

  #latencyBack({ local, remote }: SimStream): number {
    return this.#fabric.links.between(remote.address, local.address).latencyMs;
  }

  #later(delayMs: number, fn: () => void): void {
    const { clock } = this.#fabric;
    clock.wake(after(clock.now(), delayMs), fn);
  }
}

const connectionReset: SocketFault = { by: 'peer', code: 'ECONNRESET', message: 'read ECONNRESET' };

const covers = (place: StreamPlace, { address, port }: Endpoint): boolean =>
  place.address === address && (place.port === undefined || place.port === port);

function refusalOf({ kind, remote }: SimStream, listening: Listening | undefined): SocketFault | undefined {
  if (listening === undefined) {
    return { by: 'peer', code: 'ECONNREFUSED', message: `connect ECONNREFUSED ${remote.address}:${remote.port}` };
  }
  if (kind === listening.kind) return undefined;
  if (kind === 'tls')
    return { by: 'peer', code: 'ERR_SSL_WRONG_VERSION_NUMBER', message: 'the peer does not speak TLS' };
  return connectionReset;
}
