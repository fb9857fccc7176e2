/** HEPv3 frames written and read: viaduct against the npm package `hep-js`, in turn, in one process. */
import { createRequire } from 'node:module';
import { decodeHep } from '../../src/hep/decode.ts';
import { encodeHep3 } from '../../src/hep/encode.ts';
import type { HepFrame } from '../../src/hep/packet.ts';
import type { WallTime } from '../../src/util/time.ts';
import { inviteBytes } from './invite.ts';
import { compare, type Contender } from './micro.ts';
import { type Result, round } from './result.ts';

const frame: HepFrame = {
  protocol: 17,
  sourceAddress: '192.0.2.1',
  sourcePort: 5060,
  destinationAddress: '192.0.2.2',
  destinationPort: 5062,
  at: 1_795_143_514_123_456 as WallTime,
  type: 1,
  captureId: 2001,
  correlationId: 'a84b4c76e66710@pc33.atlanta.example.com',
  authKey: undefined,
  // It always writes one.
  nodeName: '2001',
  payload: inviteBytes(),
};

/** The same frame as hep-js is told it. */
const told = {
  protocolFamily: 2,
  protocol: 17,
  srcIp: '192.0.2.1',
  dstIp: '192.0.2.2',
  srcPort: 5060,
  dstPort: 5062,
  timeSeconds: 1_795_143_514,
  timeUseconds: 123_456,
  payloadType: 1,
  captureId: 2001,
  hepNodeName: '2001',
  correlation_id: 'a84b4c76e66710@pc33.atlanta.example.com',
};

interface HepPackage {
  readonly encapsulate: (payload: string, told: object) => Buffer;
  readonly decapsulate: (frame: Buffer) => unknown;
}

export function benchHep(quick: boolean): Result {
  const hepjs: HepPackage = createRequire(import.meta.url)('hep-js');
  const slab = Buffer.alloc(4_096);
  const length = encodeHep3(slab, 0, frame);
  const encoded = Buffer.from(slab.subarray(0, length));
  const payload = inviteBytes();
  const contenders: readonly Contender[] = [
    { name: 'hep-js encode', run: () => hepjs.encapsulate(payload.toString(), told) },
    { name: 'viaduct encode', run: () => encodeHep3(slab, 0, frame) },
    { name: 'hep-js decode', run: () => hepjs.decapsulate(encoded) },
    { name: 'viaduct decode', run: () => decodeHep(encoded) },
  ];
  const speed = compare(contenders, quick ? 5 : 9);
  const ratio = (what: string): number => (speed.get(`viaduct ${what}`) ?? 0) / (speed.get(`hep-js ${what}`) ?? 1);
  return {
    bench: 'hep',
    rows: contenders.map(({ name }) => ({
      name,
      values: {
        'frames/s': Math.round(speed.get(name) ?? 0),
        ratio: name.startsWith('viaduct') ? round(ratio(name.slice('viaduct '.length)), 1) : 1,
      },
    })),
    goals: [
      { what: 'encoding against hep-js', value: ratio('encode'), limit: 5, is: 'at least' },
      { what: 'decoding against hep-js', value: ratio('decode'), limit: 15, is: 'at least' },
    ],
    remarks: [`frames of ${length} bytes`],
  };
}
