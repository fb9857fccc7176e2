/**
 * What the pseudo-variables need beside the message: the clock, the sockets, variables that outlive a message, and what
 * was read last. One for each program.
 */
import {
  type AvpValue,
  type BranchTarget,
  type ReplyContext,
  RequestContext,
  type RequestState,
} from '../../engine/context.ts';
import type { Log } from '../../engine/log.ts';
import type { PvValue } from '../../engine/module.ts';
import { type Credentials, parseCredentials } from '../../sip/credentials.ts';
import { type NameAddr, parseNameAddr } from '../../sip/name-addr.ts';
import { parseUri, type Uri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import type { WallTime } from '../../util/time.ts';
import { XavpPaths, type XavpStore } from './xavp-store.ts';

export type MessageContext = RequestContext | ReplyContext;

/** Remembers the reading of one text, because scripts ask for several parts of the same header in a row. */
export class Memo<T> {
  readonly #parse: (text: string) => T;
  #last: { readonly text: string; readonly value: T } | undefined = undefined;

  constructor(parse: (text: string) => T) {
    this.#parse = parse;
  }

  of(text: string): T {
    if (this.#last?.text === text) return this.#last.value;
    const value = this.#parse(text);
    this.#last = { text, value };
    return value;
  }
}

/** State that is handed from one program to the next. */
export interface PvState {
  readonly shared: Map<string, AvpValue>;
  readonly xavps: WeakMap<RequestState, XavpStore>;
  readonly xavis: WeakMap<RequestState, XavpStore>;
  readonly xavus: WeakMap<RequestState, XavpStore>;
  /** The branch that `$sbranch` describes. */
  readonly staticBranches: WeakMap<RequestState, BranchTarget>;
  readonly numbers: WeakMap<object, number>;
  /** The contact that a lookup has found. */
  readonly located: WeakMap<RequestState, { readonly ruid: string; readonly userAgent: string }>;
  readonly counter: { messages: number };
  readonly startedAt: WallTime;
}

export interface PvEnvironmentParts {
  readonly state: PvState;
  readonly log: Log;
  readonly wall: () => WallTime;
  readonly listeners: () => readonly Listener[];
  /** Whom the last check of credentials accepted. */
  readonly authenticated: (ctx: RequestContext) => { readonly user: string; readonly realm: string } | undefined;
  /** A parameter of a module or of the script, as `cfg.get` shows it; null when there is none. */
  readonly parameter: (group: string, name: string) => PvValue;
  readonly setParameter: (group: string, name: string, value: string | number) => void;
  /** Values of `$var` before anything is assigned. */
  readonly initial: ReadonlyMap<string, AvpValue>;
}

export class PvEnvironment {
  readonly parts: PvEnvironmentParts;
  readonly fromUri = new Memo<Uri | undefined>(parseUri);
  readonly toUri = new Memo<Uri | undefined>(parseUri);
  readonly destinationUri = new Memo<Uri | undefined>(parseUri);
  readonly otherUri = new Memo<Uri | undefined>(parseUri);
  readonly address = new Memo<NameAddr | undefined>(parseNameAddr);
  readonly credentials = new Memo<Credentials | undefined>(parseCredentials);
  readonly paths = new XavpPaths();
  readonly #replyVars = new WeakMap<ReplyContext, Map<string, AvpValue>>();

  constructor(parts: PvEnvironmentParts) {
    this.parts = parts;
  }

  vars(ctx: MessageContext): Map<string, AvpValue> {
    if (ctx instanceof RequestContext) return ctx.vars;
    const known = this.#replyVars.get(ctx);
    if (known !== undefined) return known;
    const made = new Map<string, AvpValue>();
    this.#replyVars.set(ctx, made);
    return made;
  }

  /** Counts messages as they are asked for: every arrival has its own number. */
  messageNumber(ctx: MessageContext): number {
    const { numbers, counter } = this.parts.state;
    const known = numbers.get(ctx.received);
    if (known !== undefined) return known;
    counter.messages++;
    numbers.set(ctx.received, counter.messages);
    return counter.messages;
  }
}
