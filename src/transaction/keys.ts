/**
 * The keys by which requests find their transaction (RFC 3261 sections 17.2.3, 9.2 and 8.2.2.2).
 * Lengths stand before the parts, so that no part, whatever a peer writes into it, can pose as two. They are kept for as long
 * as a transaction, so they are texts of their own.
 */
import { flat } from '../util/flat.ts';

/** What matching needs to know of a request. Parts are the received text, folding included. */
export interface MatchParts {
  readonly method: string;
  readonly uri: string;
  /** Of the topmost Via. */
  readonly branch: string | undefined;
  /** Of the topmost Via, whose other parameters may be ours. */
  readonly transport: string;
  /** Of the topmost Via. */
  readonly host: string;
  readonly port: number | undefined;
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseqNumber: number;
}

/** RFC 3261 8.1.1.7: branches of our time "MUST always begin with the characters" of this cookie. */
export const MAGIC_COOKIE = 'z9hG4bK';

/** An ACK has the key of the INVITE it acknowledges, if that was answered with 300-699. */
export function serverKey(request: MatchParts): string {
  return keyFor(request, request.method === 'ACK' ? 'INVITE' : request.method);
}

/** The key of the INVITE that this CANCEL is about. */
export function cancelTargetKey(cancel: MatchParts): string {
  return keyFor(cancel, 'INVITE');
}

/**
 * Two requests with one such key and different server keys came from one source by two ways: the second gets a 482
 * (8.2.2.2). `undefined` when the request has a To tag: only requests outside a dialog are checked. With `uri` only
 * requests to the same one share a key.
 */
export function mergedKey({ method, fromTag, toTag, callId, cseqNumber }: MatchParts, uri = ''): string | undefined {
  if (toTag !== undefined) return undefined;
  const lengths = `${uri.length}:${callId.length}:${tagLength(fromTag)}`;
  return flat(`${lengths}:${cseqNumber}:${uri}${callId}${fromTag ?? ''}${method}`);
}

/** A bare cookie identifies nothing (RFC 4475 section 3.2.1); such requests are matched as RFC 2543 did. */
function hasCookie(branch: string | undefined): branch is string {
  return branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE);
}

function keyFor(request: MatchParts, method: string): string {
  const { branch } = request;
  if (!hasCookie(branch)) return rfc2543Key(request, method);
  // The host before it is put together with anything: what is in one piece is lowered without a call into the runtime.
  const host = request.host.toLowerCase();
  // Both lengths in one number: no message is longer than that. It is never the 2 of `rfc2543Key`.
  return flat(`${branch.length * 0x10000 + host.length}:${request.port ?? ''}:${branch}${host}${method}`);
}

/** The To tag of INVITE, its ACK and its CANCEL differ by design and stay out of their common key. */
function rfc2543Key(request: MatchParts, method: string): string {
  const { uri, callId, transport, host, port, cseqNumber } = request;
  const from = request.fromTag;
  const to = method === 'INVITE' ? undefined : request.toTag;
  const topVia = `${transport} ${host} ${port ?? ''}`;
  const lengths = `${uri.length}:${tagLength(from)}:${tagLength(to)}:${callId.length}:${topVia.length}`;
  return flat(`2:${lengths}:${cseqNumber}:${uri}${from ?? ''}${to ?? ''}${callId}${topVia}${method}`);
}

/** An absent tag is not an empty one. */
const tagLength = (tag: string | undefined): number => (tag === undefined ? -1 : tag.length);
