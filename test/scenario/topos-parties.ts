/** What user agents say in scenarios of topology hiding where a script of its own is needed: early, forked, broken. */
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message.ts';
import { parseNameAddr } from '../../src/sip/name-addr.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { buildReply } from '../../src/sip/reply.ts';
import type { ScriptedUa, UaRequestOptions, WireEntry } from '../../src/testing.ts';

export type Lines = readonly (readonly [name: string, value: string])[];

export interface Answer {
  readonly tag?: string;
  readonly headers?: Lines;
  readonly recordRoutes?: readonly string[];
}

/** Answers as somebody behind this agent would: with a tag, a Contact and Record-Routes of its own. */
export function answerAs(ua: ScriptedUa, request: SipRequest, status: number, answer: Answer = {}): SipResponse {
  const { tag = 'b1', headers = [], recordRoutes = [] } = answer;
  const reply = buildReply(request, status, '', { toTag: tag, headers });
  for (const route of recordRoutes.toReversed()) reply.headers.insertAfter(H.Via, H.RecordRoute, route);
  ua.send(reply);
  return reply;
}

export const contactUri = (message: SipMessage | undefined): string =>
  parseNameAddr(message?.headers.firstValue(H.Contact) ?? '')?.uri ?? 'sip:nobody.invalid';

/** A request of the caller to the leg that sent this reply, early or not. */
export function toLeg(ua: ScriptedUa, method: string, reply: SipResponse | undefined, more: UaRequestOptions = {}) {
  return ua.request(method, contactUri(reply), {
    from: reply?.headers.get(H.From) ?? '',
    to: reply?.headers.get(H.To) ?? '',
    callId: reply?.callId ?? '',
    ...more,
  });
}

/** A request of the callee who sent this reply, to the sender of the request that it got. */
export function toCaller(
  ua: ScriptedUa,
  method: string,
  request: SipRequest | undefined,
  { tag = 'b1', ...more }: UaRequestOptions & { readonly tag?: string } = {},
) {
  return ua.request(method, contactUri(request), {
    from: `${request?.headers.get(H.To)};tag=${tag}`,
    to: request?.headers.get(H.From) ?? '',
    callId: request?.callId ?? '',
    routes: request?.headers.values(H.RecordRoute) ?? [],
    ...more,
  });
}

/** What an agent got, as text. */
export const text = (message: SipMessage | undefined): string => message?.serialize().toString('latin1') ?? '';

export function parsed({ bytes }: WireEntry): SipMessage | undefined {
  const result = parseMessage(bytes);
  return result.kind === 'malformed' ? undefined : result.message;
}

/** A request as text, with the lines given in place of those of the usual ones. */
export function rawRequest(start: string, lines: readonly string[], body = ''): string {
  return [start, ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
