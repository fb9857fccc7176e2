/** The functions of auth on requests made by hand: a loaded proxy that listens nowhere, in virtual time. */
import { createHash } from 'node:crypto';
import { RequestContext } from '../../../src/engine/context.ts';
import type { Functions } from '../../../src/engine/declaration.ts';
import { Exchange } from '../../../src/engine/exchange.ts';
import { type Module, use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { createProxy } from '../../../src/engine/proxy.ts';
import type { ParamInputs } from '../../../src/engine/spec.ts';
import { auth } from '../../../src/modules/auth/auth.ts';
import { NonceFactory } from '../../../src/sip/nonce.ts';
import { parseMessage } from '../../../src/sip/parse.ts';
import { Simulator } from '../../../src/testing.ts';
import type { Flow } from '../../../src/transport/flow.ts';
import { after } from '../../../src/util/time.ts';

type DeclOf<M> = M extends Module<infer D> ? D : never;
export type AuthDecl = DeclOf<typeof auth>;
export type AuthParams = ParamInputs<AuthDecl['params']>;

export const SECRET = 'sixteen bytes ok';
export const REALM = 'example.com';

export interface Desk {
  readonly auth: Functions<AuthDecl>;
  readonly sim: Simulator;
  readonly logged: string[];
  readonly rpc: ReadonlyMap<string, (params: readonly (string | number)[]) => unknown>;
  /** A nonce of this moment, as a challenge would have given it. */
  nonce(realm?: string): string;
  wait(ms: number): void;
  reload(params: AuthParams): Promise<Desk>;
  start(): Promise<void>;
}

export function openDesk(params: AuthParams = {}, sim = new Simulator()): Desk {
  const logged: string[] = [];
  const faces: Functions<AuthDecl>[] = [];
  const sourceOf = (given: AuthParams) =>
    defineRoutes([use(auth, { secret: SECRET, ...given })], (modules) => {
      faces.push(modules.auth);
      return { request: () => undefined };
    });
  const log = { write: (...line: readonly unknown[]) => void logged.push(JSON.stringify(line)) };
  const proxy = createProxy({ world: sim.world, program: sourceOf(params), listen: ['udp:10.0.0.10:5060'], log });
  const desk = (): Desk => ({
    auth: faces.at(-1)!,
    sim,
    logged,
    rpc: proxy.program.rpc,
    nonce: (realm = REALM) => new NonceFactory(Buffer.from(SECRET)).make(sim.clock.wall(), realm),
    wait: (ms) => sim.clock.advanceTo(after(sim.clock.now(), ms)),
    async reload(given) {
      await proxy.reload(sourceOf(given));
      return desk();
    },
    start: () => proxy.start(),
  });
  return desk();
}

export interface Answer {
  readonly user: string;
  readonly password: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly method: string;
  readonly nc: string;
  readonly cnonce: string;
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly algorithm: 'MD5' | 'SHA-256' | 'SHA-512-256';
  readonly body: string;
}

const HASHES = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;

/** The formulas of RFC 7616 section 3.4.1 written out, so that they check ours. */
export function responseTo(answer: Answer): string {
  const hash = (text: string, encoding: 'utf8' | 'latin1' = 'utf8'): string =>
    createHash(HASHES[answer.algorithm]).update(text, encoding).digest('hex');
  const a1 = hash(`${answer.user}:${answer.realm}:${answer.password}`);
  const body = answer.qop === 'auth-int' ? `:${hash(answer.body, 'latin1')}` : '';
  const a2 = hash(`${answer.method}:${answer.uri}${body}`);
  if (answer.qop === undefined) return hash(`${a1}:${answer.nonce}:${a2}`);
  return hash(`${a1}:${answer.nonce}:${answer.nc}:${answer.cnonce}:${answer.qop}:${a2}`);
}

/** Credentials of alice, or of who else is given, as parameters by name. */
export function answerParams(given: Partial<Answer> & Pick<Answer, 'nonce'>): Record<string, string> {
  const answer: Answer = {
    ...{ user: 'alice', password: 'wonderland', realm: REALM, uri: 'sip:bob@example.com', method: 'INVITE' },
    ...{ nc: '00000001', cnonce: 'abc', qop: 'auth', algorithm: 'MD5', body: '' },
    ...given,
  };
  const escaped = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  return {
    username: escaped(answer.user),
    realm: escaped(answer.realm),
    nonce: escaped(answer.nonce),
    uri: escaped(answer.uri),
    response: escaped(responseTo(answer)),
    algorithm: answer.algorithm,
    ...(answer.qop === undefined ? {} : { qop: answer.qop, nc: answer.nc, cnonce: escaped(answer.cnonce) }),
  };
}

export const digestOf = (params: Readonly<Record<string, string>>): string =>
  `Digest ${Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')}`;

export const credentials = (given: Partial<Answer> & Pick<Answer, 'nonce'>): string => digestOf(answerParams(given));

export interface RequestParts {
  readonly method?: string;
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly source?: string;
  readonly body?: string;
  readonly headers?: readonly string[];
}

/** A request with these Proxy-Authorization values (Authorization for REGISTER), as it stands before the request route. */
export function requestWith(values: string | readonly string[], parts: RequestParts = {}): RequestContext {
  const { method = 'INVITE', uri = 'sip:bob@example.com', body = '' } = parts;
  const name = method === 'REGISTER' ? 'Authorization' : 'Proxy-Authorization';
  return contextOf(
    [
      `${method} ${uri} SIP/2.0`,
      'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1',
      'Max-Forwards: 70',
      `From: ${parts.from ?? '<sip:alice@example.com>'};tag=1`,
      `To: ${parts.to ?? '<sip:bob@example.com>'}`,
      'Call-ID: 1@10.0.0.1',
      `CSeq: 1 ${method}`,
      ...[values].flat().map((value) => `${name}: ${value}`),
      ...(parts.headers ?? []),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n'),
    parts.source,
  );
}

/** Text beyond latin1 goes as UTF-8, as it does on the wire. */
export function contextOf(text: string, source = '10.0.0.1'): RequestContext {
  const bytes = Buffer.from(text, /[^\0-\x7f]/.test(text) ? 'utf8' : 'latin1');
  const parsed = parseMessage(bytes);
  if (parsed.kind !== 'request') throw new Error(`no request: ${parsed.kind}`);
  const local = { address: '10.0.0.10', port: 5060 };
  const flow: Flow = {
    transport: 'udp',
    listener: { transport: 'udp', local, advertised: undefined, sentBy: { host: local.address, port: 5060 }, name: '' },
    local,
    remote: { address: source, port: 5060 },
    connection: 0,
  };
  const at = new Simulator().clock.wall();
  return new RequestContext({ message: parsed.message, received: { bytes, flow, at }, exchange: new Exchange() });
}
