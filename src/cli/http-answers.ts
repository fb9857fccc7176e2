/**
 * What the HTTP port answers, as values: metrics, health, RPC. Without a token it speaks only to programs on this host: a
 * page in somebody's browser is refused by its Origin and by the Host it asked for.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpAnswer, HttpQuestion } from '../engine/http.ts';
import { isLoopback } from '../util/ip.ts';

/** What is behind the port. */
export interface Operation {
  /** The event loop turns, or this would not be asked. */
  ready(): boolean;
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  rpc(text: string): Promise<string | undefined>;
  /** What a module answers; undefined when none does. */
  page(question: HttpQuestion): Promise<HttpAnswer> | HttpAnswer | undefined;
}

const text = (status: number, body: string): HttpAnswer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

export async function answerHttp(
  question: HttpQuestion,
  operation: Operation,
  token: string | undefined,
): Promise<HttpAnswer> {
  const { method, url } = question;
  const path = url.replace(/\?.*$/s, '');
  const route = routes.find((one) => one.path === path);
  if (route === undefined) return refused(question, token, false) ?? operation.page(question) ?? notFound();
  if (!route.methods.includes(method)) {
    return { ...text(405, `use ${route.methods.join(' or ')}`), headers: { allow: route.methods.join(', ') } };
  }
  const refusal = refused(question, token, route.open);
  return refusal ?? route.answer(question, operation);
}

const notFound = (): HttpAnswer => text(404, 'not found: there are /metrics, /livez, /readyz and /rpc');

interface Route {
  readonly path: string;
  readonly methods: readonly string[];
  /** Probes carry no token. */
  readonly open: boolean;
  answer(question: HttpQuestion, operation: Operation): Promise<HttpAnswer> | HttpAnswer;
}

const routes: readonly Route[] = [
  { path: '/livez', methods: ['GET', 'HEAD'], open: true, answer: () => text(200, 'ok') },
  {
    path: '/readyz',
    methods: ['GET', 'HEAD'],
    open: true,
    answer: (_, operation) => (operation.ready() ? text(200, 'ready') : text(503, 'not ready')),
  },
  {
    path: '/metrics',
    methods: ['GET', 'HEAD'],
    open: false,
    async answer(_, operation) {
      const { type, text: body } = await operation.metrics();
      return { status: 200, type, body };
    },
  },
  {
    path: '/rpc',
    methods: ['POST'],
    open: false,
    async answer({ headers, body }, operation) {
      if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return text(415, 'send application/json');
      const answer = await operation.rpc(Buffer.from(body, 'latin1').toString('utf8'));
      if (answer === undefined) return { status: 204, type: 'application/json', body: '' };
      return { status: 200, type: 'application/json', body: answer };
    },
  },
];

function refused({ headers }: HttpQuestion, token: string | undefined, open: boolean): HttpAnswer | undefined {
  if (token === undefined) {
    if (headers['origin'] !== undefined) return text(403, 'not for web pages');
    return isLocalName(headers['host'] ?? '') ? undefined : text(403, 'ask for a loopback address');
  }
  if (open || bears(headers['authorization'], token)) return undefined;
  return { ...text(401, 'a bearer token is needed'), headers: { 'www-authenticate': 'Bearer' } };
}

/** A name that an attacker's DNS points here is not local, whatever it resolves to. */
function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name.toLowerCase() === 'localhost' || isLoopback(name);
}

function bears(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
