/** What the HTTP port, the control socket and the `rpc` command reach: metrics, and the commands of the proxy. */
import { proxyCommands } from '../engine/commands/proxy-commands.ts';
import { answerRpc } from '../engine/json-rpc.ts';
import type { Sample } from '../engine/sample.ts';
import type { AboutProcess } from './about-process.ts';
import type { Operation } from './http-answers.ts';
import { measure } from './measures.ts';
import { processCommands, processParameters } from './process-commands.ts';
import type { Service } from './service.ts';

export interface OperationOptions extends AboutProcess {
  readonly service: Service;
}

export function operationOf(options: OperationOptions): Operation {
  const { version, clock, process } = options;
  const { proxy } = options.service;
  const began = clock.now();
  const { commands } = proxy.engine;
  commands.offer({ ...proxyCommands(proxy, [processParameters(options.log)]), ...processCommands(options) });
  return {
    ready: () => proxy.phase === 'running',
    rpc: (text) => answerRpc(text, commands),
    page(question) {
      for (const { instance } of proxy.program.modules) {
        const answer = instance.http?.(question);
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
    async metrics() {
      // Most proxies are never scraped: they need not load it.
      const { exposition } = await import('./metrics.ts');
      const uptime = Math.floor((clock.now() - began) / 1000);
      return exposition([...ownSamples(version, uptime, process.memoryBytes()), ...measure(proxy)]);
    },
  };
}

const ownSamples = (version: string, uptimeSeconds: number, memoryBytes: number): readonly Sample[] => [
  { name: 'build_info', kind: 'gauge', help: 'The version that runs.', labels: { version }, value: 1 },
  { name: 'uptime_seconds', kind: 'gauge', help: 'Seconds since the start.', value: uptimeSeconds },
  { name: 'resident_memory_bytes', kind: 'gauge', help: 'Resident memory.', value: memoryBytes },
];
