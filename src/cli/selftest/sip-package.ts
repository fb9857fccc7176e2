/**
 * The npm package `sip`, typed as far as the self test uses it: a SIP stack that shares nothing with ours. It reads ASCII
 * over IPv4 only and loses what it cannot parse, so it hears loopback and nothing else.
 */
import { createRequire } from 'node:module';
import { trust } from '../../util/trust.ts';

export type SipParams = Record<string, string | null>;

export interface SipAddress {
  readonly uri: string;
  readonly params?: SipParams;
}

export interface SipVia {
  readonly params: SipParams;
}

export interface SipHeaders {
  via?: readonly SipVia[];
  readonly to: SipAddress;
  readonly from: SipAddress;
  readonly 'call-id': string;
  readonly cseq: { readonly method: string; readonly seq: number };
  readonly contact?: readonly SipAddress[] | undefined;
  readonly route?: readonly SipAddress[] | undefined;
  readonly 'record-route'?: readonly SipAddress[] | undefined;
  readonly 'max-forwards'?: number;
  readonly expires?: number | string | undefined;
  readonly 'content-type'?: string;
}

interface SipParts {
  readonly headers: SipHeaders;
  readonly content?: string;
}

export interface RequestMessage extends SipParts {
  readonly method: string;
  readonly uri: string;
  readonly status?: undefined;
}

export interface ResponseMessage extends SipParts {
  readonly method?: undefined;
  readonly status: number;
  readonly reason: string;
}

export type AnyMessage = RequestMessage | ResponseMessage;

export interface SipRemote {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** What the package reads and does not say how: each field is used at one place of its source. */
export interface StackOptions {
  readonly address: string;
  readonly port: number;
  /** Stands in Via. A URI with this host means the stack itself, so it must not be the address of the proxy. */
  readonly publicAddress: string;
  readonly tcp: boolean;
  readonly logger: {
    readonly send: (message: AnyMessage, target: SipRemote) => void;
    readonly recv: (message: AnyMessage, remote: SipRemote) => void;
    readonly error: (error: unknown) => void;
  };
}

export interface SipStack {
  /** Requests: the callback gets each response, and a 408 or 503 that the stack itself makes. */
  send(message: AnyMessage, onResponse?: (response: ResponseMessage) => void): void;
  destroy(): void;
}

interface SipPackage {
  create(options: StackOptions, onRequest: (request: RequestMessage) => void): SipStack;
  makeResponse(
    request: RequestMessage,
    status: number,
    reason: string,
    more?: { readonly headers?: Partial<SipHeaders>; readonly content?: string },
  ): ResponseMessage;
  parse(text: string): AnyMessage | undefined;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

interface DigestPackage {
  /** Adds the credentials to the request. */
  signRequest(session: object, request: RequestMessage, challenge: ResponseMessage, credentials: Credentials): unknown;
}

const require = createRequire(import.meta.url);
const sip: unknown = require('sip');
const digest: unknown = require('sip/digest');

// The package has no types of its own; these interfaces say what its version 0.0.6, which the lock file pins, has.
export const sipPackage = trust<SipPackage>(sip);
export const digestPackage = trust<DigestPackage>(digest);
