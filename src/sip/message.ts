/**
 * A SIP request or response: the text as it was received, an index of its header lines, and edits (RFC 3261 section 7).
 * What nobody edits is serialized byte for byte as it came. Text is latin1 throughout: one character is one byte on the wire.
 */
import type { Contacts } from './contact.ts';
import type { CSeq } from './cseq.ts';
import { latin1, safeText } from './field.ts';
import { H } from './header-names.ts';
import { Headers } from './headers.ts';
import type { NameAddr } from './name-addr.ts';
import {
  readAddress,
  readContacts,
  readCSeq,
  readMaxForwards,
  readRoutes,
  readTagged,
  readTopVia,
  readVias,
} from './readers.ts';
import { bodyIn, type Source, toBytes } from './source.ts';
import { parseUri, type Uri } from './uri.ts';
import type { Via } from './via.ts';

export type SipMessage = SipRequest | SipResponse;

export interface RequestLine {
  readonly method: string;
  readonly uri: string;
  /** `SIP/2.0`, or what stood there. */
  readonly version: string;
}

export interface StatusLine {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
}

export class SipRequest {
  readonly kind = 'request';
  readonly raw: string;
  readonly method: string;
  readonly version: string;
  readonly headers: Headers;
  readonly #source: Source;
  /** The request URI as it came. */
  readonly receivedUri: string;
  #uri: string;
  #parsedUri: Uri | null | undefined = undefined;
  #body: string | undefined = undefined;

  constructor(source: Source, line: RequestLine, headers: Headers) {
    this.#source = source;
    this.raw = source.raw;
    this.method = line.method;
    this.version = line.version;
    this.receivedUri = line.uri;
    this.#uri = line.uri;
    this.headers = headers;
  }

  /** A request without headers and body. */
  static create(method: string, uri: string): SipRequest {
    const line = { method, uri: safeUri(uri), version: 'SIP/2.0' };
    const start = `${method} ${line.uri} SIP/2.0\r\n`;
    return new SipRequest(writtenSource(start), line, new Headers());
  }

  get uri(): string {
    return this.#uri;
  }

  set uri(text: string) {
    this.#uri = safeUri(text);
    this.#parsedUri = undefined;
  }

  /** The request URI in parts; undefined when it is malformed. */
  get parsedUri(): Uri | undefined {
    if (this.#parsedUri === undefined) this.#parsedUri = parseUri(this.#uri) ?? null;
    return this.#parsedUri ?? undefined;
  }

  /** The first line as it was received, without its CRLF. */
  get startLine(): string {
    return startLineOf(this.#source);
  }

  get body(): string {
    return this.#body ?? bodyIn(this.#source);
  }

  set body(text: string) {
    this.#body = latin1(text);
    this.headers.set(H.ContentLength, String(this.#body.length));
  }

  fork(): SipRequest {
    const line = { method: this.method, uri: this.receivedUri, version: this.version };
    const copy = new SipRequest(this.#source, line, this.headers.fork());
    copy.#uri = this.#uri;
    copy.#parsedUri = this.#parsedUri;
    copy.#body = this.#body;
    return copy;
  }

  serialize(): Buffer {
    const line = this.#uri === this.receivedUri ? undefined : `${this.method} ${this.#uri} ${this.version}\r\n`;
    return toBytes(this.#source, this.headers, line, this.#body);
  }

  get topVia(): Via | undefined {
    return readTopVia(this.headers);
  }

  get vias(): readonly Via[] {
    return readVias(this.headers);
  }

  get from(): NameAddr | undefined {
    return readAddress(this.headers, H.From);
  }

  get to(): NameAddr | undefined {
    return readAddress(this.headers, H.To);
  }

  get fromTag(): string | undefined {
    return readTagged(this.headers, H.From)?.tag;
  }

  get toTag(): string | undefined {
    return readTagged(this.headers, H.To)?.tag;
  }

  get callId(): string | undefined {
    return this.headers.get(H.CallId);
  }

  get cseq(): CSeq | undefined {
    return readCSeq(this.headers);
  }

  get contacts(): Contacts | undefined {
    return readContacts(this.headers);
  }

  get routes(): readonly NameAddr[] | undefined {
    return readRoutes(this.headers, H.Route);
  }

  get recordRoutes(): readonly NameAddr[] | undefined {
    return readRoutes(this.headers, H.RecordRoute);
  }

  /** Undefined when the header is absent or no number. */
  get maxForwards(): number | undefined {
    return readMaxForwards(this.headers);
  }
}

export class SipResponse {
  readonly kind = 'response';
  readonly raw: string;
  readonly version: string;
  readonly headers: Headers;
  readonly #source: Source;
  readonly #received: StatusLine;
  #status: number;
  #reason: string;
  #body: string | undefined = undefined;

  constructor(source: Source, line: StatusLine, headers: Headers) {
    this.#source = source;
    this.raw = source.raw;
    this.version = line.version;
    this.#received = line;
    this.#status = line.status;
    this.#reason = line.reason;
    this.headers = headers;
  }

  /** A response without headers and body. */
  static create(status: number, reason: string): SipResponse {
    const line = { version: 'SIP/2.0', status, reason: safeText(reason) };
    return new SipResponse(writtenSource(`SIP/2.0 ${status} ${line.reason}\r\n`), line, new Headers());
  }

  get status(): number {
    return this.#status;
  }

  get reason(): string {
    return this.#reason;
  }

  setStatus(status: number, reason: string): void {
    this.#status = status;
    this.#reason = safeText(reason);
  }

  /** The first line as it was received, without its CRLF. */
  get startLine(): string {
    return startLineOf(this.#source);
  }

  get body(): string {
    return this.#body ?? bodyIn(this.#source);
  }

  set body(text: string) {
    this.#body = latin1(text);
    this.headers.set(H.ContentLength, String(this.#body.length));
  }

  fork(): SipResponse {
    const copy = new SipResponse(this.#source, this.#received, this.headers.fork());
    copy.#status = this.#status;
    copy.#reason = this.#reason;
    copy.#body = this.#body;
    return copy;
  }

  serialize(): Buffer {
    const same = this.#status === this.#received.status && this.#reason === this.#received.reason;
    const line = same ? undefined : `${this.version} ${this.#status} ${this.#reason}\r\n`;
    return toBytes(this.#source, this.headers, line, this.#body);
  }

  get topVia(): Via | undefined {
    return readTopVia(this.headers);
  }

  get vias(): readonly Via[] {
    return readVias(this.headers);
  }

  get from(): NameAddr | undefined {
    return readAddress(this.headers, H.From);
  }

  get to(): NameAddr | undefined {
    return readAddress(this.headers, H.To);
  }

  get fromTag(): string | undefined {
    return readTagged(this.headers, H.From)?.tag;
  }

  get toTag(): string | undefined {
    return readTagged(this.headers, H.To)?.tag;
  }

  get callId(): string | undefined {
    return this.headers.get(H.CallId);
  }

  get cseq(): CSeq | undefined {
    return readCSeq(this.headers);
  }

  get contacts(): Contacts | undefined {
    return readContacts(this.headers);
  }

  get routes(): readonly NameAddr[] | undefined {
    return readRoutes(this.headers, H.Route);
  }

  get recordRoutes(): readonly NameAddr[] | undefined {
    return readRoutes(this.headers, H.RecordRoute);
  }
}

function startLineOf(source: Source): string {
  return source.raw.slice(0, source.startLineEnd - 2);
}

/** The blank line of a message that we write is its only text besides the start line. */
function writtenSource(startLine: string): Source {
  const raw = `${startLine}\r\n`;
  return { raw, startLineEnd: startLine.length, headEnd: startLine.length, bodyStart: raw.length };
}

const SPLITTERS = /[\0-\x20\x7f]/g;

/** A URI can hold no white space and no line end: they leave escaped. */
function safeUri(text: string): string {
  return latin1(text).replace(
    SPLITTERS,
    (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );
}
