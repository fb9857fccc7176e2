/**
 * What a nonce is bound to beside its time: the realm, and the parts of the request that `auth_checks_*` name. An answer
 * heard on the wire is of no use for a request that differs in them (RFC 7616 section 5.4).
 */
import type { RequestContext } from '../../engine/context.ts';

/** Kamailio's bits. */
const PART = { uri: 1, callId: 2, fromTag: 4, source: 8 } as const;

/** Bits for the three kinds of requests. */
export interface NonceParts {
  readonly register: number;
  readonly outside: number;
  readonly inDialog: number;
}

export function nonceBinding({ message, received }: RequestContext, realm: string, parts: NonceParts): string {
  const { register, outside, inDialog } = parts;
  if ((register | outside | inDialog) === 0) return realm;
  const within = message.toTag === undefined ? outside : inDialog;
  const bits = message.method === 'REGISTER' ? register : within;
  const pick = (bit: number, text: string | undefined): string => ((bits & bit) === 0 ? '' : (text ?? ''));
  return [
    realm,
    pick(PART.uri, message.uri),
    pick(PART.callId, message.callId),
    pick(PART.fromTag, message.fromTag),
    pick(PART.source, received.flow.remote.address),
  ].join('\0');
}
