/** The samples of a proxy in Prometheus' text format, by prom-client. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Sample } from '../engine/sample.ts';

/** One scrape: a registry is made, filled and thrown away, so nothing is kept between scrapes or shared by proxies. */
export async function exposition(
  samples: readonly Sample[],
): Promise<{ readonly type: string; readonly text: string }> {
  const registry = new Registry();
  const metrics = new Map<string, Counter | Gauge>();
  for (const sample of samples) {
    const metric = metrics.get(sample.name) ?? metricOf(sample, registry);
    metrics.set(sample.name, metric);
    metric.inc(sample.labels ?? {}, sample.value);
  }
  return { type: registry.contentType, text: await registry.metrics() };
}

function metricOf(sample: Sample, registry: Registry): Counter | Gauge {
  const { kind, help, labels } = sample;
  const name = kind === 'counter' ? `viaduct_${sample.name}_total` : `viaduct_${sample.name}`;
  const options = { name, help, labelNames: Object.keys(labels ?? {}), registers: [registry] };
  return kind === 'counter' ? new Counter(options) : new Gauge(options);
}
