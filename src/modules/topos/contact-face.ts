/** What a side is shown instead of the Contact of the other: a URI of ours with a key (Kamailio's contact_mode). */
import type { ParamsOf } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import type { NameAddr } from '../../sip/name-addr.ts';
import type { Param } from '../../sip/params.ts';
import { parseUri, type SipUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { hostOf, type Look, type Looks, looksOf, type Opening, type ReadXavu } from './contact-look.ts';
import type { declaration } from './declaration.ts';
import { keyText, type Key, readKey, type Side } from './keys.ts';

type Params = ParamsOf<(typeof declaration)['params']>;
type Scheme = SipUri['scheme'];
const DEFAULT_PORT = 5060;
/** Parameters of a Contact URI that say where it leads: those are ours. */
const PLACES: readonly string[] = ['transport', 'maddr', 'ttl', 'lr', 'sn', 'method'];

export interface FaceOrder {
  /** Who is shown it. */
  readonly to: Side;
  readonly id: string;
  /** The socket on that side. */
  readonly listener: Listener;
  /** Of the real Contact. */
  readonly scheme: Scheme;
  readonly look: Look;
}

export class ContactFaces {
  readonly #params: Params;
  readonly #kept: ReadonlySet<string>;
  readonly #keptInUri: ReadonlySet<string>;
  readonly #host: string | undefined;
  readonly #xavu: ReadXavu;
  readonly #keyParams: Set<string>;

  /** `keyParams`: names of the parameters that keys were shown in, by programs before this one as well. */
  constructor(params: Params, xavu: ReadXavu, keyParams: Set<string>) {
    this.#params = params;
    this.#keyParams = keyParams;
    if (params.contact_mode === 1 || params.contact_mode === 2) keyParams.add(params.cparam_name);
    this.#xavu = xavu;
    this.#host = hostOf(params);
    this.#kept = names(params.contact_params);
    const inUri = names(params.contact_uri_params);
    for (const name of [...PLACES, params.cparam_name.toLowerCase()]) inUri.delete(name);
    this.#keptInUri = inUri;
  }

  /** What the masked Contacts of a dialog look like; undefined when the route has not set what their form needs. */
  looks(opening: Opening): Looks | undefined {
    return looksOf(this.#params, opening, this.#xavu);
  }

  /** The masked URI. */
  uri({ to, id, listener, scheme, look }: FaceOrder): string {
    const key = keyText(to, id);
    const { contact_mode: mode, cparam_name: name } = this.#params;
    if (mode === 3) return `${scheme}:${key}@${look.host ?? listener.sentBy.host}`;
    const place = this.#place(listener, scheme, look.host);
    if (mode !== 1 && mode !== 2) return `${scheme}:${key}@${place}`;
    return `${scheme}:${look.user === undefined ? '' : `${look.user}@`}${place};${name}=${key}`;
  }

  /** Ours without a key: for a Contact that nobody sends a request to. */
  bare(listener: Listener): string {
    return `sip:${this.#place(listener, 'sip', this.#host)}`;
  }

  /** Ours with this user part, whatever the form of Contacts is. */
  withUser(user: string, listener: Listener, scheme: Scheme): string {
    return `${scheme}:${user}@${this.#place(listener, scheme, this.#host)}`;
  }

  /** The key in a Request-URI. */
  keyIn(uri: SipUri): Key | undefined {
    for (const name of this.#keyParams) {
      const key = readKey(uri.params.get(name) ?? '');
      if (key !== undefined) return key;
    }
    return readKey(uri.user ?? '');
  }

  /** Whether a Request-URI with a key that is in no table is ours all the same. */
  isOurHost(host: string): boolean {
    return this.#host !== undefined && host.toLowerCase() === this.#host.toLowerCase();
  }

  /** Puts `uri` in place of the Contacts of a message, with those parameters of the first that may be seen. */
  put({ headers }: SipMessage, uri: string, first: NameAddr | undefined): void {
    headers.set(H.Contact, this.shown(uri, first));
  }

  /** `uri` as a Contact, with those parameters of the real one that may be seen. */
  shown(uri: string, real: NameAddr | undefined, alsoKept: readonly string[] = []): string {
    if (real === undefined) return `<${uri}>`;
    const inside = this.#keptInUri.size === 0 ? undefined : parseUri(real.uri);
    const own = inside?.kind === 'sip' ? kept(inside.params.entries, this.#keptInUri) : '';
    const outside = alsoKept.length === 0 ? this.#kept : new Set([...this.#kept, ...alsoKept]);
    return `<${uri}${own}>${kept(real.params.entries, outside)}`;
  }

  /** As rr writes it: UDP goes without saying, and so does port 5060 where nothing else is advertised. */
  #place({ sentBy, transport, advertised, name }: Listener, scheme: Scheme, host = sentBy.host): string {
    const implied = scheme === 'sip' && (transport === 'udp' || transport === 'tcp') && advertised === undefined;
    const place = implied && sentBy.port === DEFAULT_PORT ? host : `${host}:${sentBy.port}`;
    const socket = this.#params.sn_refresh_topology === 1 && name !== undefined ? `;sn=${name}` : '';
    return `${place}${transport === 'udp' ? '' : `;transport=${transport}`}${socket}`;
  }
}

/** Each entry may name several, separated by commas. */
const names = (entries: readonly string[]): Set<string> =>
  new Set(entries.flatMap((entry) => entry.split(',').map((name) => name.trim().toLowerCase())));

const kept = (params: readonly Param[], which: ReadonlySet<string>): string =>
  params
    .filter(({ name }) => which.has(name.toLowerCase()))
    .map(({ name, value }) => (value === undefined ? `;${name}` : `;${name}=${value}`))
    .join('');

/** The first Contact of a message: `none`, `one` that is usable, or `bad`: `*`, unreadable, or not a SIP URI. */
export type ContactReading =
  | { readonly kind: 'none' | 'bad' }
  | { readonly kind: 'one'; readonly address: NameAddr; readonly uri: SipUri; readonly isAlone: boolean };

const NONE = { kind: 'none' } as const;
const BAD = { kind: 'bad' } as const;

export function readContact(message: SipMessage): ContactReading {
  if (!message.headers.has(H.Contact)) return NONE;
  const { contacts } = message;
  if (contacts?.kind !== 'list') return BAD;
  const [address] = contacts.contacts;
  const uri = address === undefined ? undefined : parseUri(address.uri);
  if (address === undefined || uri?.kind !== 'sip') return BAD;
  return { kind: 'one', address, uri, isAlone: contacts.contacts.length === 1 };
}
