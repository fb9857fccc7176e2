/** Reading and editing header lines; what is not edited keeps its bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H, headerId } from '../../src/sip/header-names.ts';
import { INVITE, request, serialized } from './messages.ts';

const VIA = 'SIP/2.0/UDP p;branch=z9hG4bKp';

describe('reading headers', () => {
  it('finds a header by number, long name or compact form, in any case', () => {
    const { headers } = request(INVITE);
    for (const name of [H.To, 'To', 'tO', 't']) expect(headers.get(name)).toBe('Bob <sip:bob@biloxi.example.com>');
    for (const name of ['X-Folded', 'x-folded']) expect(headers.get(name)).toBe('one two three');
    expect([headers.get('Route'), headers.get('X-None')]).toEqual([undefined, undefined]);
    expect([headers.has('l'), headers.has('X-None'), headers.count('Via'), headers.count('X-None')]).toEqual([
      true,
      false,
      2,
      0,
    ]);
  });

  it('gives all lines and all elements of a list', () => {
    const { headers } = request(INVITE);
    expect(headers.getAll('via')).toHaveLength(2);
    expect(headers.values('via').map((via) => via.slice(-2))).toEqual(['.1', '43', 'aa']);
    expect(headers.firstValue('v')).toBe('SIP/2.0/UDP ss1.atlanta.example.com:5060;branch=z9hG4bK2d4790.1');
    expect(headers.firstValue('Route')).toBeUndefined();
    expect(headers.fields().map((field) => field.name)).toEqual([
      ...['Via', 'v', 'Max-Forwards', 'Record-Route', 'From', 'TO', 'Call-ID', 'CSeq', 'm', 'X-Folded'],
      ...['Content-Type', 'l'],
    ]);
  });
});

describe('editing headers', () => {
  const edited = (edit: (message: ReturnType<typeof request>) => void): string => {
    const message = request(INVITE);
    edit(message);
    return serialized(message);
  };

  it('set replaces the first line in place, removes the others and touches nothing else', () => {
    expect(edited(({ headers }) => headers.set(H.Via, VIA))).toBe(
      INVITE.replace(/Via: .*\r\nv: .*\r\n/, `Via: ${VIA}\r\n`),
    );
    expect(edited(({ headers }) => headers.set('max-forwards', '68'))).toBe(
      INVITE.replace('Max-Forwards: 69', 'max-forwards: 68'),
    );
    expect(edited(({ headers }) => headers.set('X-New', 'a'))).toBe(INVITE.replace('l: 4\r\n', 'l: 4\r\nX-New: a\r\n'));
  });

  it('prepend writes before all others, append after', () => {
    expect(edited(({ headers }) => headers.prepend(H.Via, VIA))).toBe(INVITE.replace('Via:', `Via: ${VIA}\r\nVia:`));
    expect(edited(({ headers }) => headers.append('X', '1'))).toBe(INVITE.replace('l: 4\r\n', 'l: 4\r\nX: 1\r\n'));
  });

  it('insertBefore and insertAfter stand at their anchor, or at the ends without one', () => {
    expect(edited(({ headers }) => headers.insertBefore(H.From, H.Route, '<sip:r>'))).toBe(
      INVITE.replace('From:', 'Route: <sip:r>\r\nFrom:'),
    );
    expect(edited(({ headers }) => headers.insertAfter('via', H.Route, '<sip:r>'))).toBe(
      INVITE.replace('Max-F', 'Route: <sip:r>\r\nMax-F'),
    );
    expect(edited(({ headers }) => headers.insertBefore('X-None', 'X', '1'))).toBe(
      INVITE.replace('Via', 'X: 1\r\nVia'),
    );
    expect(edited(({ headers }) => headers.insertAfter('X-None', 'X', '1'))).toBe(
      INVITE.replace('l: 4\r\n', 'l: 4\r\nX: 1\r\n'),
    );
  });

  it('remove takes all lines of a name, removeField one, and both leave the rest', () => {
    expect(edited(({ headers }) => expect(headers.remove('v')).toBe(2))).toBe(
      INVITE.replace(/Via: .*\r\nv: .*\r\n/, ''),
    );
    expect(edited(({ headers }) => expect(headers.remove('X-None')).toBe(0))).toBe(INVITE);
    expect(edited(({ headers }) => expect(headers.remove('x-folded')).toBe(1))).toBe(
      INVITE.replace('X-Folded: one\r\n\ttwo\r\n   three\r\n', ''),
    );
    expect(
      edited(({ headers }) => {
        const last = headers.fields('Via').at(-1);
        if (last !== undefined) headers.removeField(last);
      }),
    ).toBe(INVITE.replace(/v: .*\r\n/, ''));
  });

  it('replaceField keeps the name as it was spelled', () => {
    expect(
      edited(({ headers }) => {
        const field = headers.field(H.Contact);
        if (field !== undefined) headers.replaceField(field, '<sip:new>');
      }),
    ).toBe(INVITE.replace(/\r\nm: .*/, '\r\nm: <sip:new>'));
  });

  it('replaceFirstValue and removeFirstValue leave the other elements of the line byte for byte', () => {
    const message = request(INVITE);
    message.headers.removeFirstValue(H.Via);
    expect(serialized(message)).toBe(INVITE.replace(/Via: .*\r\n/, ''));
    message.headers.replaceFirstValue(H.Via, VIA);
    expect(message.headers.get(H.Via)).toBe(`${VIA} , SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKaa`);
    expect(serialized(message)).toContain(`\r\nv: ${VIA} , SIP/2.0/UDP [2001`);
    message.headers.removeFirstValue(H.Via);
    expect(serialized(message)).toContain('\r\nv: SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKaa\r\n');
    message.headers.removeFirstValue(H.Via);
    expect(message.headers.has(H.Via)).toBe(false);
    message.headers.removeFirstValue(H.Via);
    message.headers.replaceFirstValue(H.Via, VIA);
    expect(message.headers.has(H.Via)).toBe(false);
  });

  it('keeps the folds of the elements that stay', () => {
    const message = request('OPTIONS sip:a SIP/2.0\r\nRoute: <sip:a>,\r\n <sip:b>,\r\n\t<sip:c>\r\n\r\n');
    message.headers.removeFirstValue(H.Route);
    expect(serialized(message)).toBe('OPTIONS sip:a SIP/2.0\r\nRoute: <sip:b>,\r\n\t<sip:c>\r\n\r\n');
    expect(message.headers.values(H.Route)).toEqual(['<sip:b>', '<sip:c>']);
  });

  it('never lets a name or a value split the message', () => {
    const message = request(INVITE);
    message.headers.set(H.Subject, 'a\r\nVia: evil\r\n\r\nb\0c');
    message.headers.append('X-A\r\nX-B: ', 'c');
    message.headers.replaceFirstValue(H.Contact, '<sip:a>\r\nX-C: d');
    const again = request(serialized(message));
    expect(again.headers.get(H.Subject)).toBe('a Via: evil b c');
    expect([again.headers.count(H.Via), again.headers.has('X-B'), again.headers.has('X-C')]).toEqual([2, false, false]);
    expect(again.body).toBe(message.body);
  });

  it('writes text beyond latin1 as UTF-8', () => {
    const message = request(INVITE);
    message.headers.set(H.Subject, 'd\u0119bowy');
    expect(Buffer.from(message.headers.get(H.Subject) ?? '', 'latin1').toString('utf8')).toBe('d\u0119bowy');
  });
});

describe('edits and reading', () => {
  const name = fc.constantFrom('Via', 'v', 'From', 'X-Folded', 'x-other', 'Route', 'Content-Type', 'l');
  const value = fc.oneof(fc.constantFrom('a', 'a, b', '"x,y" <sip:z>', ''), fc.string(), fc.string({ unit: 'binary' }));
  type Step = (message: ReturnType<typeof request>) => void;
  const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(8), name, name, value).map(([kind, a, b, text]): Step => {
    return ({ headers }) => {
      if (kind === 0) headers.set(a, text);
      else if (kind === 1) headers.prepend(a, text);
      else if (kind === 2) headers.append(a, text);
      else if (kind === 3) headers.insertBefore(a, b, text);
      else if (kind === 4) headers.insertAfter(a, b, text);
      else if (kind === 5) headers.remove(a);
      else if (kind === 6) headers.replaceFirstValue(a, text);
      else if (kind === 7) headers.removeFirstValue(a);
      else headers.remove(b);
    };
  });

  const readings = (message: ReturnType<typeof request>): unknown =>
    message.headers.fields().map((field) => [headerId(field.name), field.id, field.name.toLowerCase(), field.value]);

  it('commute: what is read from an edited message is read from its bytes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const message = request(INVITE.replace('l: 4\r\n', ''));
        for (const edit of steps) edit(message);
        message.headers.remove('l');
        expect(readings(request(serialized(message)))).toEqual(readings(message));
        expect(request(serialized(message)).body).toBe('v=0\n');
      }),
      { numRuns: 300 },
    );
  });

  it('are seen at once by the next reader', () => {
    fc.assert(
      fc.property(name, value, (header, text) => {
        const { headers } = request(INVITE);
        headers.get(header);
        headers.set(header, text);
        expect(headers.getAll(header)).toHaveLength(1);
        const line = Buffer.from(text, 'utf8')
          .toString('latin1')
          .replace(/[\r\n\0]+/g, ' ')
          .trim();
        if (/^[\x20-\x7e]*$/.test(text)) expect(headers.get(header)).toBe(line);
      }),
    );
  });

  it('of a fork are not seen by the original, nor the other way round', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const message = request(INVITE);
        const fork = message.fork();
        for (const edit of steps) edit(fork);
        fork.uri = 'sip:elsewhere';
        fork.body = 'other';
        expect(serialized(message)).toBe(INVITE);
        const second = message.fork();
        for (const edit of steps) edit(message);
        expect(serialized(second)).toBe(INVITE);
      }),
    );
  });
});
