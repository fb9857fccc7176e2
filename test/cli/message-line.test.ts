/** One message as one line. */
import { describe, expect, it } from 'vitest';
import { clockTime, messageLine } from '../../src/cli/message-line.ts';
import { LivePrinter, MAX_BACKLOG_BYTES } from '../../src/cli/live-view.ts';
import type { WallTime } from '../../src/util/time.ts';
import type { WireEvent } from '../../src/engine/exchange.ts';
import { bytesOf, INVITE, RINGING } from '../sip/messages.ts';
import { TestOutput } from './test-shell.ts';

const plain = (_: string, text: string): string => text;
const at = new Date(2026, 0, 2, 3, 4, 5, 67).getTime() * 1000;
const parts = {
  at: at as WallTime,
  protocol: 'udp',
  source: '192.0.2.1:5060',
  destination: '[2001:db8::1]:5060',
};

const event = (text: string, direction: 'in' | 'out'): WireEvent => ({
  bytes: bytesOf(text),
  direction,
  at: at as WallTime,
  cause: { kind: 'local', module: 'test' },
  flow: {
    transport: 'udp',
    connection: 0,
    local: { address: '127.0.0.1', port: 5060 },
    remote: { address: '::1', port: 5070 },
    listener: {
      transport: 'udp',
      local: { address: '127.0.0.1', port: 5060 },
      advertised: undefined,
      sentBy: { host: '127.0.0.1', port: 5060 },
      name: undefined,
    },
  },
});

describe('a line', () => {
  it('shows a request by its method and URI', () => {
    expect(messageLine({ ...parts, payload: bytesOf(INVITE) }, plain)).toBe(
      '03:04:05.067 udp 192.0.2.1:5060        → [2001:db8::1]:5060    INVITE sip:bob@biloxi.example.com  3848276298220188511…',
    );
  });

  it('shows a reply by its status, the method it answers, and the direction', () => {
    expect(messageLine({ ...parts, direction: 'out', payload: bytesOf(RINGING) }, plain)).toBe(
      '03:04:05.067   │→ udp 192.0.2.1:5060        → [2001:db8::1]:5060    180 Ringing (INVITE)  3848276298220188511…',
    );
  });

  it.each([
    ['nothing', ''],
    ['only a line end', '\r\n'],
    ['other text', 'hello\u001b[2J world\nmore'],
    ['a request without headers', 'OPTIONS sip:a SIP/2.0\r\n\r\n'],
    ['a reply without CSeq', 'SIP/2.0 200 OK\r\n\r\n'],
  ])('is one line of visible characters for %s', (_, text) => {
    expect(messageLine({ ...parts, payload: bytesOf(text) }, plain)).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+$/);
  });

  it('cannot be split or coloured by what a peer sends', () => {
    const nasty = 'INVITE sip:\u001b[31m@a\u0007 SIP/2.0\r\nCall-ID: \u001b]0;title\u0007\r\nCSeq: 1 INVITE\r\n\r\n';
    expect(messageLine({ ...parts, payload: bytesOf(nasty) }, plain)).toContain(
      'INVITE sip:\\x1b[31m@a\\x07  \\x1b]0;title\\x07',
    );
  });

  it('shows no password of a URI', () => {
    const request = 'REGISTER sip:alice:wonderland@example.com SIP/2.0\r\n\r\n';
    expect(messageLine({ ...parts, payload: bytesOf(request) }, plain)).toContain('REGISTER sip:alice:***@example.com');
  });

  it('is of bounded length', () => {
    const long = `OPTIONS sip:${'a'.repeat(5000)} SIP/2.0\r\nCall-ID: ${'b'.repeat(5000)}\r\n\r\n`;
    expect(messageLine({ ...parts, payload: bytesOf(long) }, plain).length).toBeLessThan(200);
  });

  it('has no time when nobody told it', () => {
    expect(clockTime(undefined)).toBe('--:--:--.---');
  });
});

describe('the live view', () => {
  it('turns source and destination with the direction', () => {
    const out = new TestOutput();
    const printer = new LivePrinter(out, plain);
    printer.show(event(INVITE, 'in'));
    printer.show(event(INVITE, 'out'));
    const [first, second] = out.text.split('\n');
    expect(first).toMatch(/^[\d:.]+ →│ {3}udp \[::1\]:5070 +→ 127\.0\.0\.1:5060 +INVITE/);
    expect(second).toMatch(/^[\d:.]+ {3}│→ udp 127\.0\.0\.1:5060 +→ \[::1\]:5070 +INVITE/);
  });

  it('leaves lines out when the terminal is too slow, and says how many', () => {
    const out = new TestOutput();
    const printer = new LivePrinter(out, plain);
    out.backlog = MAX_BACKLOG_BYTES + 1;
    printer.show(event(INVITE, 'in'));
    printer.show(event(INVITE, 'in'));
    expect(out.text).toBe('');
    out.backlog = MAX_BACKLOG_BYTES;
    printer.show(event(INVITE, 'in'));
    expect(out.text.split('\n')[0]).toBe('... 2 messages not shown, the terminal was too slow');
    expect(out.text.split('\n')).toHaveLength(3);
  });

  it('prints nothing once the reader has gone', () => {
    const out = new TestOutput();
    out.close();
    new LivePrinter(out, plain).show(event(INVITE, 'in'));
    expect(out.text).toBe('');
  });
});
