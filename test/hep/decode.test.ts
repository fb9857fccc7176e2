/** What we accept: every recorded deviation with its verdict, and totality on any bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHep, MAX_EXTRA_CHUNKS } from '../../src/hep/decode.ts';
import { encodeHep3 } from '../../src/hep/encode.ts';
import { capturedAt, type HepPacket } from '../../src/hep/packet.ts';
import { anyFrame, chunk, framed, read, recorded, sample } from './frames.ts';

function packetOf(bytes: Uint8Array): HepPacket {
  const result = decodeHep(bytes);
  if (result.kind !== 'packet') throw new Error(JSON.stringify(result));
  return result.packet;
}

/** A packet without the bytes of its payload. */
type Summary = Omit<HepPacket, 'payload' | 'extra'> & {
  readonly payloadLength: number | undefined;
  readonly extra: readonly string[];
};

function summary({ payload, extra, ...rest }: HepPacket): Summary {
  const chunks = extra.map(
    ({ vendor, type, data }) => `${vendor}:${type.toString(16)}=${Buffer.from(data).toString('hex')}`,
  );
  return { ...rest, payloadLength: payload?.length, extra: chunks };
}

/**
 * The probe frames say their own name in the correlation id and the node name; the payload is a SIP message that names
 * them too.
 */
const full = (name: string, payloadLength: number): Summary => ({
  version: 3,
  family: 4,
  protocol: 17,
  source: { address: '192.0.2.1', port: 5060 },
  destination: { address: '192.0.2.2', port: 5060 },
  seconds: 1_795_143_514,
  microseconds: 123_456,
  type: 1,
  captureId: 3003,
  authKey: 'myHep',
  nodeName: `node-${name}`,
  correlationId: `corr-${name}`,
  payloadLength,
  extra: [],
  extraDropped: 0,
});

type Verdict = [payloadLength: number, deviation: Partial<Summary>] | ReturnType<typeof decodeHep>['kind'];

const verdicts: Record<string, Verdict> = {
  '00_full': [262, {}],
  '01_no-family': [272, {}],
  '02_no-ipproto': [274, { protocol: undefined }],
  '03_no-src': [266, { source: { address: undefined, port: 5060 } }],
  '04_no-dst': [266, { destination: { address: undefined, port: 5060 } }],
  '05_no-sport': [270, { source: { address: '192.0.2.1', port: undefined } }],
  '06_no-dport': [270, { destination: { address: '192.0.2.2', port: undefined } }],
  '07_no-sec': [266, { seconds: undefined }],
  '08_no-usec': [268, { microseconds: undefined }],
  '09_no-ptype': [270, { type: undefined }],
  '10_no-capid': [270, { captureId: undefined }],
  '11_no-auth': [268, { authKey: undefined }],
  '12_no-corr': [268, { correlationId: undefined }],
  '13_no-node': [268, { nodeName: undefined }],
  '14_no-ports': [
    270,
    { source: { address: '192.0.2.1', port: undefined }, destination: { address: '192.0.2.2', port: undefined } },
  ],
  '15_no-ts': [264, { seconds: undefined, microseconds: undefined }],
  '16_minimal': [268, { captureId: undefined, authKey: undefined, correlationId: undefined, nodeName: undefined }],
  '17_ipp-tcp6': [270, { protocol: 6 }],
  '18_ipp-tls22': [272, { protocol: 22 }],
  '19_ipp-sctp132': [277, { protocol: 132 }],
  '20_ipp-esp50': [271, { protocol: 50 }],
  '21_ipp-0': [264, { protocol: 0 }],
  '22_v6': [
    258,
    { family: 6, source: { address: '2001:db8::1', port: 5060 }, destination: { address: '2001:db8::2', port: 5060 } },
  ],
  '23_payload-first': [280, {}],
  '24_corr-last': [272, {}],
  '25_vendor2-type15-extra': [294, { extra: ['2:f=46414b455041594c4f4144'] }],
  '26_vendor3-type3-extra': [292, { extra: ['3:3=09090909'] }],
  '27_unknown-chunks': [282, { extra: ['0:29=677270', '0:7777=78', '0:12=0064'] }],
  '28_eep1-magic': 'not-hep',
  '29_eep3-magic': 'not-hep',
  '30_hdrlen-plus1': 'malformed',
  '31_trailing-byte': [280, {}],
  '32_port-5080': [
    272,
    { source: { address: '192.0.2.1', port: 5080 }, destination: { address: '192.0.2.2', port: 5080 } },
  ],
  '33_port-40000': [
    274,
    { source: { address: '192.0.2.1', port: 40_000 }, destination: { address: '192.0.2.2', port: 40_001 } },
  ],
  '34_ptype-50': [270, { type: 50 }],
  '35_usec-1500000': [278, { seconds: 1_795_143_515, microseconds: 500_000 }],
  '36_big-9000': [9273, {}],
  '37_big-30000': [30_276, {}],
  '38_gz-chunk10': [0, { payloadLength: undefined }],
  '39_zlib-chunk10': [0, { payloadLength: undefined }],
};

describe('decodeHep on the probe frames', () => {
  it('has a verdict for each of the 40', () => {
    expect(recorded('probe').map((file) => file.replace('.bin', ''))).toEqual(Object.keys(verdicts));
    expect(recorded('probe')).toHaveLength(40);
  });

  it.each(Object.entries(verdicts))('judges %s as written down', (file, verdict) => {
    const result = decodeHep(read('probe', `${file}.bin`));
    if (typeof verdict === 'string') {
      expect(result.kind).toBe(verdict);
      return;
    }
    if (result.kind !== 'packet') throw new Error(JSON.stringify(result));
    const [payloadLength, deviation] = verdict;
    const { extra, ...seen } = summary(result.packet);
    const { extra: wantedExtra, ...wanted } = { ...full(file.slice(3), payloadLength), ...deviation };
    expect(seen).toEqual(wanted);
    // A compressed payload is handed on as it came: its chunk begins with the magic of gzip or of zlib.
    if (payloadLength === 0) expect(extra).toEqual([expect.stringMatching(/^0:10=(1f8b|789c)/)]);
    else expect(extra).toEqual(wantedExtra);
  });
});

describe('decodeHep on the frames of Kamailio 5.6.3', () => {
  it.each(recorded('kamailio-5.6.3'))('reads %s', (name) => {
    const packet = packetOf(read('kamailio-5.6.3', name));
    const ipv6 = name.includes('sip6') && packet.type === 1;
    expect(packet).toMatchObject({ version: 3, family: ipv6 ? 6 : 4, captureId: 2001, authKey: 'myHep', extra: [] });
    expect([packet.source.address, packet.destination.address]).toEqual(
      ipv6 ? ['::1', '::1'] : ['127.0.0.1', '127.0.0.1'],
    );
    expect(packet.protocol).toBe(name.includes('siptcp') && packet.type === 1 ? 6 : 17);
    expect(packet.correlationId === undefined).toBe(packet.type === 1);
    expect(Buffer.from(packet.payload ?? []).toString('latin1')).toMatch(
      packet.type === 1 ? /^(INVITE|ACK|BYE|OPTIONS|CANCEL) sip:|^SIP\/2\.0 \d{3} / : /\w/,
    );
  });
});

describe('decodeHep on HEPv3', () => {
  it('returns at once from the 12 bytes that make hep-js loop for ever', () => {
    const loop = Buffer.from('48455033000c0000000f0000', 'hex');
    expect(decodeHep(loop)).toEqual({ kind: 'malformed', at: 6, rule: 'chunk-length' });
  });

  it.each([
    ['a frame length of 5', '484550330005', 4, 'frame-length'],
    ['a frame length of 0', '484550330000', 4, 'frame-length'],
    ['a frame cut in its length', '4845503300', 4, 'frame-truncated'],
    ['a frame of one byte less than announced', '484550330007', 4, 'frame-truncated'],
    ['a chunk header cut by the end of the frame', '48455033000b0000000f00', 6, 'chunk-truncated'],
    ['a chunk length of 5', '48455033000c0000000f0005', 6, 'chunk-length'],
    ['a chunk that ends behind the frame', '48455033000c0000000f0007', 6, 'chunk-truncated'],
    ['a chunk that ends behind the frame but not the datagram', '48455033000c0000000f000741', 6, 'chunk-truncated'],
    ['a port of 1 byte', '48455033000d00000007000750', 6, 'chunk-size'],
    ['an IPv4 address of 16 bytes', `48455033001c000000030016${'00'.repeat(16)}`, 6, 'chunk-size'],
    ['a bad chunk behind a good one', '48455033001300000001000702000000020006', 13, 'chunk-size'],
  ])('calls %s malformed and says where', (_, hex, at, rule) => {
    expect(decodeHep(Buffer.from(hex, 'hex'))).toEqual({ kind: 'malformed', at, rule });
  });

  it('takes a frame without any chunk', () => {
    const packet = packetOf(Buffer.from('484550330006', 'hex'));
    expect(packet.payload).toBeUndefined();
    expect(packet.family).toBeUndefined();
    expect(capturedAt(packet)).toBeUndefined();
  });

  it('lets the first of two chunks count and keeps the second', () => {
    const packet = packetOf(
      framed(chunk(0, 0x0f, 'first'), chunk(0, 0x0f, 'second'), chunk(0, 0x0b, [1]), chunk(0, 0x0b, [5])),
    );
    expect(Buffer.from(packet.payload ?? []).toString()).toBe('first');
    expect(packet.type).toBe(1);
    expect(summary(packet).extra).toEqual([`0:f=${Buffer.from('second').toString('hex')}`, '0:b=05']);
  });

  it('tells an empty payload from a missing one', () => {
    expect(packetOf(framed(chunk(0, 0x0f, ''))).payload).toHaveLength(0);
  });

  it('takes the addresses of the family that the frame names, or those that are there', () => {
    const ipv4 = chunk(0, 0x03, [192, 0, 2, 1]);
    const ipv6 = chunk(0, 0x05, [...Array(15).fill(0), 1]);
    expect(packetOf(framed(ipv4, ipv6, chunk(0, 1, [10]))).source.address).toBe('::1');
    expect(packetOf(framed(ipv4, ipv6, chunk(0, 1, [2]))).source.address).toBe('192.0.2.1');
    expect(packetOf(framed(ipv6, chunk(0, 1, [2]))).source.address).toBe('::1');
    expect(packetOf(framed(ipv6, chunk(0, 1, [30])))).toMatchObject({ family: 6, source: { address: '::1' } });
  });

  it('keeps 32 chunks that it does not know and counts the others', () => {
    const chunks = (count: number): Buffer => framed(...Array.from({ length: count }, () => chunk(9, 9, 'x')));
    expect(packetOf(chunks(MAX_EXTRA_CHUNKS))).toMatchObject({ extraDropped: 0 });
    const packet = packetOf(chunks(MAX_EXTRA_CHUNKS + 1));
    expect(packet.extra).toHaveLength(MAX_EXTRA_CHUNKS);
    expect(packet.extraDropped).toBe(1);
    expect(packetOf(chunks(9000)).extraDropped).toBe(9000 - MAX_EXTRA_CHUNKS);
  });

  it('reads numbers up to their largest value', () => {
    const packet = packetOf(
      framed(
        chunk(0, 9, Buffer.alloc(4, 0xff)),
        chunk(0, 10, Buffer.alloc(4, 0xff)),
        chunk(0, 12, Buffer.alloc(4, 0xff)),
      ),
    );
    expect(packet).toMatchObject({ seconds: 0xffff_ffff + 4294, microseconds: 967_295, captureId: 0xffff_ffff });
    expect(capturedAt(packet)).toBe(0xffff_ffff * 1_000_000 + 0xffff_ffff);
  });

  it('reads a frame that begins inside a larger buffer', () => {
    const bytes = read('probe', '00_full.bin');
    const inside = Buffer.concat([Buffer.alloc(7, 1), bytes, Buffer.alloc(3, 1)]).subarray(7);
    expect(summary(packetOf(inside))).toEqual(summary(packetOf(Uint8Array.from(bytes))));
  });
});

describe('decodeHep on HEPv1 and v2', () => {
  const kamailio = Buffer.from('021002113bd93bd87f0000017f00000291b6ff6a97460000d107000058', 'hex');

  it('reads what Kamailio sends', () => {
    expect(summary(packetOf(kamailio))).toEqual({
      version: 2,
      family: 4,
      protocol: 17,
      source: { address: '127.0.0.1', port: 15_321 },
      destination: { address: '127.0.0.2', port: 15_320 },
      seconds: 0x6affb691,
      microseconds: 18_071,
      type: 1,
      captureId: 2001,
      authKey: undefined,
      nodeName: undefined,
      correlationId: undefined,
      payloadLength: 1,
      extra: [],
      extraDropped: 0,
    });
  });

  it('reads what sofia sends, which counts the time header', () => {
    const sofia = Buffer.from(kamailio);
    sofia[1] = 28;
    expect(packetOf(sofia)).toEqual(packetOf(kamailio));
  });

  it.each([
    ['a header cut short', kamailio.subarray(0, 27), { kind: 'malformed', at: 0, rule: 'header-truncated' }],
    ['a header length that no one sends', Buffer.from('0211021100', 'hex'), { kind: 'not-hep' }],
    ['HEPv1 with the length of a time header', Buffer.from('011c0211', 'hex'), { kind: 'not-hep' }],
    ['a family that does not fit', Buffer.from(kamailio).fill(10, 2, 3), { kind: 'malformed', at: 2, rule: 'family' }],
    ['nothing', Buffer.alloc(0), { kind: 'not-hep' }],
    ['a single byte', Buffer.from([2]), { kind: 'not-hep' }],
    ['SIP', Buffer.from('HELLO sip:a SIP/2.0\r\n'), { kind: 'not-hep' }],
  ] as const)('does not take %s', (_, bytes, result) => {
    expect(decodeHep(bytes)).toEqual(result);
  });
});

describe('decodeHep on anything', () => {
  /** Nothing outside of the input, and no more than the limits. */
  function expectBounded(bytes: Uint8Array): void {
    const result = decodeHep(bytes);
    if (result.kind === 'malformed') expect(result.at).toBeLessThanOrEqual(bytes.length);
    if (result.kind !== 'packet') return;
    const { payload, extra } = result.packet;
    expect(extra.length).toBeLessThanOrEqual(MAX_EXTRA_CHUNKS);
    for (const view of [payload, ...extra.map(({ data }) => data)]) {
      if (view === undefined) continue;
      expect(view.buffer).toBe(bytes.buffer);
      expect(view.byteOffset).toBeGreaterThanOrEqual(bytes.byteOffset);
      expect(view.byteOffset + view.length).toBeLessThanOrEqual(bytes.byteOffset + bytes.length);
    }
  }

  it('has an answer for any bytes', () => {
    const begun = fc
      .tuple(fc.constantFrom('HEP3', '\x01\x10\x02', '\x02\x10\x02', '\x02\x34\x0a'), fc.uint8Array({ maxLength: 200 }))
      .map(([head, tail]) => Uint8Array.from([...Buffer.from(head, 'latin1'), ...tail]));
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), begun), expectBounded), { numRuns: 2000 });
  });

  it('has an answer for valid frames with bytes changed, cut or repeated', () => {
    const edits = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyFrame, edits, fc.nat(400), (frame, changes, cut) => {
        const target = new Uint8Array(4096);
        const whole = target.slice(0, encodeHep3(target, 0, frame));
        expectBounded(whole.slice(0, cut));
        for (const [at, value] of changes) whole[at % whole.length] = value;
        expectBounded(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('calls every proper beginning of a frame malformed or not HEP, never a shorter message', () => {
    const target = Buffer.alloc(400);
    const whole = target.subarray(0, encodeHep3(target, 0, sample));
    for (let cut = 0; cut < whole.length; cut++) {
      expect(decodeHep(whole.subarray(0, cut)).kind).toBe(cut < 4 ? 'not-hep' : 'malformed');
    }
  });
});
