/**
 * The numbers of HEP: chunk types, vendors, payload types, address families and IP protocol numbers.
 * Fixed by the HEP3/EEP specification rev. 37 (sipcapture/HEP) unless a line says otherwise.
 */

/** Every frame begins with "HEP3" and a 16-bit length that counts itself and the magic. */
export const FRAME_HEADER_LENGTH = 6;
/** 16-bit vendor, type and length; the length counts this header. */
export const CHUNK_HEADER_LENGTH = 6;
/** The largest length that the 16-bit field can say. */
export const MAX_FRAME_LENGTH = 65_535;

/** Generic chunks, vendor 0. */
export const Chunk = {
  family: 0x01,
  protocol: 0x02,
  sourceIpv4: 0x03,
  destinationIpv4: 0x04,
  sourceIpv6: 0x05,
  destinationIpv6: 0x06,
  sourcePort: 0x07,
  destinationPort: 0x08,
  seconds: 0x09,
  microseconds: 0x0a,
  type: 0x0b,
  captureId: 0x0c,
  authKey: 0x0e,
  payload: 0x0f,
  compressedPayload: 0x10,
  correlationId: 0x11,
  nodeName: 0x13,
} as const;

/**
 * Who defines a chunk. We send vendor 0 only: heplify-server, VoIPmonitor and hep-js ignore the vendor and take
 * any type below 0x2a for the generic one.
 */
export const Vendor = {
  generic: 0,
  freeswitch: 1,
  kamailio: 2,
  opensips: 3,
  asterisk: 4,
  homer: 5,
  sipxecs: 6,
  yeti: 7,
  genesys: 8,
} as const;

/**
 * What the payload is (chunk 0x0b). `log` is not in rev. 37; Kamailio's hlog, OpenSIPS, heplify-server and VoIPmonitor
 * use it.
 */
export const PayloadType = {
  sip: 1,
  rtp: 4,
  rtcpJson: 5,
  cdrJson: 0x3c,
  log: 100,
} as const;

/** Address families are Linux's AF_INET and AF_INET6, whatever the sender runs on. */
export const Family = { ipv4: 2, ipv6: 10 } as const;

/**
 * IP protocol numbers (IANA) for chunk 0x02. `idp` is what Kamailio writes for TLS, WS and WSS; `esp` is what OpenSIPS
 * writes for WS and WSS.
 */
export const IpProtocol = { tcp: 6, udp: 17, idp: 22, esp: 50, sctp: 132 } as const;
