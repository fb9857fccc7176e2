/** The pseudo-variables of pv and tmx as a program has them, and contexts to read them on. */
import { ReplyContext, RequestContext, type RequestContextParts } from '../../../src/engine/context.ts';
import { Exchange, Slot } from '../../../src/engine/exchange.ts';
import type { LogFields, LogLevel } from '../../../src/engine/log.ts';
import type { PvBinding, PvRef, PvValue } from '../../../src/engine/module.ts';
import { defineRoutes, type Listed, loadProgram } from '../../../src/engine/program.ts';
import { parseMessage } from '../../../src/sip/parse.ts';
import type { Flow, Listener } from '../../../src/transport/flow.ts';
import { bytesOf } from '../../sip/messages.ts';
import { type Rig, rigOf } from '../../support/contexts.ts';

type Context = RequestContext | ReplyContext;

export interface Desk {
  readonly rig: Rig<readonly []>;
  readonly log: readonly (readonly [LogLevel, string, LogFields | undefined])[];
  /** `$name`, `$name(inner)`, `$(name(inner)[index])` and `$(name[index])`. */
  read(ctx: Context, text: string): PvValue;
  write(ctx: Context, text: string, value: PvValue): void;
  binding(name: string): PvBinding;
  /** The api of a module. */
  api(name: string): unknown;
  functions(name: string): object;
  request(text: string, flow?: Flow): RequestContext;
  reply(text: string, flow?: Flow): ReplyContext;
}

/** As the values were recorded: a peer at 127.0.0.1:16999 that sends to 127.0.0.1:16760. */
export const LISTENER: Listener = {
  transport: 'udp',
  local: { address: '127.0.0.1', port: 16760 },
  advertised: undefined,
  sentBy: { host: '127.0.0.1', port: 16760 },
  name: undefined,
};
export const FLOW: Flow = {
  transport: 'udp',
  listener: LISTENER,
  local: LISTENER.local,
  remote: { address: '127.0.0.1', port: 16999 },
  connection: 0,
};

const PV = /^\$(?:(\w+)(?:\(([\s\S]*)\))?|\((\w+)(?:\(([\s\S]*?)\))?(?:\[(-?\d+|\*)\])?\))$/;

function parsePv(text: string): { readonly name: string; readonly ref: PvRef } {
  const [whole, name, inner, name2, inner2, index] = PV.exec(text) ?? [];
  if (whole === undefined) throw new Error(`not a pseudo-variable: ${text}`);
  return {
    name: name ?? name2 ?? '',
    ref: {
      inner: inner ?? inner2 ?? '',
      index: index === undefined ? undefined : index === '*' ? 'all' : Number(index),
    },
  };
}

export async function deskOf(listed: readonly Listed[]): Promise<Desk> {
  const rig = await rigOf([]);
  const log: [LogLevel, string, LogFields | undefined][] = [];
  const program = loadProgram(
    defineRoutes(listed, () => ({ request: () => undefined })),
    {
      engine: rig.engine,
      log: { write: (level, message, fields) => log.push([level, message, fields]) },
      heirloom: { state: (_, make) => make(), slot: (name) => new Slot(name.length) },
    },
  );
  const pvs = new Map<string, PvBinding>(program.modules.flatMap(({ instance }) => Object.entries(instance.pvs ?? {})));
  const binding = (name: string): PvBinding => {
    const found = pvs.get(name);
    if (found === undefined) throw new Error(`no pseudo-variable ${name}`);
    return found;
  };
  const module = (name: string) => {
    const found = program.modules.find(({ decl }) => decl.name === name);
    if (found === undefined) throw new Error(`no module ${name}`);
    return found.instance;
  };
  const received = (text: string, flow: Flow): RequestContextParts['received'] => ({
    bytes: bytesOf(text),
    flow,
    at: rig.sim.clock.wall(),
  });
  return {
    rig,
    log,
    binding,
    read(ctx, text) {
      const { name, ref } = parsePv(text);
      return binding(name).read(ctx, ref);
    },
    write(ctx, text, value) {
      const { name, ref } = parsePv(text);
      const { write } = binding(name);
      if (write === undefined) throw new Error(`${text} cannot be written`);
      write(ctx, ref, value);
    },
    api: (name) => module(name).api,
    functions: (name) => module(name).functions,
    request(text, flow = FLOW) {
      const parsed = parseMessage(bytesOf(text));
      if (parsed.kind !== 'request') throw new Error(`not a request: ${JSON.stringify(parsed)}`);
      const { message } = parsed;
      return new RequestContext({ message, received: received(text, flow), exchange: new Exchange() });
    },
    reply(text, flow = FLOW) {
      const parsed = parseMessage(bytesOf(text));
      if (parsed.kind !== 'response') throw new Error(`not a response: ${JSON.stringify(parsed)}`);
      const { message } = parsed;
      return new ReplyContext({
        message,
        received: received(text, flow),
        exchange: new Exchange(),
        request: undefined,
      });
    },
  };
}
