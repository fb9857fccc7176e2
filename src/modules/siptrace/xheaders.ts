/**
 * The copy of a message that a trace shows. With Kamailio's xheaders it carries its addresses and time as headers, for
 * receivers that take raw SIP; or such headers, written by another proxy, are read and taken off again.
 */
import type { WireEvent } from '../../engine/exchange.ts';
import type { WallTime } from '../../util/time.ts';
import { trust } from '../../util/trust.ts';
import type { Endpoint } from '../../world/world.ts';
import { parseEndpoint } from './endpoint.ts';

export interface WireCopy {
  readonly bytes: Uint8Array;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly at: WallTime;
}

const MICROSECONDS = 1_000_000;
const END_OF_HEAD = '\r\n\r\n';
const XHEADERS = /\r\nX-Siptrace-(\w+):[ \t]*([^\r\n]*)/gi;

/** The copy with headers at the end of its head. A message without an end of its head stays as it is. */
export function writeXheaders(copy: WireCopy, { flow, direction }: WireEvent): WireCopy {
  const buffer = bufferOf(copy.bytes);
  const head = buffer.indexOf(END_OF_HEAD, 0, 'latin1');
  if (head < 0) return copy;
  const [first = ''] = buffer.toString('latin1', 0, head).split(' ', 1);
  const lines = [
    `X-Siptrace-Fromip: ${flow.transport}:${place(copy.source)}`,
    `X-Siptrace-Toip: ${flow.transport}:${place(copy.destination)}`,
    `X-Siptrace-Time: ${Math.floor(copy.at / MICROSECONDS)} ${copy.at % MICROSECONDS}`,
    `X-Siptrace-Method: ${first.startsWith('SIP/') ? 'Reply' : first}`,
    `X-Siptrace-Dir: ${direction}`,
  ];
  const extra = Buffer.from(`\r\n${lines.join('\r\n')}`, 'latin1');
  return { ...copy, bytes: Buffer.concat([buffer.subarray(0, head), extra, buffer.subarray(head)]) };
}

/** What the headers of a copy say, and the message without them; undefined when they are missing or cannot be read. */
export function readXheaders(bytes: Uint8Array): WireCopy | undefined {
  const text = bufferOf(bytes).toString('latin1');
  const end = text.indexOf(END_OF_HEAD);
  const head = end < 0 ? text : text.slice(0, end);
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of head.matchAll(XHEADERS)) values.set(name.toLowerCase(), value.trim());
  const source = whole(parseEndpoint(values.get('fromip') ?? ''));
  const destination = whole(parseEndpoint(values.get('toip') ?? ''));
  const time = /^(\d{1,10}) (\d{1,6})$/.exec(values.get('time') ?? '');
  if (source === undefined || destination === undefined || time === null) return undefined;
  // The clock of the proxy that wrote it.
  const at = trust<WallTime>(Number(time[1]) * MICROSECONDS + Number(time[2]));
  const clean = head.replace(XHEADERS, '') + (end < 0 ? '' : text.slice(end));
  return { bytes: Buffer.from(clean, 'latin1'), source, destination, at };
}

const whole = (found: ReturnType<typeof parseEndpoint>): Endpoint | undefined =>
  found?.port === undefined ? undefined : { address: found.address, port: found.port };

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const place = ({ address, port }: Endpoint): string => `${address.includes(':') ? `[${address}]` : address}:${port}`;
