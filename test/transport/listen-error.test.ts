/** What the operator is told when a proxy cannot listen. */
import { describe, expect, it } from 'vitest';
import { ListenError } from '../../src/transport/listen-error.ts';
import { SocketFaultError } from '../../src/world/socket-fault-error.ts';
import { specOf } from '../support/transport-log.ts';

const errorOf = (listen: string, code: string, message = 'what the system says') =>
  new ListenError(specOf(listen), new SocketFaultError({ by: 'system', code, message }));

describe('ListenError', () => {
  it.each([
    ['udp:127.0.0.1:5060', 'EADDRINUSE', 'the address is in use', 'listen on another port'],
    ['udp:127.0.0.1:80', 'EACCES', 'port 80 is privileged', 'CAP_NET_BIND_SERVICE'],
    ['udp:203.0.113.7:5060', 'EADDRNOTAVAIL', 'has the address 203.0.113.7', 'advertise the public one'],
    ['udp:[::1]:5060', 'EAFNOSUPPORT', 'this host has no IPv6', 'IPv4'],
    ['tls:127.0.0.1:5061', 'ERR_TLS_NO_CERTIFICATE', 'what the system says', 'Give a certificate and a key file'],
    ['tls:127.0.0.1:5061', 'ERR_OSSL_PEM_NO_START_LINE', 'cannot be used', 'PEM'],
    ['udp:127.0.0.1:5060', 'ENOBUFS', 'what the system says', 'Check the address and the port'],
  ])('%s with %s names the address, the reason and what to do', (listen, code, why, todo) => {
    const error = errorOf(listen, code);
    expect(error.message).toContain(`cannot listen on ${listen}: `);
    expect(error.message).toContain(why);
    expect(error.message).toContain(`(${code})`);
    expect(error.message).toContain(todo);
    expect(error).toMatchObject({ code, spec: specOf(listen) });
  });

  it('tells of any other error in its own words', () => {
    expect(new ListenError(specOf('udp:127.0.0.1:5060'), new Error('odd')).message).toContain('odd (UNKNOWN)');
    expect(new ListenError(specOf('udp:127.0.0.1:5060'), 'odd').message).toContain('odd (UNKNOWN)');
  });
});
