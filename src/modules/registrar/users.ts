/** Questions about a user, and removing one: registered, unregister, reg_fetch_contacts. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Exchange, Slot } from '../../engine/exchange.ts';
import type { Binding, UsrlocApi } from '../usrloc/api.ts';
import { type AorRules, aorOf } from './aor.ts';
import { MAX_PROFILES, type Profiles } from './contact-list.ts';

export class Users {
  readonly #usrloc: UsrlocApi;
  readonly #rules: AorRules;
  readonly #profiles: Slot<Profiles>;

  constructor(usrloc: UsrlocApi, rules: AorRules, profiles: Slot<Profiles>) {
    this.#usrloc = usrloc;
    this.#rules = rules;
    this.#profiles = profiles;
  }

  /** Without an address, the user of the Request-URI, or of To in a reply. */
  isRegistered({ message }: RequestContext | ReplyContext, table: string, uri: string | undefined): boolean {
    const own = message.kind === 'request' ? message.uri : (message.to?.uri ?? '');
    const found = aorOf(uri || own, this.#rules);
    return found.kind === 'aor' && this.#usrloc.location(table).list(found.aor).length > 0;
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
