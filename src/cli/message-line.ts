/** One message as one line for people: time, direction, source, destination, what it is, and whose call it belongs to. */
import { readField, readMethod, readStatus } from '../modules/siptrace/peek.ts';
import type { WallTime } from '../util/time.ts';
import type { Colour, Paint } from './colours.ts';
import { shortened, visible, withoutCredentials } from './visible.ts';

export interface LineParts {
  readonly at: WallTime | undefined;
  /** Seen from us; absent where we only watch. */
  readonly direction?: 'in' | 'out';
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly payload: Uint8Array;
}

const MAX_START_LINE = 100;
const MAX_CALL_ID = 20;
const ADDRESS_COLUMN = 21;
/** Longer start lines are cut before they are looked at. */
const MAX_START_BYTES = 512;

/** Received messages run into the bar, sent ones leave it. */
const arrows = { in: '→│  ', out: '  │→' } as const;
const callColours: readonly Colour[] = ['green', 'yellow', 'blue', 'magenta', 'cyan', 'red'];

export function messageLine(parts: LineParts, paint: Paint): string {
  const arrow = parts.direction === undefined ? '' : `${arrows[parts.direction]} `;
  const time = paint('dim', clockTime(parts.at));
  const way = `${parts.source.padEnd(ADDRESS_COLUMN)} → ${parts.destination.padEnd(ADDRESS_COLUMN)}`;
  return `${time} ${arrow}${parts.protocol.padEnd(3)} ${visible(way)} ${what(parts.payload, paint)}`;
}

function what(payload: Uint8Array, paint: Paint): string {
  const status = readStatus(payload);
  const method = readMethod(payload);
  const start = visible(withoutCredentials(startLine(payload)));
  if (method === undefined && status === undefined) return shortened(start, MAX_START_LINE);
  const about =
    status === undefined
      ? paint('bold', shortened(start.replace(/ SIP\/2\.0$/i, ''), MAX_START_LINE))
      : `${paint(statusColour(status), shortened(start.replace(/^SIP\/2\.0 /i, ''), MAX_START_LINE))} (${visible(shortened(method ?? '?', MAX_CALL_ID))})`;
  const callId = readField(payload, 'call-id', 'i');
  if (callId === undefined) return about;
  return `${about}  ${paint(callColour(callId), shortened(visible(callId), MAX_CALL_ID))}`;
}

function startLine(payload: Uint8Array): string {
  const head = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, MAX_START_BYTES));
  return head.toString('latin1').replace(/\r?\n[^]*$/, '');
}

function statusColour(status: number): Colour {
  if (status < 200) return 'dim';
  if (status < 300) return 'green';
  return status < 400 ? 'yellow' : 'red';
}

/** The same call has the same colour on each line. */
function callColour(callId: string): Colour {
  let hash = 0;
  for (let i = 0; i < callId.length; i++) hash = Math.imul(hash, 31) + callId.charCodeAt(i);
  return callColours[(hash >>> 0) % callColours.length] ?? 'cyan';
}

/** Local time of day to the millisecond. */
export function clockTime(at: WallTime | undefined): string {
  if (at === undefined) return '--:--:--.---';
  const date = new Date(at / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}
