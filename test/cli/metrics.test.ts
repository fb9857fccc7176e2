/** What a proxy counts, in the text format of Prometheus. */
import { expect, it } from 'vitest';
import { measure } from '../../src/cli/measures.ts';
import { exposition } from '../../src/cli/metrics.ts';
import { use } from '../../src/engine/module.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { createProxy } from '../../src/engine/proxy.ts';
import { siptrace } from '../../src/modules/siptrace/siptrace.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { Simulator } from '../../src/testing/simulator.ts';

const textOf = async (): Promise<readonly string[]> => {
  const homer = use(siptrace, { target: ['homer=sip:127.0.0.1:9060', 'voipmonitor=sip:127.0.0.1:9061'] });
  const program = defineRoutes([tm, homer], () => ({ request: () => undefined }));
  const proxy = createProxy({ world: new Simulator().world, program, listen: [] });
  return (await exposition(measure(proxy))).text.split('\n');
};

it('shows transports, messages and the counters of each module', async () => {
  const lines = await textOf();
  expect(lines).toContain('# TYPE viaduct_transport_received_total counter');
  expect(lines).toContain('viaduct_transport_received_total 0');
  expect(lines).toContain('viaduct_transport_dropped_total{reason="slowReader"} 0');
  expect(lines).toContain('viaduct_transport_connections 0');
  expect(lines).toContain('viaduct_sip_requests_total 0');
  expect(lines).toContain('# HELP viaduct_tm_transactions_total Transactions created.');
  expect(lines).toContain('viaduct_tm_transactions_total 0');
});

it('shows each trace target', async () => {
  const lines = await textOf();
  for (const line of [
    'viaduct_trace_up{target="homer"} 1',
    'viaduct_trace_queue_frames{target="homer"} 0',
    'viaduct_trace_sent_total{target="voipmonitor"} 0',
    'viaduct_trace_sent_bytes_total{target="homer"} 0',
    'viaduct_trace_reconnects_total{target="homer"} 0',
    'viaduct_trace_dropped_total{target="voipmonitor",reason="queue"} 0',
  ]) {
    expect(lines).toContain(line);
  }
});

it('has a valid name and one type for every metric', async () => {
  const types = (await textOf()).filter((line) => line.startsWith('# TYPE '));
  expect(new Set(types).size).toBe(types.length);
  for (const line of types) expect(line).toMatch(/^# TYPE [a-z_][a-z0-9_]* (?:counter|gauge)$/);
});

it('keeps nothing between two scrapes', async () => {
  const samples = [{ name: 'x', kind: 'counter', help: 'x', value: 2 }] as const;
  const [first, second] = [await exposition(samples), await exposition(samples)];
  expect(second).toEqual(first);
  expect(first.text).toContain('viaduct_x_total 2');
  expect(first.type).toMatch(/^text\/plain; version=0\.0\.4/);
});
