/** Stream framing: any cut of a stream gives the same frames; limits at their edges. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, MAX_HEAD_BYTES, StreamFramer } from '../../src/sip/framing.ts';
import { bytesOf, INVITE, RINGING, tortureBytes } from './messages.ts';

const MAX_BYTES = 65_535;

const show = (frame: Frame): string => {
  if (frame.kind === 'message') return frame.bytes.toString('latin1');
  return frame.kind === 'error' ? `error ${frame.rule}` : frame.kind;
};

/** The frames of a stream that arrives in these pieces. Shown at the end, to see that none was overwritten. */
function frames(pieces: readonly string[], limits = { maxBytes: MAX_BYTES }): string[] {
  const framer = new StreamFramer(limits);
  return pieces.flatMap((piece) => framer.push(bytesOf(piece))).map(show);
}

const message = (body: string): string => `OPTIONS sip:a SIP/2.0\r\nl: ${body.length}\r\n\r\n${body}`;

describe('StreamFramer', () => {
  it('cuts messages by their Content-Length', () => {
    expect(frames([INVITE + RINGING + message('x\r\n\r\ny')])).toEqual([INVITE, RINGING, message('x\r\n\r\ny')]);
  });

  it('finds the length folded, compact, and with space around the colon', () => {
    for (const name of ['Content-Length', 'content-LENGTH ', 'L', 'l\t']) {
      const text = `A sip:a SIP/2.0\r\nX: l: 9\r\n${name}:\r\n 2 \r\n\r\nhi`;
      expect(frames([`${text}rest`])).toEqual([text]);
    }
  });

  it('sees pings, pongs and stray line ends between messages', () => {
    expect(frames(['\r\n\r\n'])).toEqual(['keepalive']);
    expect(frames(['\r\n\r\n\r\n\r\n'])).toEqual(['keepalive', 'keepalive']);
    expect(frames([`\r\n${RINGING}`])).toEqual(['pong', RINGING]);
    expect(frames([`${RINGING}\r\n\r\n\r\n${RINGING}`])).toEqual([RINGING, 'keepalive', 'pong', RINGING]);
    expect(frames([`\n\r\r\n\n${RINGING}`])).toEqual(['pong', RINGING]);
  });

  it('ends a request of HTTP without a length behind its head, unless it comes in chunks', () => {
    const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(frames([get + RINGING])).toEqual([get, RINGING]);
    expect(frames(['GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n'])).toEqual(['error no-content-length']);
    expect(frames(['GET / HTTP/1.2\r\n\r\n'])).toEqual(['error no-content-length']);
  });

  it('knows whether it holds a part of a message', () => {
    const framer = new StreamFramer({ maxBytes: MAX_BYTES });
    const held = ['\r', '\n', 'S', RINGING.slice(1, -1), '\n'].map((piece) => {
      framer.push(bytesOf(piece));
      return framer.midMessage;
    });
    expect(held).toEqual([false, false, true, true, false]);
  });

  it.each([
    ['no-content-length', 'A sip:a SIP/2.0\r\nX: y\r\n\r\n'],
    ['content-length', 'A sip:a SIP/2.0\r\nl: -1\r\n\r\n'],
    ['content-length', 'A sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\nx'],
    ['head', 'A sip:a SIP/2.0\nl: 1\r\n\r\nx'],
    ['content-length', tortureBytes('ncl').toString('latin1')],
    ['content-length', tortureBytes('mcl01').toString('latin1')],
  ])('gives up with %s, once, and reads no further', (rule, text) => {
    const framer = new StreamFramer({ maxBytes: MAX_BYTES });
    expect(framer.push(bytesOf(RINGING + text)).map(show)).toEqual([RINGING, `error ${rule}`]);
    expect([framer.push(bytesOf(RINGING)), framer.midMessage]).toEqual([[], false]);
  });

  it('waits for a body that is shorter than promised (RFC 4475 section 3.1.2.2)', () => {
    expect(frames([tortureBytes('clerr').toString('latin1')])).toEqual([]);
  });

  it('allows a message up to its bytes, and not one more', () => {
    const text = message('x'.repeat(100));
    expect(frames([text], { maxBytes: text.length })).toEqual([text]);
    expect(frames([text], { maxBytes: text.length - 1 })).toEqual(['error message-too-large']);
  });

  it('allows a head up to its bytes, complete or not', () => {
    const head = (bytes: number): string => {
      const lines = `A sip:a SIP/2.0\r\nl: 0\r\n${`X: ${'y'.repeat(4000)}\r\n`.repeat(8)}`;
      return `${lines}Z: ${'z'.repeat(bytes - lines.length - 7)}\r\n\r\n`;
    };
    expect(head(MAX_HEAD_BYTES)).toHaveLength(MAX_HEAD_BYTES);
    expect(frames([head(MAX_HEAD_BYTES)])).toEqual([head(MAX_HEAD_BYTES)]);
    expect(frames([head(MAX_HEAD_BYTES + 1)])).toEqual(['error head-too-large']);
    expect(frames(['x'.repeat(MAX_HEAD_BYTES - 1)])).toEqual([]);
    expect(frames(['x'.repeat(MAX_HEAD_BYTES)])).toEqual(['error head-too-large']);
  });

  it('takes a message byte by byte without copying it each time', () => {
    const text = message('x'.repeat(60_000));
    expect(frames(text.split(''))).toEqual([text]);
  });

  it('does not depend on how the stream is cut', () => {
    const part = fc.constantFrom(
      INVITE,
      RINGING,
      message(''),
      message('a\r\n\r\nb'),
      '\r\n',
      '\r\n\r\n',
      '\n',
      '\r',
      'x',
      'l: 3\r\n\r\n',
    );
    const stream = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }), (text, sizes) => {
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const size = (sizes[i % sizes.length] ?? 0) + 1;
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        const limits = { maxBytes: 900 };
        expect(frames(pieces, limits)).toEqual(frames([text], limits));
      }),
      { numRuns: 300 },
    );
  });
});
