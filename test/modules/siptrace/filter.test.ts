/** Which messages a target gets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FilteredMessage, passes, sampleOf, type TraceFilter } from '../../../src/modules/siptrace/filter.ts';
import { headerEnd, readField, readMethod, readStatus } from '../../../src/modules/siptrace/peek.ts';

const all: TraceFilter = {
  kind: 'filter',
  methods: undefined,
  replies: true,
  addresses: undefined,
  samplePercent: 100,
};
const text = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
const request = text(['BYE sip:b SIP/2.0', 'i: call-7', 'CSeq: 2 BYE']);
const reply = text(['SIP/2.0 407 Proxy Authentication Required', 'Call-ID : call-7', 'cseq:  1  INVITE']);
const ends = { source: { address: '192.0.2.1' }, destination: { address: '2001:db8::2' } };
const of = (bytes: Uint8Array, more: Partial<FilteredMessage> = {}): FilteredMessage => ({ bytes, ...ends, ...more });

describe('methods', () => {
  const invites = { ...all, methods: new Set(['INVITE']) };

  it('let pass the replies to a method, by their CSeq', () => {
    expect(passes(invites, of(reply))).toBe(true);
    expect(passes({ ...all, methods: new Set(['BYE']) }, of(reply))).toBe(false);
  });

  it('are read from the request line when nobody told them', () => {
    expect(passes(invites, of(request))).toBe(false);
    expect(passes({ ...all, methods: new Set(['BYE']) }, of(request))).toBe(true);
  });

  it('are taken from the caller who knows', () => {
    expect(passes(invites, of(request, { method: 'INVITE' }))).toBe(true);
  });
});

describe('replies=0', () => {
  it('keeps replies away, whether the caller knows that they are or not', () => {
    const requests = { ...all, replies: false };
    expect(passes(requests, of(reply))).toBe(false);
    expect(passes(requests, of(request, { status: 200 }))).toBe(false);
    expect(passes(requests, of(request))).toBe(true);
  });
});

describe('from', () => {
  it.each([
    ['192.0.2.1', true],
    ['2001:db8::2', true],
    ['192.0.2.2', false],
  ])('%s at either end: %s', (address, expected) => {
    expect(passes({ ...all, addresses: new Set([address]) }, of(request))).toBe(expected);
  });
});

describe('sampling', () => {
  it('keeps a call whole: request and reply of one Call-ID fare alike', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9@.-]{1,30}$/), fc.integer({ min: 0, max: 100 }), (callId, percent) => {
        const filter = { ...all, samplePercent: percent };
        const a = passes(filter, of(text(['INVITE sip:b SIP/2.0', `Call-ID: ${callId}`, 'CSeq: 1 INVITE'])));
        const b = passes(filter, of(text(['SIP/2.0 200 OK', 'CSeq: 1 INVITE', `I:${callId}`])));
        expect(a).toBe(b);
        expect(passes(filter, of(request, { callId }))).toBe(a);
      }),
    );
  });

  it('keeps about the share that was asked for, of Call-IDs that differ in their last digits', () => {
    const kept = Array.from({ length: 10_000 }, (_, i) => `call-${i}@192.0.2.1`).filter((id) => sampleOf(id) < 10);
    expect(kept.length).toBeGreaterThan(850);
    expect(kept.length).toBeLessThan(1_150);
  });

  it('keeps nothing at 0 percent and what has no Call-ID at any', () => {
    const none = { ...all, samplePercent: 0 };
    expect(passes(none, of(request))).toBe(false);
    expect(passes(none, of(text(['OPTIONS sip:b SIP/2.0'])))).toBe(true);
  });
});

describe('looking at bytes', () => {
  it('reads nothing from the body', () => {
    const bytes = Buffer.from('MESSAGE sip:b SIP/2.0\nTo: b\n\nCall-ID: body\n', 'latin1');
    expect(readField(bytes, 'call-id', 'i')).toBeUndefined();
    expect(bytes.subarray(headerEnd(bytes)).toString()).toBe('Call-ID: body\n');
  });

  it('is total on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(headerEnd(bytes)).toBeLessThanOrEqual(bytes.length);
        readMethod(bytes);
        readField(bytes, 'call-id', 'i');
        expect(readStatus(bytes)).toBeUndefined();
      }),
    );
  });
});
