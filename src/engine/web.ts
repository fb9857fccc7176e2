/**
 * HTTP on the ports of SIP (RFC 9112): a request that comes on a connection is offered to the modules and answered there, as
 * on the HTTP port. One request a connection. It is no message of SIP: taps do not see it, nothing counts it.
 */
import { reasonPhrase } from '../sip/reasons.ts';
import type { SipRequest } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { Engine } from './engine.ts';
import type { HttpAnswer, HttpQuestion } from './http.ts';
import type { Program } from './program.ts';

export interface Visit {
  readonly message: SipRequest;
  readonly flow: Flow;
  readonly program: Program;
  readonly engine: Engine;
}

export const isHttp = ({ version }: SipRequest, { connection }: Flow): boolean =>
  connection !== 0 && /^HTTP\/1\.[01]$/.test(version);

/** Nobody answers: the connection is closed without a word. */
export function answerOnFlow({ message, flow, program, engine }: Visit): void {
  const send = (answer: HttpAnswer | undefined): void => {
    if (answer !== undefined) engine.transport.send(answerBytes(answer, message.method), flow);
    engine.transport.end(flow);
  };
  const answer = answerOf(questionOf(message, flow), program);
  if (answer instanceof Promise) answer.then(send, () => send(FAILED));
  else send(answer);
}

const FAILED: HttpAnswer = { status: 500, type: 'text/plain', body: 'failed\n' };
const NOT_FOR_PAGES: HttpAnswer = { status: 403, type: 'text/plain', body: 'not for web pages\n' };

function answerOf(question: HttpQuestion, { modules }: Program): HttpAnswer | Promise<HttpAnswer> | undefined {
  const serving = modules.filter(({ instance }) => instance.http !== undefined);
  if (serving.length === 0) return undefined;
  // A page in somebody's browser reaches loopback addresses too; browsers say whose page it is.
  if (question.headers['origin'] !== undefined) return NOT_FOR_PAGES;
  for (const { instance } of serving) {
    const answer = instance.http?.(question);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function questionOf(message: SipRequest, flow: Flow): HttpQuestion {
  const headers: Record<string, string> = {};
  for (const { name, value } of message.headers.fields()) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return { method: message.method, url: message.uri, headers, body: message.body, from: flow.remote, flow };
}

function answerBytes({ status, reason, type, body, headers = {} }: HttpAnswer, method: string): Buffer {
  const content = Buffer.from(body, 'utf8');
  const fields = {
    'Content-Type': type,
    'Content-Length': String(content.length),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    Connection: 'close',
  };
  const lines = [
    `HTTP/1.1 ${status} ${reason ?? reasonPhrase(status)}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
  ].map(oneLine);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return method === 'HEAD' ? head : Buffer.concat([head, content]);
}

/** What a script took from a request cannot end the line. */
const oneLine = (text: string): string => text.replace(/[\0-\x1f\x7f]+/g, ' ');
