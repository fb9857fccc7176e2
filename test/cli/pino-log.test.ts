/** The log: JSON for programs, lines for people, the same safety in both. */
import { describe, expect, it } from 'vitest';
import { paintFor, wantsColour } from '../../src/cli/colours.ts';
import { levelFor, MAX_VALUE_LENGTH, pinoLog } from '../../src/cli/pino-log.ts';
import type { LogFields, LogLevel } from '../../src/engine/log.ts';
import type { WallTime } from '../../src/util/time.ts';

const clock = { wall: () => (Date.UTC(2026, 0, 2, 3, 4, 5, 67) * 1000) as WallTime };

function logged(pretty: boolean, write: readonly [LogLevel, string, LogFields?], level: LogLevel = 'debug'): string {
  let text = '';
  const sink = { write: (line: string) => void (text += line) };
  const log = pinoLog({ level, clock, sink, paint: pretty ? (_, part) => part : undefined });
  log.write(...write);
  return text;
}

describe('the JSON log', () => {
  it('writes one object a line with level, time, fields and message', () => {
    expect(logged(false, ['notice', 'listening', { address: 'udp:127.0.0.1:5060', port: 5060, gone: undefined }])).toBe(
      '{"level":"notice","time":"2026-01-02T03:04:05.067Z","address":"udp:127.0.0.1:5060","port":5060,"msg":"listening"}\n',
    );
  });

  it.each(['alert', 'critical', 'error', 'warn', 'notice', 'info', 'debug'] as const)('knows the level %s', (level) => {
    expect(JSON.parse(logged(false, [level, 'x']))).toMatchObject({ level, msg: 'x' });
  });
});

describe.each([false, true])('a log (pretty: %s)', (pretty) => {
  it('writes what is as urgent as its level, and nothing below', () => {
    expect(logged(pretty, ['info', 'x'], 'notice')).toBe('');
    expect(logged(pretty, ['notice', 'x'], 'notice')).not.toBe('');
  });

  it('stays on one line, whatever a peer sent', () => {
    const text = logged(pretty, ['warn', 'bad\nmessage', { callId: 'a\r\n{"level":"alert"}\u001b[2J\u009b' }]);
    expect(text.replace(/\n$/, '')).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+$/);
  });

  it('holds no credentials, by name or by form', () => {
    const text = logged(pretty, [
      'warn',
      'Authorization: Digest response="5ca1ab1e"',
      { password: 'wonderland', uri: 'sip:alice:wonderland@b', token: 't0ken' },
    ]);
    expect(text).not.toMatch(/wonderland|5ca1ab1e|t0ken/);
  });

  it('cuts a value at its limit', () => {
    expect(logged(pretty, ['warn', 'm', { a: 'x'.repeat(MAX_VALUE_LENGTH) }])).toContain('x'.repeat(MAX_VALUE_LENGTH));
    const long = logged(pretty, ['warn', 'm', { a: 'x'.repeat(MAX_VALUE_LENGTH + 1) }]);
    expect(long).not.toContain('x'.repeat(MAX_VALUE_LENGTH + 1));
  });
});

it('writes lines for people as time, level, message and fields', () => {
  expect(logged(true, ['error', 'the request route threw', { method: 'INVITE' }])).toMatch(
    /^\d\d:\d\d:\d\d\.067 error {4}the request route threw method=INVITE\n$/,
  );
});

it('logs more with each -d', () => {
  expect([0, 1, 2, 3].map(levelFor)).toEqual(['notice', 'info', 'debug', 'debug']);
});

describe('colours', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s with %j: %s', (isTty, env, wanted) => {
    expect(wantsColour(env, { isTty })).toBe(wanted);
    expect(paintFor(env, { isTty })('red', 'x')).toBe(wanted ? '\u001b[31mx\u001b[0m' : 'x');
  });
});
