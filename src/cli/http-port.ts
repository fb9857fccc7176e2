/** The HTTP server of a running proxy: one port, bound to loopback unless a token guards it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bracketed } from '../transport/listen-address.ts';
import { ViaductError } from '../errors.ts';
import { isIp, isLoopback } from '../util/ip.ts';
import type { Endpoint } from '../world/world.ts';
import { UsageError } from './exit-code.ts';
import type { HttpAnswer } from '../engine/http.ts';
import { answerHttp, type Operation } from './http-answers.ts';

export const DEFAULT_HTTP: Endpoint = { address: '127.0.0.1', port: 8060 };

/** For what a client may take of us. */
export const httpLimits = { bodyBytes: 256 * 1024, requestMs: 10_000, connections: 100, portsTried: 20 } as const;

export interface HttpPortOptions {
  readonly at: Endpoint;
  /** Ports tried from that one up. */
  readonly tries: number;
  readonly token: string | undefined;
  /** undefined until the proxy has started. */
  readonly operation: () => Operation | undefined;
}

export class HttpPort {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(options: HttpPortOptions): Promise<HttpPort> {
    const { at, tries } = options;
    if (!isLoopback(at.address) && options.token === undefined) {
      throw new ViaductError(
        'HTTP_TOKEN',
        `--http ${endpointText(at)}: beyond loopback it needs a token. Give --http-token, or listen on 127.0.0.1.`,
      );
    }
    for (let port = at.port; ; port++) {
      try {
        return new HttpPort(await listening({ address: at.address, port }, options));
      } catch (error) {
        const taken = codeOf(error) === 'EADDRINUSE';
        if (!taken || port + 1 >= at.port + tries) throw told({ address: at.address, port }, error);
      }
    }
  }

  get local(): Endpoint {
    const bound = this.#server.address();
    return bound === null || typeof bound === 'string'
      ? { address: '', port: 0 }
      : { address: bound.address, port: bound.port };
  }

  get url(): string {
    return `http://${endpointText(this.local)}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const endpointText = ({ address, port }: Endpoint): string => `${bracketed(address)}:${port}`;

function listening(at: Endpoint, options: HttpPortOptions): Promise<Server> {
  const server = createServer(
    { requestTimeout: httpLimits.requestMs, headersTimeout: httpLimits.requestMs, connectionsCheckingInterval: 1_000 },
    (request, response) => void serve(request, response, options),
  );
  server.maxConnections = httpLimits.connections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: at.address, port: at.port, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, options: HttpPortOptions): Promise<void> {
  try {
    const body = await bodyOf(request);
    const operation = options.operation();
    if (body === undefined) reply(request, response, { status: 413, type: 'text/plain', body: 'too large\n' });
    else if (operation === undefined) reply(request, response, { status: 503, type: 'text/plain', body: 'starting\n' });
    else reply(request, response, await answerHttp(questionOf(request, body), operation, options.token));
  } catch {
    // The client went away, or what it asked for broke; neither concerns SIP.
    if (!response.headersSent) reply(request, response, { status: 500, type: 'text/plain', body: 'failed\n' });
    else response.destroy();
  }
}

const questionOf = (request: IncomingMessage, body: string) => ({
  method: request.method ?? 'GET',
  url: request.url ?? '/',
  from: { address: request.socket.remoteAddress ?? '', port: request.socket.remotePort ?? 0 },
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  ),
  body,
});

/** Its bytes as latin1; undefined when it is larger than allowed. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    const chunk = Buffer.from(part);
    bytes += chunk.length;
    if (bytes > httpLimits.bodyBytes) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('latin1');
}

function reply(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answer.headers,
    // The rest of a body that was too large is not read.
    ...(answer.status === 413 && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? '' : answer.body);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

function told(at: Endpoint, error: unknown): ViaductError {
  const where = `--http ${endpointText(at)}`;
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new ViaductError('LISTEN_IN_USE', `${where}: the address is in use. Choose another port, or --http off.`);
    case 'EACCES':
      return new ViaductError('LISTEN_FORBIDDEN', `${where}: the port is privileged. Use a port from 1024 up.`);
  }
  const why = error instanceof Error ? error.message : String(error);
  return new ViaductError('LISTEN_FAILED', `${where}: ${why}. Check the address and the port.`);
}

/** `address:port`, `[v6]:port`; undefined for `off`. */
export function parseHttpAddress(given: string): Endpoint | undefined {
  if (given === 'off') return undefined;
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(given);
  const address = found?.[1] ?? found?.[2] ?? '';
  const port = Number(found?.[3] ?? NaN);
  if (isIp(address) && port <= 65_535) return { address, port };
  throw new UsageError(`--http "${given}": write address:port, as in 127.0.0.1:8060, or off`);
}
