/**
 * Which messages a target gets: by method, kind, address and share of the calls. Pure; what the caller does not know of a message
 * is read from its bytes, and only when a filter asks for it.
 */
import { hash32 } from '../../util/hash.ts';
import { readField, readMethod, readStatus } from './peek.ts';

export interface TraceFilter {
  readonly kind: 'filter';
  /** Upper case; a reply has the method of its CSeq. */
  readonly methods: ReadonlySet<string> | undefined;
  readonly replies: boolean;
  /** Either end of the message. Canonical IP literals. */
  readonly addresses: ReadonlySet<string> | undefined;
  readonly samplePercent: number;
}

/** What filters look at. `undefined` means unknown: it is then read from `bytes`. */
export interface FilteredMessage {
  readonly bytes: Uint8Array;
  readonly source: { readonly address: string };
  readonly destination: { readonly address: string };
  readonly method?: string | undefined;
  readonly status?: number | undefined;
  readonly callId?: string | undefined;
}

export function passes(filter: TraceFilter, message: FilteredMessage): boolean {
  const { addresses, methods } = filter;
  if (
    addresses !== undefined &&
    !addresses.has(message.source.address) &&
    !addresses.has(message.destination.address)
  ) {
    return false;
  }
  if (!filter.replies && isReply(message)) return false;
  if (methods !== undefined && !methods.has((message.method ?? readMethod(message.bytes) ?? '').toUpperCase())) {
    return false;
  }
  if (filter.samplePercent >= 100) return true;
  // Without a Call-ID there is nothing to keep whole, and what is odd is worth seeing.
  const callId = readCallId(message);
  return callId === undefined || sampleOf(callId) < filter.samplePercent;
}

export const readCallId = (message: FilteredMessage): string | undefined =>
  message.callId ?? readField(message.bytes, 'call-id', 'i');

function isReply(message: FilteredMessage): boolean {
  if (message.status !== undefined) return true;
  return readStatus(message.bytes) !== undefined;
}

/** Where a call stands between 0 and 100: the same in every process, so that several nodes keep the same calls. */
export const sampleOf = (callId: string): number => (hash32(callId) / 0x1_0000_0000) * 100;
