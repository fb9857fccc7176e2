/** A registrar that runs in the simulator, and a device that sends it what a test says. */
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes, type Faces } from '../../../src/engine/program.ts';
import type { ParamInputs } from '../../../src/engine/spec.ts';
import { registrar } from '../../../src/modules/registrar/registrar.ts';
import { sl } from '../../../src/modules/sl/sl.ts';
import { usrloc } from '../../../src/modules/usrloc/usrloc.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../../src/testing.ts';

export const PROXY = { address: '10.0.0.10', port: 5060 };

const listed = [usrloc, registrar, sl] as const;
export type DeskModules = Faces<typeof listed>;

export interface DeskOptions {
  readonly registrar?: ParamInputs<(typeof registrar)['decl']['params']>;
  readonly usrloc?: ParamInputs<(typeof usrloc)['decl']['params']>;
  /** What happens to a request; save() when absent. */
  readonly route?: (modules: DeskModules, ctx: RequestContext) => string | undefined;
  readonly expired?: (modules: DeskModules, ctx: RequestContext) => void;
}

export interface Sent {
  readonly cseq?: number;
  readonly callId?: string;
  readonly to?: string;
  readonly method?: string;
  readonly uri?: string;
}

const BOILERPLATE = /^(?:Via|From|To|Call-ID|CSeq|Content-Length): /;

export async function desk(options: DeskOptions = {}) {
  const sim = new Simulator();
  const source = defineRoutes(
    [use(usrloc, options.usrloc ?? {}), use(registrar, options.registrar ?? {}), sl],
    (modules) => ({
      request: (ctx) => options.route?.(modules, ctx) ?? modules.registrar.save(ctx, 'location'),
      event: {
        'usrloc:contact-expired': (ctx) => {
          if ('branches' in ctx) options.expired?.(modules, ctx);
        },
      },
    }),
  );
  const log: string[] = [];
  const proxy = await simulateProxy(sim, source, {
    listen: ['udp:10.0.0.10:5060', 'tcp:10.0.0.10:5060'],
    log: { write: (level, message) => log.push(`${level} ${message}`) },
  });
  const device = await ScriptedUa.start({
    world: sim.host('10.0.0.1'),
    local: { address: '10.0.0.1', port: 5060 },
    proxy: PROXY,
  });
  let branch = 0;
  let cseq = 0;

  /** Sends a request and gives what the answer says: its status line and the headers that are not on every reply. */
  async function ask(headers: readonly string[], sent: Sent = {}): Promise<readonly string[]> {
    const { to = '<sip:alice@example.com>', callId = 'c1', method = 'REGISTER', uri = 'sip:example.com' } = sent;
    cseq = sent.cseq ?? cseq + 1;
    const before = device.inbox.heard.length;
    device.send(
      [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${++branch}`,
        'From: <sip:alice@example.com>;tag=f1',
        `To: ${to}`,
        `Call-ID: ${callId}`,
        `CSeq: ${cseq} ${method}`,
        ...headers,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    await sim.runFor(10);
    const answer = device.inbox.heard[before];
    if (answer === undefined) return [];
    const head = answer.bytes.toString('latin1').split('\r\n\r\n')[0] ?? '';
    return head.split('\r\n').filter((line) => !BOILERPLATE.test(line));
  }

  return {
    sim,
    proxy,
    device,
    log,
    ask,
    rpc: (name: string, ...params: readonly (string | number)[]) => proxy.program.rpc.get(name)?.(params),
  };
}

export const OK = 'SIP/2.0 200 OK';
export const refused = (status: string, text: string, contacts?: string): readonly string[] => [
  `SIP/2.0 ${status}`,
  ...(contacts === undefined ? [] : [`Contact: ${contacts}`]),
  `P-Registrar-Error: ${text}`,
];
