/** HEP packets as text. */
import { describe, expect, it } from 'vitest';
import { packetFull, packetJson, packetLine } from '../../src/cli/packet-text.ts';
import type { HepPacket } from '../../src/hep/packet.ts';
import { bytesOf, RINGING } from '../sip/messages.ts';

const plain = (_: string, text: string): string => text;
const bare: HepPacket = {
  version: 3,
  family: undefined,
  protocol: undefined,
  source: { address: undefined, port: undefined },
  destination: { address: undefined, port: undefined },
  seconds: undefined,
  microseconds: undefined,
  type: undefined,
  captureId: undefined,
  authKey: undefined,
  nodeName: undefined,
  correlationId: undefined,
  payload: undefined,
  extra: [],
  extraDropped: 0,
};
const ringing: HepPacket = {
  ...bare,
  protocol: 17,
  source: { address: '192.0.2.1', port: 5060 },
  destination: { address: '2001:db8::1', port: 5070 },
  seconds: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000,
  microseconds: 67_890,
  type: 1,
  captureId: 2001,
  authKey: 'secret',
  nodeName: 'edge\u001b1',
  correlationId: 'abc',
  payload: bytesOf(RINGING),
};
const agent = { address: '127.0.0.1', port: 40_000 };
const collected = (packet: HepPacket) => ({ packet, transport: 'udp' as const, agent });

describe('a packet', () => {
  it('is one line', () => {
    expect(packetLine(collected(ringing), plain)).toMatch(
      /^\d\d:\d\d:05\.067 udp 192\.0\.2\.1:5060 +→ \[2001:db8::1\]:5070 +180 Ringing \(INVITE\) {2}3848276298220188511… {2}id=2001 node=edge\\x1b1 correlation=abc$/,
    );
  });

  it('of which nothing is known is a line all the same', () => {
    expect(packetLine(collected(bare), plain)).toMatch(/^--:--:--\.--- \? {3}\?:\? +→ \?:\? +$/);
  });

  it('of another type says so', () => {
    const log = { ...bare, type: 100, payload: Buffer.from('no route\nfor you') };
    expect(packetLine(collected(log), plain)).toMatch(/no route {2}type=log$/);
  });

  it('is shown whole with its own line ends and no control characters', () => {
    const full = packetFull(collected({ ...ringing, payload: Buffer.from('a\u001b[2J\r\nb ü\r\n\r\n') }), plain);
    expect(full.split('\n').slice(1)).toEqual(['a\\x1b[2J', 'b ü', '']);
  });

  it('is one JSON object, without the key of the sender', () => {
    const text = packetJson(collected(ringing));
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toEqual({
      time: '2026-01-02T03:04:05.067Z',
      seconds: 1_767_323_045,
      microseconds: 67_890,
      protocol: 'udp',
      protocolId: 17,
      source: { address: '192.0.2.1', port: 5060 },
      destination: { address: '2001:db8::1', port: 5070 },
      type: 'sip',
      version: 3,
      captureId: 2001,
      node: 'edge\u001b1',
      correlationId: 'abc',
      agent: { transport: 'udp', ...agent },
      payload: RINGING,
    });
  });
});
