/** Contacts that a route fetched or that have expired, for `$ulc(profile=>attribute)` with the names of Kamailio. */
import type { PvRef, PvValue } from '../../engine/module.ts';
import type { WallTime } from '../../util/time.ts';
import type { Binding, UsrlocApi } from '../usrloc/api.ts';

/** Profiles of one request. */
export const MAX_PROFILES = 16;

/** What `reg_fetch_contacts` found. */
export interface ContactList {
  readonly table: string;
  readonly aor: string;
  readonly contacts: readonly Binding[];
}

export type Profiles = Map<string, ContactList>;

export class ContactReader {
  readonly #usrloc: UsrlocApi;
  readonly #wall: () => WallTime;

  constructor(usrloc: UsrlocApi, wall: () => WallTime) {
    this.#usrloc = usrloc;
    this.#wall = wall;
  }

  read(profiles: Profiles | undefined, { inner, index }: PvRef): PvValue {
    const [profile = '', attribute = ''] = inner.split('=>');
    const list = profiles?.get(profile.trim());
    if (list === undefined) return null;
    const ofList = this.#ofList(list, attribute.trim());
    if (ofList !== undefined) return ofList;
    const at = typeof index === 'number' ? index : 0;
    const contact = list.contacts.at(at);
    return contact === undefined ? null : this.#ofContact(contact, attribute.trim());
  }

  #ofList({ aor, table, contacts }: ContactList, attribute: string): PvValue | undefined {
    switch (attribute) {
      case 'aor':
        return aor;
      case 'domain':
        return table;
      case 'aorhash':
        return this.#usrloc.aorHash(aor);
      case 'count':
        return contacts.length;
    }
    return undefined;
  }

  #ofContact(contact: Binding, attribute: string): PvValue {
    switch (attribute) {
      case 'addr':
        return contact.uri;
      case 'ruid':
        return contact.ruid;
      case 'path':
        return contact.path || null;
      case 'received':
        return contact.received || null;
      case 'expires':
        return this.#expires(contact);
      case 'callid':
        return contact.callId;
      case 'q':
        return contact.q;
      case 'cseq':
        return contact.cseq;
      case 'flags':
        return contact.flags;
      case 'cflags':
        return contact.branchFlags;
      case 'user_agent':
        return contact.userAgent;
      case 'socket':
        return socketOf(contact);
      case 'modified':
        return seconds(contact.modified);
      case 'methods':
        return contact.methods;
      case 'conid':
        return contact.connection === 0 ? -1 : contact.connection;
      case 'instance':
        return contact.instance || null;
      case 'reg_id':
        return contact.regId;
    }
    return null;
  }

  /** Seconds since 1970; 0 for ever. */
  #expires(contact: Binding): number {
    const left = this.#usrloc.secondsLeft(contact);
    return left === undefined ? 0 : seconds(this.#wall()) + left;
  }
}

const seconds = (time: WallTime): number => Math.floor(time / 1_000_000);

function socketOf({ listener }: Binding): PvValue {
  if (listener === undefined) return null;
  const { address, port } = listener.local;
  return `${listener.transport}:${address.includes(':') ? `[${address}]` : address}:${port}`;
}
