/** A binding as text for a store: JSON with a version of its form, times in milliseconds since 1970. */
import type { Listener } from '../../transport/flow.ts';
import { after, type Instant, type WallTime } from '../../util/time.ts';
import type { Binding, BindingValues } from './api.ts';

const FORM = 1;
/** Every record has an end: this one stands for never. */
export const PERMANENT_MS = 10 * 365 * 86_400_000;
/** Bytes of a record; a longer one is not ours. */
export const MAX_RECORD = 16_384;

/** The two kinds of time at one moment. */
export interface Moment {
  readonly now: Instant;
  readonly wall: WallTime;
}

/** Milliseconds since 1970 at which a binding ends. */
export const endOf = ({ expires }: Pick<BindingValues, 'expires'>, { now, wall }: Moment): number =>
  Math.ceil(wall / 1000 + (expires === undefined ? PERMANENT_MS : expires - now));

export function bindingText(binding: Binding, moment: Moment): string {
  const { uri, instance, regId, callId, path, cseq, q, userAgent, received, flags, branchFlags, methods } = binding;
  const expires = binding.expires === undefined ? null : endOf(binding, moment);
  const socket = binding.listener === undefined ? '' : socketText(binding.listener);
  return JSON.stringify({
    ...{ v: FORM, uri, instance, regId, callId, path, cseq, q, userAgent, received, flags, branchFlags, methods },
    ...{ expires, socket },
  });
}

export interface ReadBinding {
  readonly values: BindingValues;
  /** Where the REGISTER came in, as `socketText` wrote it; '' when not known. */
  readonly socket: string;
}

/** undefined for what no version of this module wrote. A connection belongs to a process and is not kept. */
export function readBinding(text: string, { now, wall }: Moment): ReadBinding | undefined {
  const given = text.length > MAX_RECORD ? undefined : fieldsOf(text);
  if (given === undefined || given['v'] !== FORM) return undefined;
  const word = (name: string): string => textAt(given, name);
  const number = (name: string): number => numberAt(given, name);
  const expires = given['expires'];
  if (expires !== null && typeof expires !== 'number') return undefined;
  const values: BindingValues = {
    uri: word('uri'),
    instance: word('instance'),
    regId: number('regId'),
    callId: word('callId'),
    path: word('path'),
    cseq: number('cseq'),
    q: number('q'),
    userAgent: word('userAgent'),
    received: word('received'),
    flags: number('flags'),
    branchFlags: number('branchFlags'),
    methods: number('methods'),
    expires: expires === null ? undefined : after(now, expires - wall / 1000),
    listener: undefined,
    connection: 0,
  };
  return values.uri === '' || Object.values(given).some(isBroken) ? undefined : { values, socket: word('socket') };
}

/** No text of a header has a line end or a NUL, and none may get from here into a message. */
const isBroken = (value: unknown): boolean =>
  typeof value === 'string' && (value.includes('\r') || value.includes('\n') || value.includes('\0'));

export const socketText = ({ transport, local }: Listener): string => `${transport}:${local.address}:${local.port}`;

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const given: unknown = JSON.parse(text);
    return typeof given === 'object' && given !== null ? { ...given } : undefined;
  } catch {
    return undefined;
  }
}

function textAt(given: Readonly<Record<string, unknown>>, name: string): string {
  const value = given[name];
  return typeof value === 'string' ? value : '';
}

function numberAt(given: Readonly<Record<string, unknown>>, name: string): number {
  const value = given[name];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}
