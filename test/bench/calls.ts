/**
 * Processor time per traced call, Kamailio and viaduct in turn under the same load: user and system time of all processes
 * of the proxy, divided by the calls. What the load generator and the collector cost is not counted.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Children } from './children.ts';
import { startHepSink, type HepSink } from './hep-sink.ts';
import { costOfTree } from './process-tree.ts';
import { startKamailio, type StartProxy, viaduct, type ViaductOptions, viaductWithCfg } from './proxies.ts';
import { type Goal, median, type Result, round } from './result.ts';
import { SippPair } from './sipp-pair.ts';
import { inTurn, type TurnOptions } from './variants.ts';

export interface CallsOptions extends ViaductOptions, TurnOptions {
  readonly perSecond: number;
  readonly warmUpCalls: number;
  readonly calls: number;
}

/** Sends and receptions of a proxy in one call, each seen by every target. */
const VIADUCT_FRAMES = 13;
/** Kamailio does not trace the ACK that it sends on. */
const KAMAILIO_FRAMES = 12;
/** What was sent last may still be on its way to the collector. */
const SETTLE_MS = 1_000;

interface Variant {
  readonly name: string;
  readonly proxy: 'kamailio' | 'viaduct' | 'viaduct, cfg';
  /** One for each target. */
  readonly targets: readonly ('udp' | 'tcp')[];
}

const VARIANTS: readonly Variant[] = [
  { name: 'kamailio, no trace', proxy: 'kamailio', targets: [] },
  { name: 'viaduct, no trace', proxy: 'viaduct', targets: [] },
  { name: 'viaduct, cfg, no trace', proxy: 'viaduct, cfg', targets: [] },
  { name: 'kamailio, HEP/UDP', proxy: 'kamailio', targets: ['udp'] },
  { name: 'viaduct, HEP/UDP', proxy: 'viaduct', targets: ['udp'] },
  { name: 'viaduct, cfg, HEP/UDP', proxy: 'viaduct, cfg', targets: ['udp'] },
  { name: 'viaduct, 2 x HEP/UDP', proxy: 'viaduct', targets: ['udp', 'udp'] },
  { name: 'viaduct, HEP/TCP', proxy: 'viaduct', targets: ['tcp'] },
];

interface Measured {
  readonly perCall: number;
  readonly framesPerCall: number;
  readonly troubles: readonly string[];
}

export async function benchCalls(options: CallsOptions): Promise<Result> {
  const { variants, of, remarks } = await inTurn(VARIANTS, options, (children, variant) =>
    measure(children, variant, options),
  );
  const rows = variants.map(({ name }) => {
    const costs = of(name).map(({ perCall }) => perCall);
    return {
      name,
      values: {
        'us/call': round(median(costs), 0),
        runs: costs.map((cost) => round(cost, 0)).join(' '),
        'frames/call': round(median(of(name).map(({ framesPerCall }) => framesPerCall))),
      },
    };
  });
  const cost = (name: string): number => median(of(name).map(({ perCall }) => perCall));
  return { bench: 'calls', rows, goals: goals(cost), remarks };
}

function goals(cost: (name: string) => number): readonly Goal[] {
  const peer = cost('kamailio, HEP/UDP');
  const all: readonly Goal[] = [
    { what: 'HEP/UDP against Kamailio', value: cost('viaduct, HEP/UDP') / peer, limit: 0.8, is: 'at most' },
    { what: 'HEP/UDP against Kamailio, aim', value: cost('viaduct, HEP/UDP') / peer, limit: 0.6, is: 'at most' },
    { what: 'HEP/TCP against Kamailio, aim', value: cost('viaduct, HEP/TCP') / peer, limit: 0.5, is: 'at most' },
    { what: 'the same kamailio.cfg, HEP/UDP', value: cost('viaduct, cfg, HEP/UDP') / peer, limit: 0.8, is: 'at most' },
    {
      what: 'kamailio.cfg against TypeScript',
      value: cost('viaduct, cfg, no trace') / cost('viaduct, no trace'),
      limit: 1.25,
      is: 'at most',
    },
    {
      what: 'HEP/TCP against no trace',
      value: cost('viaduct, HEP/TCP') / cost('viaduct, no trace'),
      limit: 1.15,
      is: 'at most',
    },
  ];
  return all.filter(({ value }) => Number.isFinite(value));
}

function starterOf({ proxy }: Variant, options: CallsOptions): StartProxy {
  switch (proxy) {
    case 'kamailio':
      return startKamailio;
    case 'viaduct':
      return viaduct(options);
    case 'viaduct, cfg':
      return viaductWithCfg(options);
  }
}

async function measure(children: Children, variant: Variant, options: CallsOptions): Promise<Measured> {
  const sinks = await Promise.all(variant.targets.map(startHepSink));
  const targets = sinks.map(({ port }, at) => `sip:127.0.0.1:${port};transport=${variant.targets[at] ?? 'udp'}`);
  const start = starterOf(variant, options);
  const proxy = await start(children, targets);
  const pair = await SippPair.start(children, proxy.port);
  try {
    const { perSecond, calls } = options;
    const warmUp = await pair.run({ calls: options.warmUpCalls, perSecond });
    await wait(SETTLE_MS);
    const framesBefore = sinks.map(({ counted }) => counted.frames);
    const before = costOfTree(proxy.pid);
    const load = await pair.run({ calls, perSecond });
    await wait(SETTLE_MS);
    const after = costOfTree(proxy.pid);
    const frames = sinks.map(({ counted }, at) => counted.frames - (framesBefore[at] ?? 0));
    const troubles = [...troublesOf(load, warmUp), ...framesLost(variant, frames, { calls, sinks })];
    return {
      perCall: (after.cpuMicroseconds - before.cpuMicroseconds) / calls,
      framesPerCall: frames.reduce((sum, count) => sum + count, 0) / calls,
      troubles,
    };
  } finally {
    await pair.stop();
    await proxy.stop();
    for (const sink of sinks) sink.close();
  }
}

function troublesOf(
  ...loads: readonly { readonly failed: number; readonly retransmissions: number }[]
): readonly string[] {
  return loads.flatMap(({ failed, retransmissions }) => [
    ...(failed === 0 ? [] : [`${failed} calls failed`]),
    ...(retransmissions === 0 ? [] : [`${retransmissions} retransmissions by the callers`]),
  ]);
}

function framesLost(
  { proxy }: Variant,
  frames: readonly number[],
  { calls, sinks }: { readonly calls: number; readonly sinks: readonly HepSink[] },
): readonly string[] {
  const wanted = calls * (proxy === 'kamailio' ? KAMAILIO_FRAMES : VIADUCT_FRAMES);
  return [
    ...frames.filter((count) => count < wanted).map((count) => `${wanted - count} of ${wanted} frames did not arrive`),
    ...sinks.filter(({ counted }) => counted.strange > 0).map(({ counted }) => `${counted.strange} strange frames`),
  ];
}
