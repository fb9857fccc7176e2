/** What the user agents saw on their own sockets: the list that the frames at the targets are held against. */
import type { Endpoint } from '../../world/world.ts';
import type { AnyMessage } from './sip-package.ts';

/** One message between an agent and somebody. */
export interface WireMessage {
  /** `127.0.0.1:5060` */
  readonly source: string;
  readonly destination: string;
  readonly callId: string;
  /** Of a reply, the method that it answers. */
  readonly method: string;
  readonly cseq: number;
  /** Absent in a request. */
  readonly status: number | undefined;
}

export interface Way {
  readonly source: string;
  readonly destination: string;
}

export function wireMessage(message: AnyMessage, { source, destination }: Way): WireMessage {
  const { cseq, 'call-id': callId } = message.headers;
  return {
    source,
    destination,
    callId,
    method: message.method ?? cseq.method,
    cseq: cseq.seq,
    status: message.status,
  };
}

export const show = ({ address, port }: Endpoint): string => `${address}:${port}`;

/** The same for a message and for the frames that show it; retransmissions share one. */
export const keyOf = ({ callId, cseq, method, status, source, destination }: WireMessage): string =>
  [callId, cseq, method, status ?? '-', source, destination].join(' ');

/** `INVITE`, `407 (INVITE)`. */
export const nameOf = ({ method, status }: WireMessage): string =>
  status === undefined ? method : `${status} (${method})`;
