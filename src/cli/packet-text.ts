/** A HEP packet as text: one line, the whole of it, or one JSON object. */
import type { Collected } from '../collector/listener.ts';
import { IpProtocol, PayloadType } from '../hep/chunks.ts';
import { capturedAt, type HepEndpoint } from '../hep/packet.ts';
import { bracketed } from '../transport/listen-address.ts';
import type { Paint } from './colours.ts';
import { messageLine } from './message-line.ts';
import { escapeControls, visible } from './visible.ts';

const protocols: ReadonlyMap<number, string> = new Map([
  [IpProtocol.udp, 'udp'],
  [IpProtocol.tcp, 'tcp'],
  [IpProtocol.idp, 'tls'],
  [IpProtocol.esp, 'ws'],
  [IpProtocol.sctp, 'sctp'],
]);
const types: ReadonlyMap<number, string> = new Map([
  [PayloadType.sip, 'sip'],
  [PayloadType.rtp, 'rtp'],
  [PayloadType.rtcpJson, 'rtcp'],
  [PayloadType.cdrJson, 'cdr'],
  [PayloadType.log, 'log'],
]);
const NOTHING = new Uint8Array();

export function packetLine({ packet }: Collected, paint: Paint): string {
  const line = messageLine(
    {
      at: capturedAt(packet),
      protocol: protocolName(packet.protocol),
      source: endpoint(packet.source),
      destination: endpoint(packet.destination),
      payload: packet.payload ?? NOTHING,
    },
    paint,
  );
  const { captureId, nodeName, correlationId, type } = packet;
  const facts = [
    type === PayloadType.sip || type === undefined ? undefined : `type=${typeName(type)}`,
    captureId === undefined || captureId === 0 ? undefined : `id=${captureId}`,
    nodeName === undefined ? undefined : `node=${visible(nodeName)}`,
    correlationId === undefined ? undefined : `correlation=${visible(correlationId)}`,
  ].filter((fact) => fact !== undefined);
  return facts.length === 0 ? line : `${line}  ${paint('dim', facts.join(' '))}`;
}

/** The line, the payload with its own line ends, and an empty line. */
export function packetFull(collected: Collected, paint: Paint): string {
  const text = Buffer.from(collected.packet.payload ?? NOTHING).toString('utf8');
  const lines = text
    .replace(/(?:\r?\n)+$/, '')
    .split(/\r?\n/)
    .map(escapeControls);
  return [packetLine(collected, paint), ...lines, ''].join('\n');
}

export function packetJson({ packet, transport, agent }: Collected): string {
  const at = capturedAt(packet);
  return JSON.stringify({
    time: at === undefined ? undefined : new Date(at / 1000).toISOString(),
    seconds: packet.seconds,
    microseconds: packet.microseconds,
    protocol: protocolName(packet.protocol),
    protocolId: packet.protocol,
    source: packet.source,
    destination: packet.destination,
    type: typeName(packet.type),
    version: packet.version,
    captureId: packet.captureId,
    node: packet.nodeName,
    correlationId: packet.correlationId,
    agent: { transport, address: agent.address, port: agent.port },
    payload: packet.payload === undefined ? undefined : Buffer.from(packet.payload).toString('utf8'),
  });
}

const protocolName = (id: number | undefined): string => (id === undefined ? '?' : (protocols.get(id) ?? String(id)));
const typeName = (id: number | undefined): string => (id === undefined ? '?' : (types.get(id) ?? String(id)));
const endpoint = ({ address, port }: HepEndpoint): string => `${bracketed(address ?? '?')}:${port ?? '?'}`;
