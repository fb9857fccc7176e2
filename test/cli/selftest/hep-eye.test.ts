/** What the second pair of eyes reads, and what must not reach it. */
import { describe, expect, it } from 'vitest';
import { readFrame } from '../../../src/cli/selftest/hep-eye.ts';
import { encodeHep3, hep3Length } from '../../../src/hep/encode.ts';
import { chunk, framed, read, sample } from '../../hep/frames.ts';

function encoded(frame: typeof sample): Buffer {
  const bytes = Buffer.alloc(hep3Length(frame));
  encodeHep3(bytes, 0, frame);
  return bytes;
}

describe('a frame', () => {
  it('of our encoder is read with its addresses and its message', () => {
    expect(readFrame(encoded(sample))).toEqual({
      kind: 'message',
      frame: {
        source: '192.0.2.1:5060',
        destination: '192.0.2.2:5062',
        payload: 'OPTIONS sip:a@example.com SIP/2.0\r\n\r\n',
      },
    });
  });

  it('of Kamailio is read, too', () => {
    expect(readFrame(read('kamailio-5.6.3', 'kam563_hep3_siptcp_00.bin'))).toMatchObject({ kind: 'message' });
  });

  it('of a log line is no message', () => {
    expect(readFrame(encoded({ ...sample, type: 100 }))).toEqual({ kind: 'other' });
  });

  it.each([
    ['with a chunk of length 0, on which hep-js never returns', '48455033000c0000000f0000', 'chunk-length at byte 6'],
    ['with a chunk that ends behind it', '48455033000c0000000f0010', 'chunk-truncated at byte 6'],
    ['that announces more than came', '4845503300ff', 'frame-truncated at byte 4'],
    ['of another kind', '494e56495445', 'not HEP'],
    ['of no bytes', '', 'not HEP'],
    ['without chunks', '484550330006', 'hep-js cannot read it'],
  ])('%s is unreadable', (_, hex, why) => {
    expect(readFrame(Buffer.from(hex, 'hex'))).toEqual({ kind: 'unreadable', why });
  });

  it('without a payload is unreadable', () => {
    expect(readFrame(framed(chunk(0, 1, [2]), chunk(0, 2, [17])))).toMatchObject({ kind: 'unreadable' });
  });
});
