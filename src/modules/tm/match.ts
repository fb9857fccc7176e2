/** Reads from a request what transaction matching needs. The verdict has seen to it that the parts are there. */
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { MatchParts } from '../../transaction/keys.ts';
import { flat } from '../../util/flat.ts';

export function matchParts(request: SipRequest): MatchParts {
  const via = request.topVia;
  return {
    method: request.method,
    // A route may have rewritten it; a retransmission comes with the old one.
    uri: request.receivedUri,
    branch: via?.branch,
    transport: via?.transport ?? '',
    host: via?.host ?? '',
    port: via?.port,
    fromTag: request.fromTag,
    toTag: request.toTag,
    callId: request.headers.get(H.CallId) ?? '',
    cseqNumber: request.cseq?.number ?? 0,
  };
}

/** The dialog and the INVITE in it that an ACK to a 2xx is about. */
export function dialogKey({ callId, cseqNumber }: MatchParts, localTag: string | undefined): string {
  return flat(`${cseqNumber} ${localTag ?? ''} ${callId}`);
}
