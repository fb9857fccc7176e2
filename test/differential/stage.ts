/** Four scripted peers and, where a scene wants them, HEP sinks around one server; what they hear is the result of a scene. */
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { SipRequest } from '../../src/sip/message.ts';
import { HepSink } from '../../src/testing/hep-sink.ts';
import type { PeerTransport } from '../../src/testing/peer-port.ts';
import { SimRandom } from '../../src/testing/sim-random.ts';
import { ScriptedUa, type UaOptions, type UaRequestOptions } from '../../src/testing/user-agent.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import type { Contender } from './contender.ts';
import { transcript } from './transcript.ts';

export type PeerName = 'alice' | 'bob' | 'carol' | 'dave';
const peerNames: readonly PeerName[] = ['alice', 'bob', 'carol', 'dave'];

/** How long a scene waits for a message. */
const HEAR_MS = 3_000;
/** As long as frames of one tick may lie, several times over. */
const QUIET_MS = 50;
const loopback = { address: '127.0.0.1', port: 0 };

export class Stage {
  /** The route of this scene; Call-IDs begin with it. */
  readonly id: string;
  readonly server: Contender;
  readonly #peers = new Map<string, ScriptedUa>();
  readonly #sinks = new Map<string, HepSink>();
  readonly #shared: ReadonlyMap<string, HepSink>;
  #calls = 0;

  private constructor(id: string, server: Contender, shared: ReadonlyMap<string, HepSink>) {
    this.id = id;
    this.server = server;
    this.#shared = shared;
  }

  static async open(id: string, server: Contender, shared: ReadonlyMap<string, HepSink>): Promise<Stage> {
    const stage = new Stage(id, server, shared);
    for (const name of peerNames) await stage.join(name);
    return stage;
  }

  get alice(): ScriptedUa {
    return this.peer('alice');
  }
  get bob(): ScriptedUa {
    return this.peer('bob');
  }
  get carol(): ScriptedUa {
    return this.peer('carol');
  }
  get dave(): ScriptedUa {
    return this.peer('dave');
  }

  peer(name: string): ScriptedUa {
    const found = this.#peers.get(name);
    if (found === undefined) throw new Error(`no peer ${name}`);
    return found;
  }

  /** One more peer, or one of the four over another transport or with other habits. */
  async join(name: string, options: Partial<UaOptions> & { transport?: PeerTransport } = {}): Promise<ScriptedUa> {
    this.#peers.get(name)?.close();
    // The same chance for both servers: what the peers make up is the same text.
    const world = { ...nodeWorld(), random: new SimRandom(1, `${this.id} ${name}`) };
    const proxy = { address: '127.0.0.1', port: this.server.port };
    const fixed = { world, local: loopback, proxy, domain: 'example.org', user: name };
    const peer = await ScriptedUa.start({ ...fixed, ...options });
    this.#peers.set(name, peer);
    return peer;
  }

  /** A HEP receiver of this scene; its URI goes into the requests as `X-<name>`. */
  async sink(name: string): Promise<HepSink> {
    const sink = await HepSink.start({ world: nodeWorld(), local: loopback });
    this.#sinks.set(name, sink);
    return sink;
  }

  target(name: string): HepSink {
    const found = this.#sinks.get(name);
    if (found === undefined) throw new Error(`no trace target ${name}`);
    return found;
  }

  /** `sip:bob@127.0.0.1:40000` */
  uri(name: string): string {
    const { local } = this.peer(name);
    return `sip:${name}@${local.address}:${local.port}`;
  }

  /** A URI at the server itself. */
  own(user = 'service'): string {
    return `sip:${user}@127.0.0.1:${this.server.port}`;
  }

  callId(): string {
    return `${this.id}.${++this.#calls}@example.org`;
  }

  /** Of alice, to a peer by its name or to a URI. Where the others are is said in headers. */
  request(method: string, to = 'bob', options: UaRequestOptions & { readonly from?: string } = {}): SipRequest {
    const uri = this.#peers.has(to) ? this.uri(to) : to;
    const headers = [...this.#whereabouts(), ...(options.headers ?? [])];
    return this.alice.request(method, uri, { callId: this.callId(), ...options, headers });
  }

  invite(to = 'bob', options: UaRequestOptions = {}): SipRequest {
    const uri = this.#peers.has(to) ? this.uri(to) : to;
    const headers = [...this.#whereabouts(), ...(options.headers ?? [])];
    return this.alice.invite(uri, { callId: this.callId(), ...options, headers });
  }

  /** Waits until a peer has heard a method or a status, `count` times; `200 INVITE` is a status of a method. */
  hears(name: string, what: string | number, count = 1): Promise<void> {
    return this.#until(name, what, { count, withinMs: HEAR_MS });
  }

  #until(name: string, what: string | number, { count, withinMs }: { count: number; withinMs: number }): Promise<void> {
    const peer = this.peer(name);
    const [first = '', method] = String(what).split(' ');
    const status = /^\d{3}$/.test(first) ? Number(first) : undefined;
    const heard = (): number =>
      status === undefined ? peer.received(first).length : peer.receivedStatus(status, method).length;
    return peer.until(() => heard() >= count, withinMs);
  }

  /** As `hears`, where it may be that nothing comes. */
  async mayHear(name: string, what: string | number, count = 1, withinMs = 300): Promise<void> {
    await this.#until(name, what, { count, withinMs }).catch(() => undefined);
  }

  /** Waits until everything that was sent has been handled, what that led to as well, and all of it has been heard. */
  async settle(): Promise<void> {
    const heard = (): number => [...this.#peers.values()].reduce((sum, { inbox }) => sum + inbox.heard.length, 0);
    let before = -1;
    for (let quiet = 0; quiet < 2; ) {
      await this.server.fence();
      await turn();
      quiet = heard() === before ? quiet + 1 : 0;
      before = heard();
    }
  }

  /** Frames may wait a few milliseconds for company: waits until none has come for a while. */
  async settleTraces(): Promise<void> {
    const heard = (): number =>
      [...this.#shared.values(), ...this.#sinks.values()].reduce((sum, { frames }) => sum + frames.length, 0);
    for (let before = -1; heard() !== before; ) {
      before = heard();
      await wait(QUIET_MS);
      await this.server.fence();
      await turn();
    }
  }

  transcript(how: { readonly repeats?: boolean; readonly exact?: boolean }): string {
    const names = new Map([
      [this.server.port, 'SERVER'],
      [this.server.port + 1, 'SERVERTLS'],
    ]);
    for (const [name, peer] of this.#peers) names.set(peer.local.port, name.toUpperCase());
    for (const [name, sink] of [...this.#shared, ...this.#sinks]) names.set(sink.local.port, name.toUpperCase());
    const peers = [...this.#peers].map(([peer, { inbox }]) => ({
      peer,
      messages: [...inbox.heard.map(({ bytes }) => bytes), ...inbox.malformed],
    }));
    return transcript(peers, { names, ...how });
  }

  /** Which trace target got which message, with which correlation id: one line a frame, in the order of arrival. */
  traces(): readonly string[] {
    const names = new Map([[this.server.port, 'server']]);
    for (const [name, peer] of this.#peers) names.set(peer.local.port, name);
    return [...this.#shared, ...this.#sinks].flatMap(([name, sink]) =>
      sink.frames
        .filter(({ payload }) => payload.includes(`${this.id}.`))
        .map(({ source, destination, firstLine, correlationId }) => {
          const route = `${names.get(source.port) ?? source.port} > ${names.get(destination.port) ?? destination.port}`;
          const line = firstLine.replace(/\d{4,5}/g, (digits) => names.get(Number(digits)) ?? digits);
          return `${name}: ${route} ${line} [${correlationId ?? ''}]`;
        }),
    );
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
    for (const sink of this.#sinks.values()) sink.close();
  }

  #whereabouts(): readonly (readonly [string, string])[] {
    const peers = [...this.#peers.keys()]
      .filter((name) => name !== 'alice')
      .map((name) => [`X-${name}`, this.uri(name)] as const);
    const sinks = [...this.#sinks].map(([name, { local }]) => [`X-${name}`, `sip:127.0.0.1:${local.port}`] as const);
    return [...peers, ...sinks];
  }
}
