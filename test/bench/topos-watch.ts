/**
 * A module that looks at the wire of the proxy under test: how long each message took from the socket to the socket, and
 * whether what left had a Via.
 */
import { defineModule } from 'viaduct';

/** Messages whose times are kept: all of a run. */
const MAX_TIMES = 200_000;
const VIA = Buffer.from('\r\nVia:');
const NO_TIME = -1;

interface Seen {
  replies: number;
  repliesWithoutVia: number;
  requests: number;
  requestsWithoutVia: number;
}

export const watch = defineModule(
  {
    name: 'watch',
    doc: 'Looks at the wire.',
    rpc: {
      'watch.times': {
        doc: 'Microseconds from the arrival of a message to its departure, by quantile, since the last time.',
      },
      'watch.seen': { doc: 'What has left, and how much of it had no Via.' },
    },
  },
  () => {
    const times = new Float64Array(MAX_TIMES);
    const seen: Seen = { replies: 0, repliesWithoutVia: 0, requests: 0, requestsWithoutVia: 0 };
    let count = 0;
    let arrivedAt = NO_TIME;
    let leftAt = NO_TIME;
    const note = (): void => {
      if (arrivedAt !== NO_TIME && leftAt !== NO_TIME && count < MAX_TIMES) times[count++] = leftAt - arrivedAt;
      leftAt = NO_TIME;
    };
    return {
      functions: {},
      // The driver is synchronous: what leaves before the next arrival is what this one caused.
      tap({ direction, at, bytes }) {
        if (direction === 'in') {
          note();
          arrivedAt = at;
          return;
        }
        leftAt = at;
        const hasVia = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(VIA);
        if (bytes[0] === 0x53 && bytes[3] === 0x2f) {
          seen.replies++;
          if (!hasVia) seen.repliesWithoutVia++;
        } else {
          seen.requests++;
          if (!hasVia) seen.requestsWithoutVia++;
        }
      },
      rpc: {
        'watch.times': () => {
          const sorted = times.slice(0, count).sort();
          const quantile = (part: number): number => Math.round(sorted[Math.floor(part * (count - 1))] ?? 0);
          const shown = { count, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), p999: quantile(0.999) };
          count = 0;
          arrivedAt = NO_TIME;
          return shown;
        },
        'watch.seen': () => seen,
      },
    };
  },
);
