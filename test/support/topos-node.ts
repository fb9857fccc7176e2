/** A proxy with topology hiding on real sockets, and two users who call each other through it. */
import { use } from '../../src/engine/module.ts';
import type { Routes } from '../../src/engine/context.ts';
import { defineRoutes, type Faces } from '../../src/engine/program.ts';
import { createProxy, type Proxy } from '../../src/engine/proxy.ts';
import type { ParamInputs } from '../../src/engine/spec.ts';
import { core } from '../../src/modules/core/core.ts';
import { rr } from '../../src/modules/rr/rr.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { topos } from '../../src/modules/topos/topos.ts';
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage } from '../../src/sip/message.ts';
import { type PeerTransport, ScriptedUa } from '../../src/testing.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import type { World } from '../../src/world/world.ts';
import { certificates } from './tls-fixtures.ts';
import { freePort } from './free-port.ts';

export type ToposParams = ParamInputs<(typeof topos)['decl']['params']>;
type ToposFace = Pick<Faces<readonly [typeof topos]>, 'topos'>;
type Stat = keyof (typeof topos)['decl']['stats'];

const HOST = '127.0.0.1';
export const TIMEOUT_MS = 250;
/** For both ends of each connection. */
const TLS = { ...certificates.server, ca: certificates.ca, verify: false };
const RETRY_MS = 50;
const MAX_TRIES = 20;

export interface ToposNodeOptions {
  readonly port: number;
  readonly topos: ToposParams;
  readonly events?: Routes['event'];
  /** Event routes that call topos. */
  readonly eventsWith?: (modules: ToposFace) => NonNullable<Routes['event']>;
  readonly stateless?: boolean;
  /** What it listens for beside UDP. */
  readonly stream?: 'tcp' | 'tls';
  readonly world?: World;
  /** Further targets of each call. */
  readonly forks?: readonly string[];
}

export const toposProgram = ({ topos: params, events, eventsWith, stateless = false, forks = [] }: ToposNodeOptions) =>
  defineRoutes([tm, rr, core, use(topos, params)], (m) => ({
    request(ctx) {
      if (ctx.message.toTag !== undefined) m.rr.looseRoute(ctx);
      else m.rr.recordRoute(ctx);
      if (ctx.message.toTag === undefined) for (const uri of forks) ctx.appendBranch(uri);
      return stateless ? m.core.forward(ctx) : m.tm.relay(ctx);
    },
    ...(events && { event: events }),
    ...(eventsWith && { event: eventsWith(m) }),
  }));

export class ToposNode {
  readonly proxy: Proxy;
  readonly log: string[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(options: ToposNodeOptions) {
    this.proxy = createProxy({
      world: options.world ?? nodeWorld(),
      listen: [`udp:${HOST}:${options.port}`, `${options.stream ?? 'tcp'}:${HOST}:${options.port}`],
      tls: TLS,
      log: {
        write: (level, message) => {
          this.log.push(`${level} ${message}`);
          for (const look of [...this.#waiting]) look();
        },
      },
      program: toposProgram(options),
    });
  }

  static async start(options: ToposNodeOptions): Promise<ToposNode> {
    const node = new ToposNode(options);
    await node.proxy.start();
    return node;
  }

  /** It hears and says nothing any more, as after a crash; another one can have its address. */
  crash(): Promise<void> {
    return this.proxy.engine.transport.stop();
  }

  stop(): Promise<void> {
    return this.proxy.stop();
  }

  /** Resolves when the log has that many lines with this. */
  said(part: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.log.filter((line) => line.includes(part)).length < times) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  async rpc(method: string, ...params: (string | number)[]): Promise<unknown> {
    return this.proxy.program.rpc.get(method)?.(params);
  }

  sample(name: string, event?: string): number {
    const all = this.proxy.program.modules.flatMap(({ instance }) => instance.metrics?.() ?? []);
    return (
      all.find((one) => one.name === name && (event === undefined || one.labels?.['event'] === event))?.value ?? -1
    );
  }

  counted(name: Stat): number {
    return this.proxy.program.modules.find(({ decl }) => decl.name === 'topos')?.stats[name]?.value ?? -1;
  }
}

/** Nodes one after the other at one address, and their users. */
export class ToposSite {
  readonly port: number;
  readonly alice: ScriptedUa;
  readonly bob: ScriptedUa;
  readonly #open: { stop(): Promise<void> | void }[] = [];

  readonly #transport: PeerTransport;

  private constructor(port: number, transport: PeerTransport, [alice, bob]: readonly [ScriptedUa, ScriptedUa]) {
    this.port = port;
    this.#transport = transport;
    this.alice = alice;
    this.bob = bob;
  }

  static async open(transport: PeerTransport = 'udp'): Promise<ToposSite> {
    const port = await freePort();
    const agent = async (user: string): Promise<ScriptedUa> =>
      ScriptedUa.start({
        world: nodeWorld(),
        local: { address: HOST, port: transport === 'udp' ? 0 : await freePort() },
        transport,
        tls: TLS,
        user,
        domain: 'example.com',
        proxy: { address: HOST, port },
      });
    return new ToposSite(port, transport, [await agent('alice'), await agent('bob')]);
  }

  get bobUri(): string {
    return `sip:bob@${HOST}:${this.bob.local.port}${this.#transport === 'udp' ? '' : `;transport=${this.#transport}`}`;
  }

  async node(params: ToposParams, options: Partial<ToposNodeOptions> = {}): Promise<ToposNode> {
    const stream = this.#transport === 'tls' ? 'tls' : 'tcp';
    const node = await this.#started({ port: this.port, topos: params, stream, ...options }, 0);
    this.#open.push(node);
    return node;
  }

  /** A child that another thread has just forked may still hold the address of the one before. */
  async #started(options: ToposNodeOptions, tries: number): Promise<ToposNode> {
    try {
      return await ToposNode.start(options);
    } catch (error) {
      if (!String(error).includes('EADDRINUSE') || tries === MAX_TRIES) throw error;
      await new Promise<void>((resolve) => void setTimeout(resolve, RETRY_MS));
      return this.#started(options, tries + 1);
    }
  }

  /** Both say yes to everything. */
  answering(): void {
    for (const ua of [this.alice, this.bob])
      ua.on('*', (request) => void ua.reply(request, 200)).on('ACK', () => undefined);
  }

  /** An answered and acknowledged call. Gives its Call-ID. */
  async call(): Promise<string> {
    this.bob.acceptCalls();
    this.answering();
    const callId = this.alice.invite(this.bobUri).callId ?? '';
    await this.alice.until(() => count(this.alice, callId, 200, 'INVITE') > 0);
    this.alice.ack2xx(callId);
    await this.bob.until(() => this.bob.received('ACK').some((one) => one.callId === callId));
    return callId;
  }

  /** A request in the call by one of the two, and the status that it gets. */
  async ask(ua: ScriptedUa, method: string, callId: string): Promise<number> {
    const request = ua.inDialog(method, { callId });
    const answers = () =>
      ua.receivedStatus(undefined, method).filter(({ cseq, callId: id, status }) => {
        return id === callId && cseq?.number === request.cseq?.number && status >= 200;
      });
    await ua.until(() => answers().length > 0);
    const status = answers()[0]?.status ?? 0;
    if (method === 'INVITE' && status < 300) ua.ack2xx(callId);
    return status;
  }

  async close(): Promise<void> {
    for (const one of this.#open.splice(0).reverse()) await one.stop();
    this.alice.close();
    this.bob.close();
  }
}

const count = (ua: ScriptedUa, callId: string, status: number, method: string): number =>
  ua.receivedStatus(status, method).filter((one) => one.callId === callId).length;

export const contactIn = (message: SipMessage | undefined): string => message?.headers.get(H.Contact) ?? '';
export const viasIn = (message: SipMessage | undefined): readonly string[] => message?.headers.values(H.Via) ?? [];
