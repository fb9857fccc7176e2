/**
 * siptrace: copies of messages, one by one, to the targets that the route chose. What one request causes goes to the
 * targets of that request, stateless replies and their ACKs included. README.md lists the rules and the differences
 * from Kamailio.
 */
import type { Host, Instance } from '../../engine/module.ts';
import { defineModule } from '../../engine/module.ts';
import { declaration } from './declaration.ts';
import { TraceRules } from './dynamic.ts';
import { DynamicRpc } from './dynamic-rpc.ts';
import { endPart } from './ends.ts';
import { Exporter } from './exporter.ts';
import { parseEndpoint } from './endpoint.ts';
import { declareTargets, readDefaults, readOptions, type TracerOptions } from './options.ts';
import { samplesOf } from './samples.ts';
import { Tracer, type TraceSwitch } from './tracer.ts';
import { TraceControl } from './trace-control.ts';

/** How long `stop` waits for targets to take what is queued. */
export const DRAIN_MS = 2_000;

type Decl = typeof declaration;

export const siptrace = defineModule(declaration, (host): Instance<Decl> => {
  const { params } = host;
  const options = readOptions(params);
  const shared = sharedExporter(host);
  declareTargets(shared.exporter, shared.users === 0 ? params.target : [], options.duplicateUri);
  const control = new TraceControl(
    host.state('switch', () => ({ on: params.trace_on !== 0 })),
    shared.exporter,
  );
  const rules = host.state('rules', () => new TraceRules());
  const tracer = new Tracer({
    options,
    exporter: shared.exporter,
    slot: host.slot('context'),
    log: host.log,
    switch: control.master,
    rules,
    clock: host.world.clock,
    eventRoute: () => host.routes.event?.['siptrace:msg'],
  });
  const dynamic = dynamicRpc(host, rules, shared.exporter, options.duplicateUri);
  const defaultScope = (flags: number) => (isFlagged(params.trace_flag, flags) ? 'transaction' : 'message');
  return {
    functions: {
      trace: (ctx, { to, correlationId, scope } = {}) =>
        tracer.trace(ctx, {
          to: typeof to === 'string' ? to.split(',').map((one) => one.trim()) : (to ?? []),
          scope: scope ?? defaultScope(ctx.state.flags),
          correlationId: correlationId === '' ? undefined : correlationId,
        }),
      traceMode: (ctx, scope) => tracer.trace(ctx, { to: [], scope, correlationId: undefined }),
      hlog: (ctx, text, correlationId) =>
        tracer.hlog(text, { correlationId: correlationId ?? ctx.message.callId, at: ctx.received.flow.local }),
      traceMessage: (_ctx, { text = '', from = '', to = '', target = '', correlationId } = {}) => {
        const source = parseEndpoint(from);
        const destination = parseEndpoint(to);
        if (source?.port === undefined || destination?.port === undefined) return 'badAddress';
        const ends = {
          source: { address: source.address, port: source.port },
          destination: { address: destination.address, port: destination.port },
          correlationId,
        };
        return tracer.traceText(text, ends, target === '' ? [] : [target]);
      },
    },
    tap: tracer.seen,
    tunables: tunables(control.master, options),
    metrics: () => shared.exporter.status().flatMap(samplesOf),
    pvs: {
      siptrace: {
        read(ctx, { inner }) {
          const event = tracer.shownOn(ctx);
          return event === undefined ? null : endPart(event, inner);
        },
      },
    },
    rpc: {
      'siptrace.status': (given) => control.status(given),
      'siptrace.targets': () => shared.exporter.status(),
      'siptrace.start': dynamic.start,
      'siptrace.stop': dynamic.stop,
      'siptrace.list': dynamic.list,
    },
    async start() {
      shared.users++;
    },
    async stop() {
      shared.users--;
      if (shared.users > 0) return;
      await shared.exporter.drain(DRAIN_MS);
      shared.exporter.close();
    },
  };
});

const tunables = (master: TraceSwitch, options: TracerOptions): NonNullable<Instance<Decl>['tunables']> => ({
  trace_on: { read: () => Number(master.on), write: (on) => void (master.on = on !== 0) },
  trace_sl_replies: { read: () => Number(options.slReplies), write: (on) => void (options.slReplies = on !== 0) },
  trace_sl_acks: { read: () => Number(options.slAcks), write: (on) => void (options.slAcks = on !== 0) },
});

const dynamicRpc = (
  { world, log }: Host<Decl>,
  rules: TraceRules,
  exporter: Exporter,
  defaults: readonly string[],
): DynamicRpc => new DynamicRpc({ rules, exporter, defaults, clock: world.clock, log });

const isFlagged = (flag: number, flags: number): boolean => flag >= 0 && (flags & (1 << flag)) !== 0;

/** Programs with the same parameters share their senders, so that a reload loses no queue and no connection. */
interface SharedExporter {
  readonly exporter: Exporter;
  users: number;
}

function sharedExporter(host: Host<Decl>): SharedExporter {
  const { params, world, engine } = host;
  const local = params.send_sock_addr === undefined ? undefined : parseEndpoint(params.send_sock_addr);
  return host.state(`exporter ${JSON.stringify(params)}`, () => ({
    users: 0,
    exporter: new Exporter({
      world,
      defaults: readDefaults(params),
      limits: { frames: params.queue_frames, bytes: params.queue_bytes },
      coalesceMs: params.coalesce_ms,
      ...(local === undefined ? {} : { local: { address: local.address, port: local.port ?? 0 } }),
      isOwnListener: (transport, address, port) =>
        engine.transport.listeners.some((one) => one.transport === transport && one.local.port === port) &&
        engine.transport.isLocal(address, port),
    }),
  }));
}
