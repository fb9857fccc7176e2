/** The wire log: how it shows events and when it forgets them. */
import { expect, it } from 'vitest';
import { firstLine, showEndpoint, WireLog } from '../../src/testing/wire-log.ts';
import { after } from '../../src/util/time.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const entry = (n: number) =>
  ({
    kind: 'sent',
    at: after(new VirtualClock().now(), n),
    transport: 'udp',
    source: { address: '::1', port: 1 },
    destination: { address: '10.0.0.1', port: 2 },
    bytes: Buffer.from(`\r\n\r\nOPTIONS sip:\x1b[31m${n} SIP/2.0\r\nVia: x`),
  }) as const;

it('shows the first line that holds something and nothing that a terminal would obey', () => {
  const log = new WireLog();
  log.record(entry(5));
  expect(log.lines()).toEqual(['5 sent udp [::1]:1 > 10.0.0.1:2 OPTIONS sip:.[31m5 SIP/2.0']);
  expect([firstLine(Buffer.alloc(0)), firstLine(Buffer.alloc(500, 'x')).length]).toEqual(['', 120]);
  expect(showEndpoint({ address: '10.0.0.1', port: 2 })).toBe('10.0.0.1:2');
});

it('forgets the older half when it is full', () => {
  const log = new WireLog(4);
  for (let n = 0; n < 4; n++) log.record(entry(n));
  expect(log.entries.map(({ at }) => at)).toEqual([0, 1, 2, 3]);
  log.record(entry(4));
  expect(log.entries.map(({ at }) => at)).toEqual([2, 3, 4]);
  log.clear();
  expect(log.entries).toEqual([]);
});
