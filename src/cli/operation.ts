/** What the HTTP port and the `rpc` command reach: the commands of the program in force and a few of the core. */
import type { RpcHandler } from '../engine/module.ts';
import type { Clock } from '../world/world.ts';
import type { Operation } from './http-answers.ts';
import { answerRpc } from './json-rpc.ts';
import type { Sample } from '../engine/sample.ts';
import { measure } from './measures.ts';
import type { Service } from './service.ts';

export interface OperationOptions {
  readonly service: Service;
  readonly version: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly memoryBytes: () => number;
}

export function operationOf(options: OperationOptions): Operation {
  const { service, version, clock } = options;
  const { proxy } = service;
  const began = clock.now();
  const uptime = (): number => Math.floor((clock.now() - began) / 1000);
  const core: ReadonlyMap<string, RpcHandler> = new Map<string, RpcHandler>([
    ['core.version', () => `viaduct ${version}`],
    ['core.uptime', () => ({ seconds: uptime() })],
    ['core.listeners', () => service.listeners],
    ['core.counters', () => ({ sip: proxy.counters, transport: proxy.engine.transport.counters })],
    ['core.reload', () => service.reload().then(() => 'new routes are in force')],
    ['system.listMethods', () => [...core.keys(), ...proxy.program.rpc.keys()].toSorted()],
  ]);
  return {
    ready: () => proxy.phase === 'running',
    rpc: (text) => answerRpc(text, { find: (method) => core.get(method) ?? proxy.program.rpc.get(method) }),
    async metrics() {
      // Most proxies are never scraped: they need not load it.
      const { exposition } = await import('./metrics.ts');
      return exposition([...ownSamples(version, uptime(), options.memoryBytes()), ...measure(proxy)]);
    },
  };
}

const ownSamples = (version: string, uptimeSeconds: number, memoryBytes: number): readonly Sample[] => [
  { name: 'build_info', kind: 'gauge', help: 'The version that runs.', labels: { version }, value: 1 },
  { name: 'uptime_seconds', kind: 'gauge', help: 'Seconds since the start.', value: uptimeSeconds },
  { name: 'resident_memory_bytes', kind: 'gauge', help: 'Resident memory.', value: memoryBytes },
];
