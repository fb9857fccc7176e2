/**
 * Reads a HEP frame with the npm package `hep-js`, which shares no code with our encoder. That package never returns from
 * some malformed frames, so only bytes that our decoder finds well formed reach it.
 */
import { createRequire } from 'node:module';
import { decodeHep } from '../../hep/decode.ts';
import { PayloadType } from '../../hep/chunks.ts';
import { trust } from '../../util/trust.ts';

interface HepJs {
  decapsulate(frame: Buffer): unknown;
}

const require = createRequire(import.meta.url);
const loaded: unknown = require('hep-js');
// The package has no types of its own; this is the one function of it that is used.
const hepJs = trust<HepJs>(loaded);

export interface SeenFrame {
  /** `127.0.0.1:5060` */
  readonly source: string;
  readonly destination: string;
  readonly payload: string;
}

export type FrameVerdict =
  | { readonly kind: 'message'; readonly frame: SeenFrame }
  /** Well formed, and not a SIP message: a log line. */
  | { readonly kind: 'other' }
  | { readonly kind: 'unreadable'; readonly why: string };

export function readFrame(bytes: Buffer): FrameVerdict {
  const checked = decodeHep(bytes);
  if (checked.kind === 'not-hep') return { kind: 'unreadable', why: 'not HEP' };
  if (checked.kind === 'malformed') return { kind: 'unreadable', why: `${checked.rule} at byte ${checked.at}` };
  if (checked.packet.version !== 3) return { kind: 'unreadable', why: `HEP version ${checked.packet.version}` };
  const seen = hepJs.decapsulate(bytes);
  if (!isRecord(seen) || !isRecord(seen['rcinfo']) || typeof seen['payload'] !== 'string') {
    return { kind: 'unreadable', why: 'hep-js cannot read it' };
  }
  const { rcinfo, payload } = seen;
  if (rcinfo['payloadType'] !== PayloadType.sip) return { kind: 'other' };
  return {
    kind: 'message',
    frame: {
      source: `${String(rcinfo['srcIp'])}:${String(rcinfo['srcPort'])}`,
      destination: `${String(rcinfo['dstIp'])}:${String(rcinfo['dstPort'])}`,
      payload,
    },
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
