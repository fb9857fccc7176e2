/**
 * Cuts a byte stream (TCP, TLS) into SIP messages by their Content-Length (RFC 3261 sections 7.5 and 18.3) and sees the keepalives
 * between them (RFC 5626 section 3.5.1). Where the bytes were cut on their way makes no difference.
 */
import { indexHead } from './head-index.ts';
import { PARSE_LIMITS } from './parse.ts';

export interface FramingLimits {
  /** Head and body of one message. */
  readonly maxBytes: number;
  /** Start line and headers with the blank line. */
  readonly maxHeadBytes?: number;
}

export const MAX_HEAD_BYTES = 32_768;

export type Frame =
  /** A view of the pushed bytes, or of a buffer that is never written again where it stands. */
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** CRLF CRLF: the peer waits for a CRLF. */
  | { readonly kind: 'keepalive' }
  /** A single CRLF, seen when the next message begins. */
  | { readonly kind: 'pong' }
  /** Nothing in the stream tells where the next message begins: the caller closes the connection. */
  | { readonly kind: 'error'; readonly rule: FramingRule };

export type FramingRule = 'head-too-large' | 'message-too-large' | 'content-length' | 'no-content-length' | 'head';

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = '\r\n\r\n';
const SMALLEST_BUFFER = 4096;

export class StreamFramer {
  readonly #maxBytes: number;
  readonly #maxHeadBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Whether we allocated the buffer, so that the room behind `#end` may be written. */
  #owned = false;
  #start = 0;
  #end = 0;
  /** No head ends before this position. */
  #scanned = 0;
  /** Length of the message at `#start`; 0 while its head is not complete. */
  #length = 0;
  #emptyLines = 0;
  #broken = false;

  constructor({ maxBytes, maxHeadBytes = MAX_HEAD_BYTES }: FramingLimits) {
    this.#maxBytes = maxBytes;
    this.#maxHeadBytes = Math.min(maxHeadBytes, maxBytes);
  }

  /** Whether a message has begun and not ended. */
  get midMessage(): boolean {
    return !this.#broken && this.#end > this.#start && !isLineEnd(this.#buffer[this.#start]);
  }

  /** The frames that these bytes complete; keeps views of the bytes. After an error there are no more frames. */
  push(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    if (this.#broken) return frames;
    this.#take(bytes);
    while (this.#next(frames)) continue;
    if (this.#start === this.#end || this.#broken) this.#release();
    return frames;
  }

  /** Adds bytes behind those that are held. Room at least doubles, so that a message in many pieces is copied O(1) times. */
  #take(bytes: Buffer): void {
    const held = this.#end - this.#start;
    if (held === 0) {
      this.#buffer = bytes;
      this.#owned = false;
      this.#start = 0;
      this.#scanned = 0;
      this.#end = bytes.length;
      return;
    }
    if (!this.#owned || this.#end + bytes.length > this.#buffer.length) {
      const room = Buffer.allocUnsafe(Math.max(2 * (held + bytes.length), this.#length, SMALLEST_BUFFER));
      this.#buffer.copy(room, 0, this.#start, this.#end);
      this.#buffer = room;
      this.#owned = true;
      this.#scanned = Math.max(this.#scanned - this.#start, 0);
      this.#start = 0;
      this.#end = held;
    }
    bytes.copy(this.#buffer, this.#end);
    this.#end += bytes.length;
  }

  #release(): void {
    this.#buffer = Buffer.alloc(0);
    this.#owned = false;
    this.#start = 0;
    this.#end = 0;
    this.#scanned = 0;
  }

  /** One step; false when more bytes are needed. */
  #next(frames: Frame[]): boolean {
    if (this.#broken || this.#start === this.#end) return false;
    if (this.#length > 0) return this.#cut(frames);
    return isLineEnd(this.#buffer[this.#start]) ? this.#emptyLine(frames) : this.#head(frames);
  }

  /** "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF before the start-line." */
  #emptyLine(frames: Frame[]): boolean {
    if (this.#buffer[this.#start] === LF) {
      this.#start++;
      return true;
    }
    if (this.#end - this.#start < 2) return false;
    if (this.#buffer[this.#start + 1] !== LF) {
      this.#start++;
      return true;
    }
    this.#start += 2;
    this.#emptyLines++;
    if (this.#emptyLines === 2) {
      frames.push({ kind: 'keepalive' });
      this.#emptyLines = 0;
    }
    return true;
  }

  #head(frames: Frame[]): boolean {
    if (this.#emptyLines === 1) frames.push({ kind: 'pong' });
    this.#emptyLines = 0;
    const found = this.#buffer
      .subarray(0, this.#end)
      .indexOf(HEAD_END, Math.max(this.#scanned - 3, this.#start), 'latin1');
    this.#scanned = this.#end;
    const headBytes = (found < 0 ? this.#end : found + HEAD_END.length) - this.#start;
    if (headBytes > this.#maxHeadBytes || (found < 0 && headBytes === this.#maxHeadBytes)) {
      return this.#fail(frames, 'head-too-large');
    }
    if (found < 0) return false;
    const length = this.#messageLength(headBytes);
    if (typeof length === 'string') return this.#fail(frames, length);
    this.#length = length;
    return true;
  }

  /** The same reading of the head as the parser's, so that both see the same end. */
  #messageLength(headBytes: number): number | FramingRule {
    const bytes = this.#buffer.subarray(this.#start, this.#start + headBytes);
    const text = bytes.toString('latin1');
    const head = indexHead(text, bytes, PARSE_LIMITS);
    if (head.bareLf || head.headEnd + 2 !== headBytes) return 'head';
    // "The Content-Length header field MUST be used with stream oriented transports" (section 20.14).
    const body = head.contentLength;
    if (body === undefined) return isBodilessHttp(text) ? headBytes : 'no-content-length';
    if (body < 0 || head.contentLengths > 1) return 'content-length';
    return headBytes + body > this.#maxBytes ? 'message-too-large' : headBytes + body;
  }

  #cut(frames: Frame[]): boolean {
    const end = this.#start + this.#length;
    if (end > this.#end) return false;
    frames.push({ kind: 'message', bytes: this.#buffer.subarray(this.#start, end) });
    this.#start = end;
    this.#scanned = end;
    this.#length = 0;
    return true;
  }

  #fail(frames: Frame[], rule: FramingRule): false {
    frames.push({ kind: 'error', rule });
    this.#broken = true;
    return false;
  }
}

/** HTTP on the same port: a request without a length has no body, unless it comes in chunks (RFC 9112 section 6.3). */
const isBodilessHttp = (head: string): boolean =>
  /^[^\r\n]* HTTP\/1\.[01]\r\n/.test(head) && !/\r\ntransfer-encoding[ \t]*:/i.test(head);

function isLineEnd(byte: number | undefined): boolean {
  return byte === CR || byte === LF;
}
