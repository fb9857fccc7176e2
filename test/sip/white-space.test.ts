/** White space of SIP, and the UTF-8 bytes that only look like it. */
import { describe, expect, it } from 'vitest';
import { parseNameAddr } from '../../src/sip/name-addr.ts';
import { Params } from '../../src/sip/params.ts';
import { skipSpace, trimmedEnd, trimSpace } from '../../src/sip/white-space.ts';
import { request, serialized } from './messages.ts';

/** UTF-8 of U+0160, whose second byte String.trim takes for a no-break space. */
const S_CARON = '\xc5\xa0';

describe('white space', () => {
  it('is space, tab and line ends, nothing else', () => {
    expect(trimSpace(' \t\r\n a \xa0\t')).toBe('a \xa0');
    expect([trimSpace(''), trimSpace('  '), trimSpace('a')]).toEqual(['', '', 'a']);
    expect([skipSpace('  a', 0), skipSpace('   ', 1), trimmedEnd('a  ', 0, 3), trimmedEnd('   ', 1, 3)]).toEqual([
      2, 3, 1, 1,
    ]);
  });

  it('is never half of a UTF-8 character', () => {
    const message = request(`OPTIONS sip:a SIP/2.0\r\nSubject: ${S_CARON}\r\nX: a\r\n\r\n`);
    message.headers.set('X', S_CARON);
    message.headers.append('Y', `${S_CARON}, b`);
    expect(['Subject', 'X'].map((name) => message.headers.get(name))).toEqual([S_CARON, S_CARON]);
    expect(message.headers.values('Y')).toEqual([S_CARON, 'b']);
    expect(request(serialized(message)).headers.get('X')).toBe(S_CARON);
    expect(parseNameAddr(`${S_CARON} <sip:a@b>`)?.display).toBe(S_CARON);
    expect(Params.parse(`;x=${S_CARON}`)?.get('x')).toBe(S_CARON);
  });
});
