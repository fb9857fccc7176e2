/** What is measured of each trace target. */
import type { Sample } from '../../engine/sample.ts';
import type { TargetStatus } from './target.ts';

/** A target that nothing was sent to yet has had no reason to connect: it counts as up. */
export function samplesOf({
  name,
  uri,
  up,
  state,
  queueFrames,
  queueBytes,
  counters,
}: TargetStatus): readonly Sample[] {
  const labels = { target: name ?? uri };
  const sample = (kind: Sample['kind'], what: string, help: string, value: number): Sample => ({
    name: `trace_${what}`,
    kind,
    help,
    value,
    labels,
  });
  return [
    sample('gauge', 'up', 'Whether the target can be sent to.', up || state === 'idle' ? 1 : 0),
    sample('gauge', 'queue_frames', 'Frames that wait for the target.', queueFrames),
    sample('gauge', 'queue_bytes', 'Bytes that wait for the target.', queueBytes),
    sample('counter', 'submitted', 'Frames for the target.', counters.submitted),
    sample('counter', 'sent', 'Frames handed to the system.', counters.sent),
    sample('counter', 'sent_bytes', 'Bytes handed to the system.', counters.bytes),
    sample('counter', 'reconnects', 'Connections opened again.', counters.reconnects),
    sample('counter', 'faults', 'Sends that the target or the system refused.', counters.faults),
    ...Object.entries(counters.dropped).map(([reason, value]): Sample => {
      const help = 'Frames not sent, by reason.';
      return { name: 'trace_dropped', kind: 'counter', help, value, labels: { ...labels, reason } };
    }),
  ];
}
