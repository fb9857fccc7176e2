/** save(): a REGISTER, from its headers to changed bindings and a reply (RFC 3261 section 10.3). */
import { ReplyContext, type RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Slot } from '../../engine/exchange.ts';
import type { Counter } from '../../engine/module.ts';
import { H } from '../../sip/header-names.ts';
import { after } from '../../util/time.ts';
import type { Binding, BindingValues, Location, UsrlocApi } from '../usrloc/api.ts';
import { type Answer, type AnswerRules, answerTo, supportsPath } from './answer.ts';
import { type AorRules, aorOf } from './aor.ts';
import type { FaultName } from './faults.ts';
import { ALL_METHODS, methodBits } from './methods.ts';
import { pathOf } from './path.ts';
import { type Change, planChanges, planRemovalOfAll, type PlanRules, type Wanted } from './plan.ts';
import { listenerOf, type SocketRules } from './socket.ts';
import { secondsIn, type Terms, type TermsRules, termsOf } from './terms.ts';
import type { RegistrarXavps } from './xavps.ts';

/** Kamailio's bits. */
export const NO_REPLY = 2;
export const ONLY_ONE = 4;
export const NO_VARIATION = 8;
export const PREPARE_REPLY = 16;

/** Bytes of a Call-ID. */
export const MAX_CALL_ID = 255;
/** Bytes of a User-Agent; a longer one is not kept. */
export const MAX_USER_AGENT = 255;
/** Contacts in one request: each is compared with all that the user has. */
export const MAX_CONTACTS_OF_REQUEST = 32;

export type SaveOutcome = 'created' | 'updated' | 'removed' | 'listed' | 'unchanged' | 'error' | 'tooMany';

export interface SaveSettings {
  readonly aor: AorRules;
  readonly terms: TermsRules;
  readonly answer: AnswerRules;
  readonly socket: SocketRules;
  readonly maxContacts: number;
  readonly usePath: boolean;
  readonly pathUseReceived: boolean;
  readonly receivedAvp: string | undefined;
}

export interface SaverParts {
  readonly xavps: RegistrarXavps;
  /** The reply that bit 2 left out. */
  readonly held: Slot<Answer>;
  readonly engine: Engine;
  readonly usrloc: UsrlocApi;
  readonly settings: SaveSettings;
  readonly stats: Readonly<Record<'accepted_regs' | 'rejected_regs', Counter>>;
}

interface Request {
  readonly ctx: RequestContext | ReplyContext;
  readonly location: Location;
  readonly flags: number;
  readonly aor: string;
  readonly path: string;
  readonly pathReceived: string;
}

type Result = { readonly outcome: SaveOutcome; readonly fault: FaultName | undefined };

export class Saver {
  readonly #parts: SaverParts;

  constructor(parts: SaverParts) {
    this.#parts = parts;
  }

  /** A promise where a store has to be asked, because memory does not know the user. */
  save(
    ctx: RequestContext | ReplyContext,
    table: string,
    flags: number,
    uri: string | undefined,
  ): SaveOutcome | Promise<SaveOutcome> {
    const { usrloc, settings, stats } = this.#parts;
    const location = usrloc.location(table);
    const found = aorOf(uri === undefined || uri === '' ? (ctx.message.to?.uri ?? '') : uri, settings.aor);
    if (found.kind === 'refused') {
      stats.rejected_regs.value++;
      return this.#reply(ctx, flags, refusedWith(found.fault), { contacts: [], path: '' });
    }
    const fetching = location.fetch(found.aor);
    const user = { ctx, location, flags, aor: found.aor };
    return fetching === undefined ? this.#saved(user) : fetching.then(() => this.#saved(user));
  }

  #saved(user: Pick<Request, 'ctx' | 'location' | 'flags' | 'aor'>): SaveOutcome {
    const { settings, stats } = this.#parts;
    const { ctx, location, flags, aor } = user;
    const path = settings.usePath ? pathOf(ctx.message.headers) : NO_PATH;
    const known = path.kind === 'path' ? path : { text: '', received: '' };
    const request = { ...user, path: known.text, pathReceived: known.received };
    const early = this.#earlyFault(request);
    const result = early ?? (path.kind === 'malformed' ? refusedWith('path') : this.#process(request));
    (result.fault === undefined ? stats.accepted_regs : stats.rejected_regs).value++;
    const contacts = early === undefined ? location.list(aor) : [];
    return this.#reply(ctx, flags, result, { contacts, path: known.text });
  }

  /** Faults of the request as a whole: bindings are not looked at. */
  #earlyFault({ ctx, path }: Request): Result | undefined {
    const { headers, callId = '' } = ctx.message;
    if (callId.length > MAX_CALL_ID) return refusedWith('callIdLength');
    const isStar = headers.values(H.Contact).includes('*');
    const { contacts } = ctx.message;
    if (isStar && contacts?.kind !== 'all') return refusedWith('starContacts');
    // "The Contact: * MUST NOT be used unless the Expires header field is present with a value of 0" (10.2.2).
    if (isStar && secondsIn(headers.get(H.Expires)) !== 0) return refusedWith('starExpires');
    if (headers.has(H.Contact) && contacts === undefined) return refusedWith('contactParse');
    if (headers.values(H.Require).some((tag) => tag.toLowerCase() === 'outbound')) {
      return refusedWith('outboundRequired');
    }
    const isStrict = this.#parts.settings.answer.pathMode === 'strict';
    return path !== '' && isStrict && !supportsPath(ctx.message) ? refusedWith('pathUnsupported') : undefined;
  }

  #process(request: Request): Result {
    const { ctx, location, aor, flags } = request;
    const { contacts } = ctx.message;
    const present = location.list(aor);
    switch (contacts?.kind) {
      case undefined:
        return { outcome: 'listed', fault: undefined };
      case 'all': {
        const { callId = '', cseq } = ctx.message;
        const changes = planRemovalOfAll(present, { callId, cseq: cseq?.number ?? 0 });
        return typeof changes === 'string' ? refusedWith(changes) : this.#apply(request, changes, 'removed');
      }
      case 'list': {
        const wanted = this.#wanted(request);
        if (typeof wanted === 'string') return refusedWith(wanted);
        const { usrloc, settings, engine, xavps } = this.#parts;
        const onlyOne = (flags & ONLY_ONE) !== 0;
        const limit = xavps.number(ctx, 'max_contacts') ?? settings.maxContacts;
        const maxContacts = onlyOne ? 0 : limit;
        const { cseqDelayMs } = usrloc;
        const same: PlanRules['same'] = (a, b) => usrloc.same(a, b);
        const rules = { maxContacts, room: location.roomFor(aor), onlyOne, cseqDelayMs, same };
        const changes = planChanges(present, wanted, rules, engine.world.clock.wall());
        return typeof changes === 'string' ? refusedWith(changes) : this.#apply(request, changes, 'unchanged');
      }
    }
  }

  /** Each Contact with what it asks for; a fault of one is a fault of all. */
  #wanted(request: Request): readonly Wanted[] | FaultName {
    const { message } = request.ctx;
    const { contacts } = message;
    if (contacts?.kind !== 'list') return [];
    if (contacts.contacts.length > MAX_CONTACTS_OF_REQUEST) return 'tooMany';
    const common = this.#common(request);
    const { xavps } = this.#parts;
    const seconds = xavps.number(request.ctx, 'expires');
    const header = seconds ?? secondsIn(message.headers.get(H.Expires));
    const rules = this.#termsRules(request.ctx);
    const steady = { ...rules, expiresRange: 0, defaultExpiresRange: 0 };
    const wanted: Wanted[] = [];
    for (const contact of contacts.contacts) {
      const own = seconds === undefined ? contact : { ...contact, params: contact.params.without('expires') };
      const applied = (request.flags & NO_VARIATION) === 0 ? rules : steady;
      const terms = termsOf(own, header, applied, () => this.#parts.engine.world.random.u32() % 100);
      if (typeof terms === 'string') return terms;
      wanted.push({ values: this.#values(common, terms), isRemoval: terms.seconds === 0 });
    }
    return wanted;
  }

  /** A preference of the script stands above those of the contacts. */
  #termsRules(ctx: RequestContext | ReplyContext): TermsRules {
    const { settings, xavps } = this.#parts;
    const q = xavps.number(ctx, 'q');
    return q === undefined ? settings.terms : { ...settings.terms, fixedQ: Math.min(q, 1000) };
  }

  /** What all contacts of a request share. */
  #common({ ctx, path, pathReceived }: Request): Common {
    const { settings, usrloc, engine, xavps } = this.#parts;
    const { message, received, state } = ctx;
    const flags = (ctx instanceof ReplyContext ? ctx.request?.branchFlags : ctx.branchFlags) ?? 0;
    const { receivedAvp } = settings;
    const noted = receivedAvp === undefined ? undefined : state.avps.get(receivedAvp)?.[0];
    const along = settings.pathUseReceived ? pathReceived : '';
    const userAgent = message.headers.get(H.UserAgent) ?? '';
    const allow = message.headers.has(H.Allow) ? methodBits(message.headers.getAll(H.Allow).join(',')) : undefined;
    return {
      callId: message.callId ?? '',
      cseq: message.cseq?.number ?? 0,
      path,
      pathReceived: along,
      noted: noted === undefined ? '' : String(noted),
      userAgent: userAgent === '' || userAgent.length > MAX_USER_AGENT ? 'n/a' : userAgent,
      allowed: allow ?? ALL_METHODS,
      branchFlags: along === '' ? flags : flags | usrloc.natFlag,
      listener: listenerOf(ctx, engine.transport.listeners, settings.socket, xavps.text(ctx, 'socket')),
      // Who sent the reply is not who registers.
      connection: ctx instanceof ReplyContext ? 0 : received.flow.connection,
    };
  }

  #values(common: Common, terms: Terms): BindingValues {
    const { pathReceived, noted, allowed, ...kept } = common;
    return {
      ...kept,
      uri: terms.uri,
      instance: terms.instance,
      regId: terms.regId,
      q: terms.q,
      methods: terms.methods ?? allowed,
      received: pathReceived || terms.received || noted,
      flags: 0,
      expires: after(this.#parts.engine.world.clock.now(), terms.seconds * 1000),
    };
  }

  /** The outcome is that of the last change. */
  #apply({ location, aor }: Request, changes: readonly Change[], unchanged: SaveOutcome): Result {
    let outcome = unchanged;
    // What goes makes room for what comes.
    for (const change of changes) if (change.kind === 'remove') location.remove(change.binding);
    for (const change of changes) {
      switch (change.kind) {
        case 'remove':
          outcome = 'removed';
          break;
        case 'update':
          location.update(change.binding, change.values);
          outcome = 'updated';
          break;
        case 'insert':
          if (location.insert(aor, change.values) === 'full') return refusedWith('full');
          outcome = 'created';
          break;
      }
    }
    return { outcome, fault: undefined };
  }

  /** The reply that was left out, or an empty 200. */
  sendHeld(ctx: RequestContext): 'sent' | 'answered' {
    const { engine, held } = this.#parts;
    const answer = held.of(ctx.exchange) ?? { status: 200, reason: 'OK' };
    return engine.reply(ctx, answer) === 'sent' ? 'sent' : 'answered';
  }

  #reply(ctx: RequestContext | ReplyContext, flags: number, { outcome, fault }: Result, seen: Seen): SaveOutcome {
    // A reply of another registrar goes on by itself.
    if (ctx instanceof ReplyContext) return outcome;
    const { engine, settings, usrloc, held } = this.#parts;
    const answer = answerTo(ctx.message, { fault, ...seen }, settings.answer, (binding) => usrloc.secondsLeft(binding));
    if ((flags & NO_REPLY) === 0) {
      engine.reply(ctx, answer);
      return outcome;
    }
    held.put(ctx.exchange, answer);
    if (fault === undefined && (flags & PREPARE_REPLY) !== 0) {
      ctx.state.replyHeaders = [...ctx.state.replyHeaders, ...answer.headers];
    }
    return outcome;
  }
}

interface Seen {
  readonly contacts: readonly Binding[];
  readonly path: string;
}

type Common = Omit<BindingValues, 'uri' | 'instance' | 'regId' | 'q' | 'methods' | 'received' | 'flags' | 'expires'> & {
  readonly pathReceived: string;
  /** By `received_avp`. */
  readonly noted: string;
  readonly allowed: number;
};

const NO_PATH = { kind: 'none' } as const;

const refusedWith = (fault: FaultName): Result => ({ outcome: fault === 'tooMany' ? 'tooMany' : 'error', fault });
