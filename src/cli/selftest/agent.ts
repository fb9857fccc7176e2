/**
 * A user agent on the npm package `sip`. It writes down every message that it sends and receives; what it does is told
 * by `scenarios.ts` and, for the one that is called, by `callee.ts`.
 */
import { after } from '../../util/time.ts';
import { SocketFaultError } from '../../world/socket-fault-error.ts';
import type { Endpoint, World } from '../../world/world.ts';
import { UsageError } from '../exit-code.ts';
import { waitFor } from './patience.ts';
import { type RequestMessage, type ResponseMessage, type SipStack, sipPackage } from './sip-package.ts';
import { show, type WireMessage, wireMessage } from './wire-view.ts';

export interface AgentOptions {
  readonly world: World;
  readonly user: string;
  /** A free loopback port when absent. */
  readonly local?: Endpoint | undefined;
  /** Where it writes down each message; agents that share it keep the order of what happened. */
  readonly wire: WireMessage[];
  readonly onRequest: (request: RequestMessage, agent: Agent) => void;
}

/** How long an answer may take: time for three transmissions over UDP. */
export const ANSWER_MS = 3_000;

export interface Answers {
  /** Resolves with the final reply, or with nothing when none comes in time. */
  final(): Promise<ResponseMessage | undefined>;
  /** The same for the first reply that says more than 100 Trying. */
  first(): Promise<ResponseMessage | undefined>;
}

export class Agent {
  readonly user: string;
  readonly local: Endpoint;
  /** What the package complained about. */
  readonly complaints: string[] = [];
  readonly #world: World;
  readonly #wire: readonly WireMessage[];
  readonly #stack: SipStack;
  #open = true;

  private constructor({ world, user, wire, onRequest }: AgentOptions, local: Endpoint) {
    this.user = user;
    this.local = local;
    this.#world = world;
    this.#wire = wire;
    const here = show(local);
    this.#stack = sipPackage.create(
      {
        ...local,
        publicAddress: `${user}.invalid`,
        tcp: false,
        logger: {
          send: (message, to) => wire.push(wireMessage(message, { source: here, destination: show(to) })),
          recv: (message, from) => wire.push(wireMessage(message, { source: show(from), destination: here })),
          error: (error) => this.complaints.push(error instanceof Error ? error.message : String(error)),
        },
      },
      (request) => onRequest(request, this),
    );
  }

  static async start(options: AgentOptions): Promise<Agent> {
    const { world, local } = options;
    return new Agent(options, await (local === undefined ? anyFree(world) : probed(world, local)));
  }

  get contact(): string {
    return `sip:${this.user}@${show(this.local)}`;
  }

  /** A random word for Call-IDs and tags. */
  token(): string {
    return Buffer.from(this.#world.random.bytes(6)).toString('hex');
  }

  /** Sends a request in a transaction of its own, an ACK without one. */
  send(request: RequestMessage): Answers {
    const { clock } = this.#world;
    const heard: ResponseMessage[] = [];
    const end = after(clock.now(), ANSWER_MS);
    const from = (least: number) => {
      const isSilent = heard.length === 0 && clock.now() >= end;
      return waitFor(clock, () => heard.find(({ status }) => status >= least), isSilent ? 0 : ANSWER_MS);
    };
    if (this.#open) this.#stack.send(request, (response) => heard.push(response));
    return { final: () => from(200), first: () => from(101) };
  }

  reply(request: RequestMessage, status: number, reason: string, headers: Partial<RequestMessage['headers']> = {}) {
    if (this.#open) this.#stack.send(sipPackage.makeResponse(request, status, reason, { headers }));
  }

  /** Whether a message of this method has come for this call. */
  async hears(method: string, callId: string): Promise<boolean> {
    const here = show(this.local);
    const found = (): WireMessage | undefined =>
      this.#wire.find(
        (message) =>
          message.method === method &&
          message.status === undefined &&
          message.callId === callId &&
          message.destination === here,
      );
    return (await waitFor(this.#world.clock, found, ANSWER_MS)) !== undefined;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stack.destroy();
  }
}

/** Below the ports that the system hands out by itself: nobody is given one between the asking and the using. */
const LOWEST_PORT = 32_000;
const PORTS = 760;
const PORT_TRIES = 20;

async function anyFree(world: World): Promise<Endpoint> {
  for (let left = PORT_TRIES; ; left--) {
    const local = { address: '127.0.0.1', port: LOWEST_PORT + (world.random.u32() % PORTS) };
    try {
      return await probed(world, local);
    } catch (error) {
      if (left === 0 || !(error instanceof UsageError)) throw error;
    }
  }
}

/** The package binds without telling of a failure, and cannot ask for any free port: both are found out before. */
async function probed({ net }: World, wanted: Endpoint): Promise<Endpoint> {
  try {
    const socket = await net.bindUdp(wanted, { datagram: () => undefined, fault: () => undefined });
    socket.close();
    return socket.local;
  } catch (error) {
    if (!(error instanceof SocketFaultError)) throw error;
    throw new UsageError(`nobody can listen at udp ${show(wanted)}: ${error.message}. Choose another port`);
  }
}
