/** Which error leaves with which exit code. */
import { expect, it } from 'vitest';
import { DependencyError, exitCodeOf, isExpected, UsageError } from '../../src/cli/exit-code.ts';
import { ERRORS, ViaductError } from '../../src/errors.ts';
import { ListenError } from '../../src/transport/listen-error.ts';
import { SocketFaultError } from '../../src/world/socket-fault-error.ts';

const listen = (code: string) =>
  new ListenError(
    { transport: 'udp', address: '127.0.0.1', port: 80 },
    new SocketFaultError({ by: 'system', code, message: 'no' }),
  );

it.each([
  [new UsageError('x'), 2],
  [new DependencyError('x'), 69],
  [listen('EADDRINUSE'), 1],
  [listen('EACCES'), 77],
  [listen('EADDRNOTAVAIL'), 78],
  [listen('EAFNOSUPPORT'), 78],
  [listen('ERR_OSSL_PEM_NO_START_LINE'), 78],
  [listen('ERR_TLS_NO_CERTIFICATE'), 78],
  [listen('EMFILE'), 1],
  [new ViaductError('LISTEN_IN_USE', 'x'), 1],
  [new ViaductError('LISTEN_FORBIDDEN', 'x'), 77],
  [new ViaductError('CONFIG_FILE_UNREADABLE', 'x'), 78],
  [new ViaductError('PARAM_VALUE', 'x'), 78],
  [new ViaductError('HTTP_TOKEN', 'x'), 78],
  [new Error('a bug'), 1],
  ['thrown text', 1],
])('%s leaves with %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

it('tells expected errors from bugs', () => {
  const expected = [
    new UsageError('x'),
    new DependencyError('x'),
    listen('EACCES'),
    new ViaductError('HTTP_TOKEN', 'x'),
  ];
  expect(expected.every(isExpected)).toBe(true);
  expect([new Error('x'), new TypeError('x'), 'x', undefined].some(isExpected)).toBe(false);
});

it('gives every registered error a code that is no success', () => {
  const codes = Object.keys(ERRORS).map((code) =>
    exitCodeOf(Object.assign(new ViaductError('HTTP_TOKEN', ''), { code })),
  );
  expect(new Set(codes)).toEqual(new Set([78, 77, 1]));
});
