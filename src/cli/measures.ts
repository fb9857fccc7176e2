/** What a running proxy counts and measures, as plain samples. */
import type { Proxy } from '../engine/proxy.ts';
import type { Sample } from '../engine/sample.ts';

/** The samples that make up one metric share its name, kind and help. */
export function measure(proxy: Proxy): readonly Sample[] {
  return [...transportSamples(proxy), ...sipSamples(proxy), ...moduleSamples(proxy)];
}

const counter = (name: string, help: string, value: number, labels?: Sample['labels']): Sample => ({
  name,
  kind: 'counter',
  help,
  value,
  ...(labels !== undefined && { labels }),
});
const gauge = (name: string, help: string, value: number, labels?: Sample['labels']): Sample => ({
  name,
  kind: 'gauge',
  help,
  value,
  ...(labels !== undefined && { labels }),
});

function transportSamples({ engine, listeners }: Proxy): readonly Sample[] {
  const { counters } = engine.transport;
  return [
    gauge('listeners', 'Sockets that SIP is received on.', listeners.length),
    gauge('transport_connections', 'Streams in the table now.', counters.connections),
    counter('transport_received', 'Messages received.', counters.received),
    counter('transport_sent', 'Messages handed to the system.', counters.sent),
    counter('transport_keepalives', 'Keepalives received.', counters.keepalives),
    counter('transport_accepted', 'Streams accepted.', counters.accepted),
    counter('transport_connected', 'Streams opened by us.', counters.connected),
    counter('transport_faults', 'Sends refused by the system, streams ended by a fault.', counters.faults),
    ...Object.entries(counters.dropped).map(([reason, value]) =>
      counter('transport_dropped', 'Messages, sends and connections given up, by reason.', value, { reason }),
    ),
  ];
}

function sipSamples({ counters }: Proxy): readonly Sample[] {
  return [
    counter('sip_requests', 'Requests received.', counters.requests),
    counter('sip_replies', 'Replies received.', counters.replies),
    counter('sip_malformed', 'Messages refused or discarded before any route.', counters.malformed),
    counter('sip_foreign_replies', 'Replies whose topmost Via is not ours.', counters.foreignReplies),
    counter('sip_stray_replies', 'Replies without a transaction.', counters.strayReplies),
    counter('sip_route_errors', 'Routes that threw.', counters.routeErrors),
  ];
}

/** `tm.transactions` becomes `viaduct_tm_transactions_total` on /metrics. */
function moduleSamples({ program }: Proxy): readonly Sample[] {
  return program.modules.flatMap(({ decl, stats, instance }) => [
    ...Object.entries(stats).map(([name, { value }]) =>
      counter(`${decl.name}_${name}`.replace(/[^a-zA-Z0-9_]/g, '_'), decl.stats?.[name] ?? name, value),
    ),
    ...(instance.metrics?.() ?? []),
  ]);
}
