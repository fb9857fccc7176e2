/** The one that calls: builds requests and keeps what a dialog needs to go on. */
import type { Agent, Answers } from './agent.ts';
import {
  type Credentials,
  digestPackage,
  type RequestMessage,
  type ResponseMessage,
  type SipAddress,
  type SipHeaders,
} from './sip-package.ts';

export const CREDENTIALS: Credentials = { user: 'alice', password: 'wonderland' };
/** Realm of the caller: the sample challenges with the host of the From URI. */
const DOMAIN = 'viaduct.invalid';

/** Where requests go. */
export interface Course {
  /** Request-URI for a user. */
  uriOf(user: string): string;
  /** Proxies to pass before that: none where the Request-URI leads to the proxy. */
  readonly routes: readonly SipAddress[];
}

/** A call, or another series of requests with one Call-ID. */
export class Call {
  readonly callId: string;
  readonly #agent: Agent;
  readonly #course: Course;
  readonly #user: string;
  readonly #fromTag: string;
  #cseq = 0;

  constructor(agent: Agent, course: Course, callee: { readonly user: string; readonly name: string }) {
    this.#agent = agent;
    this.#course = course;
    this.#user = callee.user;
    this.callId = `${callee.name}-${agent.token()}@selftest`;
    this.#fromTag = agent.token();
  }

  /** A request outside a dialog. With a challenge, it carries the credentials for it. */
  request(method: string, challenge?: ResponseMessage): RequestMessage {
    this.#cseq++;
    const own = `sip:${CREDENTIALS.user}@${DOMAIN}`;
    const isCall = method === 'INVITE';
    const request: RequestMessage = {
      method,
      uri: this.#course.uriOf(this.#user),
      headers: {
        ...this.#start(method, this.#cseq),
        to: { uri: method === 'REGISTER' ? own : `sip:${this.#user}@${DOMAIN}` },
        from: { uri: own, params: { tag: this.#fromTag } },
        contact: [{ uri: this.#agent.contact }],
        route: [...this.#course.routes],
        ...(method === 'REGISTER' && { expires: 60 }),
        ...(isCall && { 'content-type': 'application/sdp' }),
      },
      ...(isCall && { content: sdp(this.#agent) }),
    };
    if (challenge !== undefined) digestPackage.signRequest({}, request, challenge, CREDENTIALS);
    return request;
  }

  /** Sends it; challenged, sends it again with credentials. */
  async withCredentials(method: string): Promise<{ readonly request: RequestMessage; readonly answers: Answers }> {
    const request = this.request(method);
    const answers = this.#agent.send(request);
    const first = await answers.first();
    if (first?.status !== 401 && first?.status !== 407) return { request, answers };
    const again = this.request(method, first);
    return { request: again, answers: this.#agent.send(again) };
  }

  /** RFC 3261 section 9.1: the CANCEL has the topmost Via, the Request-URI and the Route of what it cancels. */
  cancel(invite: RequestMessage): Answers {
    const { headers, uri } = invite;
    return this.#agent.send({
      method: 'CANCEL',
      uri,
      headers: {
        ...this.#start('CANCEL', headers.cseq.seq),
        via: (headers.via ?? []).slice(0, 1).map((via) => ({ ...via, params: { ...via.params } })),
        to: headers.to,
        from: headers.from,
        route: [...this.#course.routes],
      },
    });
  }

  /** A request in the dialog that `ok`, the 200 to our INVITE, made. An ACK has the number of its INVITE. */
  inDialog(method: string, ok: ResponseMessage): Answers {
    const { headers } = ok;
    if (method !== 'ACK') this.#cseq++;
    const recorded = [...(headers['record-route'] ?? [])].reverse();
    return this.#agent.send({
      method,
      uri: headers.contact?.[0]?.uri ?? this.#course.uriOf(this.#user),
      headers: {
        ...this.#start(method, this.#cseq),
        to: headers.to,
        from: headers.from,
        route: recorded.length > 0 ? recorded : [...this.#course.routes],
      },
    });
  }

  #start(method: string, seq: number): Pick<SipHeaders, 'via' | 'max-forwards' | 'call-id' | 'cseq'> {
    return { via: [], 'max-forwards': 70, 'call-id': this.callId, cseq: { method, seq } };
  }
}

/** The other side of the dialog hangs up: from the INVITE as it came. */
export function byeFromCallee(invite: RequestMessage, ok: ResponseMessage, callee: Agent): Answers {
  const { headers } = invite;
  return callee.send({
    method: 'BYE',
    uri: headers.contact?.[0]?.uri ?? '',
    headers: {
      via: [],
      'max-forwards': 70,
      'call-id': headers['call-id'],
      cseq: { method: 'BYE', seq: 1 },
      to: headers.from,
      from: ok.headers.to,
      route: [...(headers['record-route'] ?? [])],
    },
  });
}

function sdp({ local: { address } }: Agent): string {
  const lines = [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=selftest',
    `c=IN IP4 ${address}`,
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
  ];
  return `${lines.join('\r\n')}\r\n`;
}
