/**
 * Kamailio's FIFO, which kamctl speaks: a JSON-RPC call is written into it, the answer goes to the FIFO that the call
 * names as `reply_name`, in a folder that is fixed. Nothing here waits for a writer or a reader.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { ViaductError } from '../errors.ts';
import { after } from '../util/time.ts';
import type { Clock } from '../world/world.ts';
import { FifoCalls, replyName } from './fifo-calls.ts';
import type { Operation } from './http-answers.ts';

export interface FifoOptions {
  /** Absolute. */
  readonly path: string;
  /** Permissions, as in chmod(2). */
  readonly mode: number;
  /** Where answers go. */
  readonly replyFolder: string;
  readonly clock: Pick<Clock, 'now' | 'wake'>;
  /** undefined until the proxy has started. */
  readonly operation: () => Pick<Operation, 'rpc'> | undefined;
}

/** A reader that has not opened its FIFO yet is waited for this often, this long. */
export const REPLY_TRIES = 5;
export const REPLY_WAIT_MS = 80;
/** Answers that wait for their readers at the same time; further ones are lost, as one that nobody reads is. */
export const MAX_REPLIES = 256;

const STARTING = '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"the proxy is starting"}}';

export class RpcFifo {
  readonly path: string;
  readonly #options: FifoOptions;
  readonly #socket: Socket;
  readonly #calls = new FifoCalls();
  /** What gives up an answer that is under way: one whose reader has not come, or has not read all of it. */
  readonly #replies = new Set<() => void>();
  #closed = false;

  private constructor(options: FifoOptions, socket: Socket) {
    this.path = options.path;
    this.#options = options;
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', () => socket.destroy());
  }

  static open(options: FifoOptions): RpcFifo {
    const { path, mode } = options;
    try {
      makeWay(path);
      execFileSync('mkfifo', ['-m', mode.toString(8), '--', path], { stdio: 'pipe' });
      // Open for writing as well: it does not end when the last writer goes.
      const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      return new RpcFifo(options, new Socket({ fd, readable: true, writable: false }));
    } catch (error) {
      if (error instanceof ViaductError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new ViaductError('CTL_SOCKET', `fifo_name ${path}: ${why}. Give a path in a folder that exists.`);
    }
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
    for (const giveUp of this.#replies) giveUp();
    rmSync(this.path, { force: true });
  }

  #take(text: string): void {
    for (const call of this.#calls.take(text)) void this.#answer(call);
  }

  async #answer(call: string): Promise<void> {
    const answer = await (this.#options.operation()?.rpc(call) ?? Promise.resolve(STARTING));
    const name = replyName(call);
    if (answer !== undefined && name !== undefined) this.#reply(join(this.#options.replyFolder, name), answer);
  }

  #reply(path: string, answer: string, tries = REPLY_TRIES): void {
    if (this.#closed || this.#replies.size >= MAX_REPLIES) return;
    const fd = openForReply(path);
    if (typeof fd === 'number') this.#write(fd, answer);
    else if (fd === 'nobody reads' && tries > 1) this.#wait(path, answer, tries - 1);
  }

  #write(fd: number, answer: string): void {
    const socket = new Socket({ fd, readable: false, writable: true });
    const giveUp = (): void => void socket.destroy();
    this.#replies.add(giveUp);
    socket.on('error', giveUp);
    socket.on('close', () => this.#replies.delete(giveUp));
    socket.end(`${answer}\n`);
  }

  #wait(path: string, answer: string, tries: number): void {
    const { clock } = this.#options;
    const cancel = clock.wake(after(clock.now(), REPLY_WAIT_MS), () => {
      this.#replies.delete(cancel);
      this.#reply(path, answer, tries);
    });
    this.#replies.add(cancel);
  }
}

/** The folder may be one that everybody writes to: neither a link nor anything but a FIFO is opened. */
function openForReply(path: string): number | 'nobody reads' | 'no fifo' {
  try {
    if (!lstatSync(path).isFIFO()) return 'no fifo';
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    if (fstatSync(fd).isFIFO()) return fd;
    closeSync(fd);
    return 'no fifo';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENXIO' ? 'nobody reads' : 'no fifo';
  }
}

/** A FIFO that nobody reads any more is replaced; anything else that stands there is not. */
function makeWay(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFIFO()) throw new ViaductError('CTL_SOCKET', `fifo_name ${path}: this is there and is no FIFO.`);
  const reader = openForReply(path);
  if (typeof reader === 'number') {
    closeSync(reader);
    throw new ViaductError('LISTEN_IN_USE', `fifo_name ${path}: another process reads it. Choose another path.`);
  }
  rmSync(path);
}
