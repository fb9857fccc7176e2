/**
 * The control socket: JSON-RPC over a unix socket, one call or batch a line, one answer a line in the order of the calls.
 * Only the user who runs the proxy can open it (mode 0600): it asks for no token.
 */
import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { ViaductError } from '../errors.ts';
import type { Operation } from './http-answers.ts';

/** For what a client may take of us. */
export const ctlLimits = { lineBytes: 256 * 1024, connections: 16, idleMs: 60_000 } as const;

export interface CtlSocketOptions {
  readonly path: string;
  /** undefined until the proxy has started. */
  readonly operation: () => Pick<Operation, 'rpc'> | undefined;
}

const STARTING = '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"the proxy is starting"}}';
const TOO_LONG = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the line is too long"}}';

/** `/run/viaduct.sock`, also with Kamailio's `unix:` or `unixs:` in front. */
export const socketPath = (text: string): string => text.replace(/^unixs?:/, '');

export class CtlSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  private constructor({ path, operation }: CtlSocketOptions) {
    this.path = path;
    this.#server = createServer((client) => {
      this.#clients.add(client);
      client.once('close', () => this.#clients.delete(client));
      new Conversation(client, operation).begin();
    });
    this.#server.maxConnections = ctlLimits.connections;
  }

  static async open(options: CtlSocketOptions): Promise<CtlSocket> {
    const { path } = options;
    try {
      await makeWay(path);
      const socket = new CtlSocket(options);
      await socket.#listen();
      return socket;
    } catch (error) {
      if (error instanceof ViaductError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new ViaductError('CTL_SOCKET', `--ctl ${path}: ${why}. Give the path of a socket in a folder that exists.`);
    }
  }

  close(): void {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
    rmSync(this.path, { force: true });
  }

  /** Bound in a folder that nobody else can enter, so that there is no moment at which others could open it. */
  async #listen(): Promise<void> {
    const folder = mkdtempSync(join(dirname(this.path), '.ctl-'));
    const first = join(folder, 's');
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(first, resolve);
      });
      chmodSync(first, 0o600);
      renameSync(first, this.path);
    } catch (error) {
      this.#server.close();
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** A socket that nobody listens on any more is replaced; anything else that stands there is not. */
async function makeWay(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new ViaductError('CTL_SOCKET', `--ctl ${path}: ${basename(path)} is there and is no socket.`);
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (alive)
    throw new ViaductError('LISTEN_IN_USE', `--ctl ${path}: another process listens there. Choose another path.`);
}

class Conversation {
  readonly #client: Socket;
  readonly #operation: CtlSocketOptions['operation'];
  #rest: Buffer = Buffer.alloc(0);
  /** Calls that are not answered yet. */
  #open = 0;
  /** Answers leave in the order of the calls. */
  #last: Promise<void> = Promise.resolve();

  constructor(client: Socket, operation: CtlSocketOptions['operation']) {
    this.#client = client;
    this.#operation = operation;
  }

  begin(): void {
    const client = this.#client;
    client.setTimeout(ctlLimits.idleMs, () => client.destroy());
    client.on('error', () => client.destroy());
    client.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  #take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let start = 0;
    for (let end = all.indexOf(LF); end >= 0; end = all.indexOf(LF, start)) {
      if (end - start > ctlLimits.lineBytes) break;
      const line = all.toString('utf8', start, end).trim();
      start = end + 1;
      if (line !== '') this.#answer(line);
    }
    this.#rest = all.subarray(start);
    if (this.#rest.length <= ctlLimits.lineBytes) return;
    this.#rest = Buffer.alloc(0);
    this.#client.pause();
    this.#last = this.#last.then(() => void this.#client.end(`${TOO_LONG}\n`));
  }

  /** More is read when all calls are answered and the answers taken: whoever does not read is not read from. */
  #answer(line: string): void {
    const client = this.#client;
    client.pause();
    this.#open++;
    const asked = this.#operation()?.rpc(line) ?? Promise.resolve(STARTING);
    this.#last = this.#last.then(async () => {
      const answer = await asked;
      this.#open--;
      if (client.destroyed) return;
      const taken = answer === undefined || client.write(`${answer}\n`);
      if (this.#open > 0) return;
      if (taken) client.resume();
      else client.once('drain', () => client.resume());
    });
  }
}

const LF = 0x0a;
