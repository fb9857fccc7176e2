/** Next hops as calls name them. */
import { describe, expect, it } from 'vitest';
import { hopOf, hopOfUri, hopUri } from '../../../src/modules/tm/hop.ts';

describe('a next hop', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', undefined, undefined],
    ['10.0.0.1:5070', '10.0.0.1', '5070', undefined],
    ['tcp:10.0.0.1:5070', '10.0.0.1', '5070', 'tcp'],
    ['TLS:example.org', 'example.org', undefined, 'tls'],
    ['udp:[::1]:5070', '[::1]', '5070', 'udp'],
    ['[::1]', '[::1]', undefined, undefined],
    ['any:10.0.0.1', '10.0.0.1', undefined, undefined],
  ])('written as %s', (text, host, port, transport) => {
    expect(hopOf(text)).toEqual({ host, port, transport });
  });

  it('may be a URI', () => {
    expect(hopOfUri('sip:bob@10.0.0.1:5070;transport=tcp')).toEqual({
      host: '10.0.0.1',
      port: '5070',
      transport: 'tcp',
    });
    expect(hopOfUri('sips:example.org')?.transport).toBe('tls');
    expect([hopOfUri('nonsense'), hopOfUri('tel:+1')]).toEqual([undefined, undefined]);
  });

  it('takes what it does not say from where the request would go', () => {
    expect(hopUri('sip:bob@10.0.0.1:5070', { transport: 'tcp' })).toBe('sip:10.0.0.1:5070;transport=tcp');
    expect(hopUri('sip:bob@10.0.0.1', { host: '10.0.0.2', port: '' })).toBe('sip:10.0.0.2');
    expect(hopUri('tel:+1', { transport: 'tcp' })).toBe('tel:+1');
  });
});
