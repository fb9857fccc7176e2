/** One frame as a target wants it: HEPv3, v2, v1 or the bare message, and the protocol numbers that its receiver understands. */
import { IpProtocol, MAX_FRAME_LENGTH, PayloadType } from '../../hep/chunks.ts';
import { encodeHep1, encodeHep2, encodeHep3, hep3Length } from '../../hep/encode.ts';
import type { HepFrame } from '../../hep/packet.ts';
import type { Transport } from '../../transport/flow.ts';
import type { HepVersion, Profile } from './target-uri.ts';

/** IPv4: 65535 less 20 bytes of IP header and 8 of UDP header. */
export const MAX_DATAGRAM = 65_507;
/** The longest header of HEPv1 and v2: IPv6 with time. */
const OLD_HEADER = 52;

/** HEPv1 and v2 cannot say that a payload is not SIP: as in Kamailio, a log line is HEPv3 everywhere. */
const versionFor = (version: HepVersion, frame: HepFrame): HepVersion =>
  version !== 0 && frame.type !== PayloadType.sip ? 3 : version;

/** The most bytes that `encode` writes; exact for HEPv3 and for a bare message. */
export function lengthOf(version: HepVersion, frame: HepFrame): number {
  switch (versionFor(version, frame)) {
    case 3:
      return hep3Length(frame);
    case 1:
    case 2:
      return OLD_HEADER + frame.payload.length;
    case 0:
      return frame.payload.length;
  }
}

/** A HEP length is a 16-bit field; a bare message has no such limit of its own. */
export const longestOf = (version: HepVersion): number => (version === 0 ? Number.POSITIVE_INFINITY : MAX_FRAME_LENGTH);

/** Writes the frame and returns its size; 0 when it does not fit. */
export function encode(version: HepVersion, target: Uint8Array, offset: number, frame: HepFrame): number {
  switch (versionFor(version, frame)) {
    case 3:
      return encodeHep3(target, offset, frame);
    case 2:
      return encodeHep2(target, offset, frame);
    case 1:
      return encodeHep1(target, offset, frame);
    case 0:
      if (offset + frame.payload.length > target.length) return 0;
      target.set(frame.payload, offset);
      return frame.payload.length;
  }
}

/** Chunk 0x02. Senders disagree on TLS and WebSocket: `transport` says TCP, which every receiver takes for a stream. */
export function protocolNumber(profile: Profile, transport: Transport): number {
  switch (transport) {
    case 'udp':
      return IpProtocol.udp;
    case 'tcp':
      return IpProtocol.tcp;
    case 'tls':
      return profile === 'transport' ? IpProtocol.tcp : IpProtocol.idp;
    case 'ws':
    case 'wss':
      return profile === 'transport' ? IpProtocol.tcp : profile === 'kamailio' ? IpProtocol.idp : IpProtocol.esp;
  }
}
