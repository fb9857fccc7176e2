/** Parameter lists and quoted strings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Params } from '../../src/sip/params.ts';
import { quote, quotedEnd, unquote } from '../../src/sip/quoted.ts';

const read = (text: string): Params => Params.parse(text) ?? expect.fail(`not read: ${text}`);

describe('Params', () => {
  it('reads names without case and values as written', () => {
    const params = read(';Tag=AbC;lr;q="0.\\"5"');
    expect([params.get('tag'), params.get('LR'), params.get('q'), params.get('x')]).toEqual([
      'AbC',
      '',
      '"0.\\"5"',
      undefined,
    ]);
    expect([params.has('lr'), params.has('rl'), params.unquoted('q')]).toEqual([true, false, '0."5']);
  });

  it('allows white space around the separators and writes it back as it was', () => {
    const text = ' ; a = 1 ;b ;c= "x;y" '.trimStart();
    const params = read(text);
    expect(params.entries).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: undefined },
      { name: 'c', value: '"x;y"' },
    ]);
    expect(params.toString()).toBe(text);
  });

  it.each(['a=1', ';', ';;', ';a;;b', ';=1', ';a=1 2', ';a b', ';a="x', ';a="x"y', ';a=<b>', ';a=b,c', '; a="\\"'])(
    'refuses %j',
    (text) => {
      expect(Params.parse(text)).toBeUndefined();
    },
  );

  it('keeps values in IPv6, URI and 8-bit characters', () => {
    expect(read(';received=2001:db8::1;x=\xe4').get('received')).toBe('2001:db8::1');
  });

  it('sets a parameter where it stands, or at the end', () => {
    const params = read(';a=1;b;c=3');
    expect(params.with('B', '2').toString()).toBe(';a=1;B=2;c=3');
    expect(params.with('d').toString()).toBe(';a=1;b;c=3;d');
    expect(params.without('A').toString()).toBe(';b;c=3');
    expect(params.without('z')).toBe(params);
    expect(params.toString()).toBe(';a=1;b;c=3');
  });

  it('reads back any value that it was given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', '\\', 'a') })), (value) => {
        // What is one quoted string already is written as it is; quotes anywhere else are a part of the value.
        const isQuoted = value.startsWith('"') && quotedEnd(value, 0) === value.length;
        expect(read(Params.none.with('x', value).toString()).unquoted('x')).toBe(isQuoted ? unquote(value) : value);
      }),
    );
  });

  it('is total on any text and keeps what it accepts', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...';="\\ ab<>,\t'.split('')) }), (text) => {
        const params = Params.parse(text);
        if (params !== undefined) expect(params.toString()).toBe(text);
      }),
    );
  });
});

describe('quoted strings', () => {
  it('lose nothing between quote and unquote', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(unquote(quote(text))).toBe(text);
      }),
    );
  });

  it('are only those with both quotes', () => {
    expect([unquote('"a'), unquote('a'), unquote('"'), unquote('""')]).toEqual(['"a', 'a', '"', '']);
  });
});
