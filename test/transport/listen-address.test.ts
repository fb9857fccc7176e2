/** Listen addresses as text: what is understood, and what is said about the rest. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultPort,
  formatListenAddress,
  type ListenSpec,
  parseListenAddress,
} from '../../src/transport/listen-address.ts';

const specOf = (text: string): ListenSpec | string => {
  const parsed = parseListenAddress(text);
  return parsed.kind === 'listen' ? parsed.spec : parsed.message;
};

describe('parseListenAddress', () => {
  it.each<[string, ListenSpec]>([
    ['udp:127.0.0.1:5060', { transport: 'udp', address: '127.0.0.1', port: 5060 }],
    ['udp:0.0.0.0:5060', { transport: 'udp', address: '0.0.0.0', port: 5060 }],
    ['TCP:10.0.0.1:0', { transport: 'tcp', address: '10.0.0.1', port: 0 }],
    ['udp:10.0.0.1', { transport: 'udp', address: '10.0.0.1', port: 5060 }],
    ['tls:10.0.0.1', { transport: 'tls', address: '10.0.0.1', port: 5061 }],
    ['udp:[::]:5060', { transport: 'udp', address: '::', port: 5060 }],
    ['udp:[2001:DB8:0::1]:65535', { transport: 'udp', address: '2001:db8::1', port: 65535 }],
    [
      'tls:[::1]:5061/sip.example.com:5061',
      { transport: 'tls', address: '::1', port: 5061, advertised: { host: 'sip.example.com', port: 5061 } },
    ],
    [
      'udp:10.0.0.1:5060/203.0.113.7',
      { transport: 'udp', address: '10.0.0.1', port: 5060, advertised: { host: '203.0.113.7', port: undefined } },
    ],
    [
      'udp:10.0.0.1/[2001:db8::7]:5070',
      { transport: 'udp', address: '10.0.0.1', port: 5060, advertised: { host: '2001:db8::7', port: 5070 } },
    ],
  ])('understands %s', (text, spec) => {
    expect(specOf(text)).toEqual(spec);
  });

  it.each([
    ['', 'it must begin with udp:, tcp: or tls:'],
    ['127.0.0.1:5060', 'it must begin with udp:, tcp: or tls:'],
    ['sctp:127.0.0.1:5060', 'it must begin with udp:, tcp: or tls:'],
    ['udp:', 'the address is missing'],
    ['udp::5060', 'the address is missing'],
    ['udp:eth0:5060', '"eth0" is not an IP address'],
    ['udp:sip.example.com:5060', '"sip.example.com" is not an IP address'],
    ['udp:10.0.0.256:5060', '"10.0.0.256" is not an IP address'],
    ['udp:10.0.0.1:65536', '"65536" is not a port (0 to 65535)'],
    ['udp:10.0.0.1:sip', '"sip" is not a port (0 to 65535)'],
    ['udp:10.0.0.1:', '"" is not a port (0 to 65535)'],
    ['udp:10.0.0.1:-1', '"-1" is not a port (0 to 65535)'],
    ['udp:::1:5060', 'the address is missing'],
    ['udp:[::1:5060', '"[::1:5060" is not address:port'],
    ['udp:[::zz]:5060', '"::zz" is neither an address nor a name'],
    ['udp:[10.0.0.1]:5060', 'only IPv6 stands in brackets'],
    ['udp:10.0.0.1:5060/', 'the advertised address: the address is missing'],
    ['udp:10.0.0.1:5060/sip example', 'the advertised address: "sip example" is neither an address nor a name'],
    ['udp:10.0.0.1:5060/a\r\nVia: x', 'the advertised address: '],
    ['udp:10.0.0.1:5060/example.com:0', 'the advertised address: port 0 cannot be reached'],
    ['udp:10.0.0.1:5060/example.com:99999', 'the advertised address: "99999" is not a port (0 to 65535)'],
  ])('says what is wrong with %j', (text, why) => {
    expect(specOf(text)).toContain(`listen address "${text}": `);
    expect(specOf(text)).toContain(why);
  });

  it('answers any text with a value', () => {
    fc.assert(
      fc.property(fc.string(), (text) => void expect(parseListenAddress(`udp:${text}`).kind).toBeTypeOf('string')),
    );
  });

  it('reads what it writes', () => {
    const port = fc.integer({ min: 1, max: 65535 });
    const spec = fc.record(
      {
        transport: fc.constantFrom('udp', 'tcp', 'tls'),
        address: fc.constantFrom('127.0.0.1', '::1', '0.0.0.0', '2001:db8::1'),
        port: fc.integer({ min: 0, max: 65535 }),
        advertised: fc.record({
          host: fc.constantFrom('sip.example.com', 'a', '::1', '192.0.2.1'),
          port: fc.option(port, { nil: undefined }),
        }),
      },
      { requiredKeys: ['transport', 'address', 'port'] },
    );
    fc.assert(fc.property(spec, (given) => void expect(specOf(formatListenAddress(given))).toEqual(given)));
  });
});

describe('defaultPort', () => {
  it('is 5060, and 5061 for TLS', () => {
    expect([defaultPort('udp'), defaultPort('tcp'), defaultPort('tls')]).toEqual([5060, 5060, 5061]);
  });
});
