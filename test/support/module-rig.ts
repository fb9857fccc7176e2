/** Modules in a proxy of the simulator, called from outside: functions, pseudo-variables and RPC, with messages from anywhere. */
import { ReplyContext, type RequestContext, type Routes } from '../../src/engine/context.ts';
import { Exchange } from '../../src/engine/exchange.ts';
import type { PvBinding, PvRef, PvValue } from '../../src/engine/module.ts';
import { defineRoutes, type Faces, type Listed } from '../../src/engine/program.ts';
import type { Proxy } from '../../src/engine/proxy.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { Simulator } from '../../src/testing/simulator.ts';
import { simulateProxy } from '../../src/testing/simulate-proxy.ts';
import type { Flow, Transport } from '../../src/transport/flow.ts';
import { bytesOf } from '../sip/messages.ts';
import { LISTEN, type LogLine, requestContext } from './contexts.ts';

export interface From {
  readonly address?: string;
  readonly port?: number;
  readonly transport?: Transport;
  /** Which of the listeners it came on. */
  readonly listen?: number;
}

export interface ModuleRigOptions<L extends readonly Listed[]> {
  readonly listen?: readonly string[];
  /** Files by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly routes?: (modules: Faces<L>) => Partial<Routes>;
}

export interface ModuleRig<L extends readonly Listed[]> {
  readonly modules: Faces<L>;
  readonly proxy: Proxy;
  readonly sim: Simulator;
  readonly log: readonly LogLine[];
  /** A request from 10.0.0.1:5060, or from where it says. */
  request(text: string, from?: From): RequestContext;
  reply(text: string, from?: From): ReplyContext;
  read(ctx: RequestContext | ReplyContext, name: string, inner?: string, index?: PvRef['index']): PvValue;
  write(ctx: RequestContext | ReplyContext, name: string, inner: string, value: PvValue): void;
  rpc(method: string, ...params: (string | number)[]): unknown;
  /** Replaces the program by one with these modules and parameters. */
  reload<M extends readonly Listed[]>(listed: M, routes?: Partial<Routes>): Promise<Faces<M>>;
}

export async function moduleRig<const L extends readonly Listed[]>(
  listed: L,
  { listen = LISTEN, files = {}, routes }: ModuleRigOptions<L> = {},
): Promise<ModuleRig<L>> {
  const sim = new Simulator();
  for (const [path, text] of Object.entries(files)) sim.files.set(path, text);
  const log: LogLine[] = [];
  const held: Faces<L>[] = [];
  const program = defineRoutes(listed, (faces) => {
    held.push(faces);
    return { request: () => undefined, ...routes?.(faces) };
  });
  const proxy = await simulateProxy(sim, program, {
    listen,
    log: { write: (level, message, fields) => log.push({ level, message, fields }) },
  });
  const modules = held[0];
  if (modules === undefined) throw new Error('the program was not loaded');
  return { modules, proxy, sim, log, ...messages(proxy, sim), ...access(proxy), reload: reloader(proxy, sim) };
}

function messages(proxy: Proxy, sim: Simulator) {
  const flow = ({ address = '10.0.0.1', port = 5060, transport, listen = 0 }: From = {}): Flow => {
    const listener = proxy.listeners[listen];
    if (listener === undefined) throw new Error('no such listener');
    return {
      transport: transport ?? listener.transport,
      listener,
      local: listener.local,
      remote: { address, port },
      connection: 0,
    };
  };
  const received = (text: string, from: From | undefined) => ({
    bytes: bytesOf(text),
    flow: flow(from),
    at: sim.clock.wall(),
  });
  return {
    request: (text: string, from?: From) => requestContext(text, received(text, from)),
    reply(text: string, from?: From) {
      const parsed = parseMessage(bytesOf(text));
      if (parsed.kind !== 'response') throw new Error(`not a response: ${parsed.kind}`);
      return new ReplyContext({
        message: parsed.message,
        received: received(text, from),
        exchange: new Exchange(),
        request: undefined,
      });
    },
  };
}

function access(proxy: Proxy) {
  const binding = (name: string): PvBinding => {
    for (const { instance } of proxy.program.modules) {
      const found = instance.pvs?.[name];
      if (found !== undefined) return found;
    }
    throw new Error(`no module has $${name}`);
  };
  return {
    read: (ctx: RequestContext | ReplyContext, name: string, inner = '', index?: PvRef['index']) =>
      binding(name).read(ctx, { inner, index }),
    write: (ctx: RequestContext | ReplyContext, name: string, inner: string, value: PvValue) => {
      const { write } = binding(name);
      if (write === undefined) throw new Error(`$${name} cannot be written`);
      write(ctx, { inner, index: undefined }, value);
    },
    rpc: (method: string, ...params: (string | number)[]) => {
      const command = proxy.engine.commands.find(method);
      if (command === undefined) throw new Error(`there is no ${method}`);
      return command.run(params);
    },
  };
}

function reloader(proxy: Proxy, sim: Simulator) {
  return async <M extends readonly Listed[]>(listed: M, routes: Partial<Routes> = {}): Promise<Faces<M>> => {
    const held: Faces<M>[] = [];
    const done = { yes: false };
    const reloading = proxy
      .reload(
        defineRoutes(listed, (faces) => {
          held.push(faces);
          return { request: () => undefined, ...routes };
        }),
      )
      .finally(() => {
        done.yes = true;
      });
    reloading.catch(() => undefined);
    await sim.runUntil(() => done.yes);
    await reloading;
    const modules = held[0];
    if (modules === undefined) throw new Error('the program was not loaded');
    return modules;
  };
}
