/** Questions about a user, and removing one: registered, unregister, reg_fetch_contacts. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Exchange, Slot } from '../../engine/exchange.ts';
import type { Binding, UsrlocApi } from '../usrloc/api.ts';
import { type AorRules, aorOf } from './aor.ts';
import { MAX_PROFILES, type Profiles } from './contact-list.ts';
import type { RegistrarXavps } from './xavps.ts';

/** Kamailio's bits for registered: what a contact has to match, and what is left out. */
const MATCH = { callId: 1, received: 2, contact: 4 } as const;
const SKIP_RECORD = 2;

export interface RegisteredQuestion {
  readonly table: string;
  readonly uri: string | undefined;
  readonly match: number;
  readonly actions: number;
}

export class Users {
  readonly #usrloc: UsrlocApi;
  readonly #rules: AorRules;
  readonly #profiles: Slot<Profiles>;
  readonly #xavps: RegistrarXavps;

  constructor(usrloc: UsrlocApi, rules: AorRules, profiles: Slot<Profiles>, xavps: RegistrarXavps) {
    this.#xavps = xavps;
    this.#usrloc = usrloc;
    this.#rules = rules;
    this.#profiles = profiles;
  }

  /** Without an address, the user of the Request-URI, or of To in a reply. */
  isRegistered(ctx: RequestContext | ReplyContext, { table, uri, match, actions }: RegisteredQuestion): boolean {
    const { message } = ctx;
    const own = message.kind === 'request' ? message.uri : (message.to?.uri ?? '');
    const found = aorOf(uri || own, this.#rules);
    if (found.kind !== 'aor') return false;
    const wanted = (bit: number, field: string): string => ((match & bit) === 0 ? '' : this.#xavps.text(ctx, field));
    const callId = wanted(MATCH.callId, 'match_callid');
    const received = wanted(MATCH.received, 'match_received');
    const uriOf = wanted(MATCH.contact, 'match_contact');
    const contact = this.#usrloc
      .location(table)
      .list(found.aor)
      .find(
        (binding) =>
          (callId === '' || binding.callId === callId) &&
          (received === '' || binding.received === received) &&
          (uriOf === '' || binding.uri === uriOf),
      );
    if (contact !== undefined && (actions & SKIP_RECORD) === 0) this.#xavps.describe(ctx, contact);
    return contact !== undefined;
  }

  unregister(table: string, uri: string, ruid: string | undefined): 'removed' | 'error' | 'notFound' {
    const found = aorOf(uri, this.#rules);
    if (found.kind === 'refused') return 'error';
    const location = this.#usrloc.location(table);
    if (ruid === undefined || ruid === '') {
      location.removeAll(found.aor);
      return 'removed';
    }
    const contact = location.list(found.aor).find((binding) => binding.ruid === ruid);
    return contact !== undefined && location.remove(contact) ? 'removed' : 'notFound';
  }

  fetch(exchange: Exchange, table: string, uri: string, profile: string): 'fetched' | 'notFound' | 'full' {
    const found = aorOf(uri, this.#rules);
    const contacts = found.kind === 'aor' ? this.#usrloc.location(table).list(found.aor) : [];
    if (found.kind === 'refused' || contacts.length === 0) return 'notFound';
    return this.keep(exchange, profile, { table, aor: found.aor, contacts }) ? 'fetched' : 'full';
  }

  /** False when there are too many profiles. */
  keep(
    exchange: Exchange,
    profile: string,
    list: { table: string; aor: string; contacts: readonly Binding[] },
  ): boolean {
    const profiles: Profiles = this.#profiles.of(exchange) ?? new Map();
    if (!profiles.has(profile) && profiles.size >= MAX_PROFILES) return false;
    this.#profiles.put(exchange, profiles.set(profile, list));
    return true;
  }

  free(exchange: Exchange, profile: string): 'freed' | 'notFound' {
    return this.#profiles.of(exchange)?.delete(profile) === true ? 'freed' : 'notFound';
  }
}
