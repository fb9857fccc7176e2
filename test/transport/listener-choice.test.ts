/** Which listener reaches a peer, and which names are ours. */
import { describe, expect, it } from 'vitest';
import { parseListenAddress } from '../../src/transport/listen-address.ts';
import { chooseListener, LocalNames, localFor, makeListener, sourceFor } from '../../src/transport/listener-choice.ts';
import type { Listener } from '../../src/transport/flow.ts';

const own = { v4: '10.0.0.5', v6: '2001:db8::5' };

function listener(text: string): Listener {
  const parsed = parseListenAddress(text);
  if (parsed.kind === 'malformed') throw new Error(parsed.message);
  return makeListener(parsed.spec, { address: parsed.spec.address, port: parsed.spec.port }, own);
}

const remote = (address: string) => ({ address, port: 5060 });

describe('makeListener', () => {
  it.each([
    ['udp:127.0.0.1:5060', { host: '127.0.0.1', port: 5060 }],
    ['udp:[::1]:5070', { host: '[::1]', port: 5070 }],
    ['udp:0.0.0.0:5060', { host: '10.0.0.5', port: 5060 }],
    ['udp:[::]:5060', { host: '[2001:db8::5]', port: 5060 }],
    ['udp:0.0.0.0:5060/sip.example.com', { host: 'sip.example.com', port: 5060 }],
    ['tls:10.0.0.1:5061/[2001:db8::7]:443', { host: '[2001:db8::7]', port: 443 }],
  ])('%s is seen by peers as %o', (text, sentBy) => {
    expect(listener(text).sentBy).toEqual(sentBy);
  });
});

describe('chooseListener', () => {
  const all = [
    listener('udp:127.0.0.1:5060'),
    listener('udp:10.0.0.1:5060'),
    listener('udp:10.0.0.2:5060'),
    listener('udp:[::1]:5060'),
    listener('tcp:10.0.0.1:5060'),
    listener('tcp:10.0.0.2:5060'),
  ];
  const [loopback, first, second, six, tcp1, tcp2] = all;
  const choose = (transport: 'udp' | 'tcp' | 'tls', address: string, from?: Listener) =>
    chooseListener(all, transport, remote(address), from);

  it('takes the first that reaches the peer', () => {
    expect(choose('udp', '192.0.2.1')).toBe(first);
    expect(choose('udp', '127.0.0.9')).toBe(loopback);
    expect(choose('udp', '::1')).toBe(six);
  });

  it('takes the one that was asked for, even where another would reach further', () => {
    expect(choose('udp', '192.0.2.1', second)).toBe(second);
    expect(choose('udp', '192.0.2.1', loopback)).toBe(loopback);
  });

  it('stays on the address of the one that was asked for when the transport changes', () => {
    expect(choose('tcp', '192.0.2.1', second)).toBe(tcp2);
    expect(choose('tcp', '192.0.2.1', first)).toBe(tcp1);
  });

  it('does not cross address families or transports', () => {
    expect(choose('tls', '192.0.2.1')).toBeUndefined();
    expect(choose('tcp', '::1')).toBeUndefined();
    expect(choose('udp', '2001:db8::9', second)).toBe(six);
  });

  it('prefers a wildcard to a loopback address for a peer elsewhere', () => {
    const some = [listener('udp:127.0.0.1:5060'), listener('udp:0.0.0.0:5070')];
    expect(chooseListener(some, 'udp', remote('192.0.2.1'), undefined)).toBe(some[1]);
    expect(chooseListener(some, 'udp', remote('127.0.0.1'), undefined)).toBe(some[0]);
  });
});

describe('localFor', () => {
  it('names the address of a wildcard socket that the peer sees', () => {
    const any = listener('udp:0.0.0.0:5060');
    expect(localFor(any, remote('192.0.2.1'), own)).toEqual({ address: '10.0.0.5', port: 5060 });
    expect(localFor(any, remote('127.0.0.1'), own)).toEqual({ address: '127.0.0.1', port: 5060 });
    expect(localFor(listener('udp:[::]:5060'), remote('::1'), own)).toEqual({ address: '::1', port: 5060 });
    expect(localFor(listener('udp:10.0.0.1:5060'), remote('192.0.2.1'), own)).toEqual({
      address: '10.0.0.1',
      port: 5060,
    });
  });
});

describe('sourceFor', () => {
  it('binds new streams to the listener, unless the peer could not answer to it', () => {
    expect(sourceFor(listener('tcp:10.0.0.1:5060'), remote('192.0.2.1'))).toBe('10.0.0.1');
    expect(sourceFor(listener('tcp:127.0.0.1:5060'), remote('127.0.0.9'))).toBe('127.0.0.1');
    expect(sourceFor(listener('tcp:127.0.0.1:5060'), remote('192.0.2.1'))).toBeUndefined();
    expect(sourceFor(listener('tcp:0.0.0.0:5060'), remote('192.0.2.1'))).toBeUndefined();
  });
});

describe('LocalNames', () => {
  const names = new LocalNames(
    [listener('udp:10.0.0.1:5060/sip.example.com'), listener('tls:[::1]:5061'), listener('tcp:0.0.0.0:5080')],
    own,
    [
      { host: 'Alias.example', port: 5060 },
      { host: 'any.example', port: undefined },
    ],
  );

  it.each<[string, number | 'any' | undefined, boolean]>([
    ['10.0.0.1', 5060, true],
    ['10.0.0.1', undefined, true],
    ['10.0.0.1', 5061, false],
    ['SIP.example.com', undefined, true],
    ['sip.example.com', 5060, true],
    ['sip.example.com', 5062, false],
    ['[::1]', 5061, true],
    ['::1', undefined, true],
    ['::1', 5060, false],
    ['localhost', 5061, true],
    ['10.0.0.5', 5080, true],
    ['10.0.0.5', undefined, false],
    ['127.0.0.1', 5080, true],
    ['alias.example', undefined, true],
    ['alias.example', 5061, false],
    ['any.example', 1234, true],
    ['10.0.0.5', 'any', true],
    ['::1', 'any', true],
    ['10.0.0.2', 'any', false],
    ['example.com', undefined, false],
    ['10.0.0.2', 5060, false],
  ])('%s port %s: ours is %s', (host, port, ours) => {
    expect(names.has(host, port)).toBe(ours);
  });
});
