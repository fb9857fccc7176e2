/**
 * A kamailio.cfg against the same route in TypeScript, from the bytes of an INVITE to the end of the route, in one process;
 * and how long `viaduct check` takes for Debian's file, as a process and without its start.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { compileConfig } from '../../src/cfg/compile.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import { RequestContext, type Routes } from '../../src/engine/context.ts';
import { Exchange } from '../../src/engine/exchange.ts';
import { defineRoutes, type ProgramSource } from '../../src/engine/program.ts';
import { kex } from '../../src/modules/kex/kex.ts';
import { maxfwd } from '../../src/modules/maxfwd/maxfwd.ts';
import { siputils } from '../../src/modules/siputils/siputils.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { textops } from '../../src/modules/textops/textops.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { parseUri } from '../../src/sip/uri.ts';
import { simulateProxy } from '../../src/testing/simulate-proxy.ts';
import { Simulator } from '../../src/testing/simulator.ts';
import { inviteBytes } from './invite.ts';
import { compare } from './micro.ts';
import { median, type Result, round } from './result.ts';

const DEBIAN = '/etc/kamailio/kamailio.cfg';
const MOST = 1.25;
const MOST_MS = 300;

/** What the first lines of most scripts do. */
const script = `loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "kex.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
request_route {
  if (!mf_process_maxfwd_header("10")) {
    sl_send_reply("483", "Too Many Hops");
    exit;
  }
  if (is_method("OPTIONS") && $rU == $null) {
    sl_send_reply("200", "Keepalive");
    exit;
  }
  if (has_totag()) {
    sl_send_reply("404", "Not here");
    exit;
  }
  remove_hf("Route");
  if (is_method("INVITE|SUBSCRIBE")) setbflag(5);
  $var(from) = $fU;
  if ($var(from) == "nobody") {
    sl_send_reply("403", "Forbidden");
    exit;
  }
  append_hf("P-Hint: outbound\\r\\n");
}
`;

const routes = defineRoutes(
  [sl, kex, maxfwd, textops, siputils],
  (modules): Routes => ({
    request(ctx) {
      const { message } = ctx;
      if (modules.maxfwd.process(ctx, 10) === 'exhausted') return modules.sl.reply(ctx, 483, 'Too Many Hops');
      if (message.method === 'OPTIONS' && message.parsedUri?.kind === 'sip' && message.parsedUri.user === undefined) {
        return modules.sl.reply(ctx, 200, 'Keepalive');
      }
      if (modules.siputils.hasTotag(ctx)) return modules.sl.reply(ctx, 404, 'Not here');
      modules.textops.removeHf(ctx, 'Route');
      if (modules.textops.isMethod(ctx, 'INVITE|SUBSCRIBE')) modules.kex.setBranchFlag(ctx, 5);
      const uri = parseUri(message.from?.uri ?? '');
      const from = uri?.kind === 'sip' ? uri.user : undefined;
      ctx.vars.set('from', from ?? '');
      if (from === 'nobody') return modules.sl.reply(ctx, 403, 'Forbidden');
      modules.textops.appendHf(ctx, 'P-Hint: outbound\r\n');
      return undefined;
    },
  }),
);

async function passing(program: ProgramSource): Promise<() => unknown> {
  const sim = new Simulator();
  const proxy = await simulateProxy(sim, program, { listen: ['udp:10.0.0.1:5060'] });
  const [listener] = proxy.listeners;
  if (listener === undefined) throw new Error('nothing listens');
  const bytes = inviteBytes();
  const remote = { address: '10.0.0.2', port: 5060 };
  const received = {
    bytes,
    flow: { transport: 'udp', listener, local: listener.local, remote, connection: 0 } as const,
    at: sim.clock.wall(),
  };
  const { request } = proxy.program.routes;
  return () => {
    const parsed = parseMessage(bytes);
    if (parsed.kind !== 'request') throw new Error('the INVITE is not accepted');
    const ctx = new RequestContext({ message: parsed.message, received, exchange: new Exchange() });
    void request(ctx);
    return ctx.message.serialize();
  };
}

export async function benchCfg({ quick, cli }: { readonly quick: boolean; readonly cli: string }): Promise<Result> {
  const made = compileConfig(
    { path: 'bench.cfg', readFile: (path) => (path === 'bench.cfg' ? script : undefined) },
    registry,
    {
      globals: globalParams,
    },
  );
  if (made.kind === 'failed') throw new Error(made.diagnostics.map(({ message }) => message).join('; '));
  const contenders = [
    { name: 'TypeScript', run: await passing(routes) },
    { name: 'kamailio.cfg', run: await passing(made.source) },
  ];
  const speed = compare(contenders, quick ? 5 : 9);
  const of = (name: string): number => speed.get(name) ?? Number.NaN;
  const checks = existsSync(DEBIAN) ? checkTimes(cli, quick ? 5 : 9) : undefined;
  return {
    bench: 'cfg',
    rows: [
      ...contenders.map(({ name }) => ({ name, values: { 'messages/s': Math.round(of(name)) } })),
      ...(checks === undefined
        ? []
        : [
            {
              name: "check of Debian's file",
              values: { ms: round(checks.best, 0), 'ms to compile': round(checks.compile, 0) },
            },
          ]),
    ],
    goals: [
      {
        what: 'kamailio.cfg against TypeScript',
        value: of('TypeScript') / of('kamailio.cfg'),
        limit: MOST,
        is: 'at most',
      },
      ...(checks === undefined
        ? []
        : [{ what: "check of Debian's file, ms", value: checks.best, limit: MOST_MS, is: 'at most' } as const]),
    ],
    remarks: checks === undefined ? [`${DEBIAN} is not there: the check was not measured`] : [],
  };
}

/** The best of several processes, since others on the machine only make it longer; compiling by the clock of this one. */
function checkTimes(cli: string, rounds: number): { readonly best: number; readonly compile: number } {
  const times: number[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const begin = performance.now();
    const { status } = spawnSync(process.execPath, [cli, 'check', DEBIAN], { stdio: 'ignore' });
    if (status !== 0) throw new Error(`the check of ${DEBIAN} fails`);
    times.push(performance.now() - begin);
  }
  const text = readFileSync(DEBIAN, 'latin1');
  const compiles = Array.from({ length: rounds }, () => {
    const begin = performance.now();
    compileConfig({ path: DEBIAN, readFile: (path) => (path === DEBIAN ? text : undefined) }, registry, {
      globals: globalParams,
    });
    return performance.now() - begin;
  });
  return { best: Math.min(...times), compile: median(compiles) };
}
