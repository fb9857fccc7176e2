/** Via hops of any transport, with white space anywhere. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatVia, parseVia, parseViaList } from '../../src/sip/via.ts';

describe('parseVia', () => {
  it.each([
    [
      'SIP/2.0/UDP a.b:5060;branch=z9hG4bK1;rport',
      { transport: 'UDP', host: 'a.b', port: 5060, branch: 'z9hG4bK1', rport: true },
    ],
    [
      'SIP/2.0/TCP [2001:db8::9:1]:5070;received=::1;rport=9',
      { transport: 'TCP', host: '[2001:db8::9:1]', port: 5070, received: '::1', rport: 9 },
    ],
    ['SIP/2.0/tls x', { transport: 'TLS', host: 'x' }],
    ['SIP/2.0/UNKNOWN t4.example.com;branch=b', { transport: 'UNKNOWN', host: 't4.example.com', branch: 'b' }],
    [
      'SIP  / 2.0  / TCP     spindle.example.com   ;  branch  =   z9hG4bK9ikj8',
      { protocol: 'SIP/2.0', transport: 'TCP', host: 'spindle.example.com', branch: 'z9hG4bK9ikj8' },
    ],
    ['SIP/2.0/UDP  1.2.3.4 : 5062 ;ttl=16;maddr=224.2.0.1', { host: '1.2.3.4', port: 5062 }],
    ['SIP/2.0/UDP [::1] : 5062', { host: '[::1]', port: 5062 }],
    ['SIP/2.0/UDP first;branch=1, SIP/2.0/TCP second;branch=2', { host: 'first', branch: '1' }],
    ['SIP/2.0/UDP a;rport=bad', { rport: true }],
    ['SIP/2.0/UDP a;rport=70000', { rport: true }],
  ])('reads %s', (text, parts) => {
    expect(parseVia(text)).toMatchObject(parts);
  });

  it('has no branch, received, rport or port where the hop has none', () => {
    const via = parseVia('SIP/2.0/UDP a');
    expect([via?.branch, via?.received, via?.rport, via?.port]).toEqual(Array(4).fill(undefined));
  });

  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 UDP a',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP a:',
    'SIP/2.0/UDP a:99999',
    'SIP/2.0/UDP ::1',
    'SIP/2.0/UDP a;;branch=1',
    ' ;;,;',
  ])('refuses %j', (text) => {
    expect(parseVia(text)).toBeUndefined();
  });

  it('is total, and writes what it reads back', () => {
    const unit = fc.constantFrom(...'a1.:;=,/[] "SIP'.split(''));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit }).map((rest) => `SIP/2.0/UDP ${rest}`),
        ),
        (text) => {
          const via = parseVia(text);
          if (via === undefined) return;
          const again = parseVia(formatVia(via));
          expect(again === undefined ? undefined : formatVia(again)).toBe(formatVia(via));
        },
      ),
    );
  });

  it('reads a hop in its usual spelling as it reads one with more white space', () => {
    const hop = fc.string({ unit: fc.constantFrom(...'a1.:;=-_[x"\\@'.split('')), maxLength: 12 });
    fc.assert(
      fc.property(hop, (sentBy) => {
        const usual = parseVia(`SIP/2.0/UDP ${sentBy}`);
        const other = parseVia(`SIP / 2.0 / UDP ${sentBy}`);
        expect(usual).toEqual(other);
        expect(usual?.params.entries).toEqual(other?.params.entries);
      }),
    );
    expect(parseVia('SIP/2.0/UDP a')?.params.entries).toEqual([]);
    expect(parseVia('SIP/2x0/UDP a')?.protocol).toBe('SIP/2x0');
  });

  it('writes the parameters that it was given', () => {
    const via = parseVia('SIP/2.0/UDP a:5060;rport;branch=z') ?? expect.fail();
    expect(formatVia({ ...via, params: via.params.with('rport', '9').with('received', '1.2.3.4') })).toBe(
      'SIP/2.0/UDP a:5060;rport=9;branch=z;received=1.2.3.4',
    );
  });

  it('does not slow down on long hostile text', () => {
    expect(parseVia(`SIP/2.0/UDP a${' '.repeat(60_000)}b:1`)).toBeUndefined();
    expect(parseVia(`SIP${' '.repeat(60_000)}x`)).toBeUndefined();
  });
});

describe('parseViaList', () => {
  it('reads all hops in order, and none when one is broken', () => {
    expect(parseViaList('SIP/2.0/UDP a, SIP/2.0/TCP b')?.map((via) => via.host)).toEqual(['a', 'b']);
    expect(parseViaList('SIP/2.0/UDP a, x')).toBeUndefined();
    expect(parseViaList('')).toBeUndefined();
  });
});
