/** Everything that a scripted user agent heard, in order, and questions about it. */
import type { SipMessage, SipRequest, SipResponse } from '../sip/message.ts';
import type { Instant } from '../util/time.ts';
import type { Endpoint } from '../world/world.ts';

export interface UaHeard {
  readonly at: Instant;
  readonly from: Endpoint;
  readonly message: SipMessage;
  readonly bytes: Buffer;
}

export class UaInbox {
  readonly heard: UaHeard[] = [];
  /** What was no SIP message. */
  readonly malformed: Buffer[] = [];

  requests(method?: string): readonly SipRequest[] {
    return this.heard.flatMap(({ message }) =>
      message.kind === 'request' && (method === undefined || message.method === method) ? [message] : [],
    );
  }

  responses(status?: number, method?: string): readonly SipResponse[] {
    return this.heard.flatMap(({ message }) =>
      message.kind === 'response' &&
      (status === undefined || message.status === status) &&
      (method === undefined || message.cseq?.method === method)
        ? [message]
        : [],
    );
  }

  lines(): readonly string[] {
    return this.heard.map(({ message }) =>
      message.kind === 'request'
        ? `${message.method} ${message.uri}`
        : `${message.status} ${message.reason} (${message.cseq?.method ?? '?'})`,
    );
  }

  clear(): void {
    this.heard.length = 0;
    this.malformed.length = 0;
  }
}
