/** What a side is shown instead of the Contact of the other: a URI of ours with a key (Kamailio's contact_mode). */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import type { NameAddr } from '../../sip/name-addr.ts';
import { parseUri, type SipUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import type { declaration } from './declaration.ts';
import type { ParamsOf } from '../../engine/spec.ts';
import { keyText, type Key, readKey, type Side } from './keys.ts';

type Params = ParamsOf<(typeof declaration)['params']>;
const DEFAULT_PORT = 5060;

export interface FaceOrder {
  /** Who is shown it. */
  readonly to: Side;
  readonly id: string;
  /** The socket on that side. */
  readonly listener: Listener;
  /** The real Contact, or what stands for it. */
  readonly contact: SipUri | undefined;
  /** For values that the route has set. */
  readonly ctx: RequestContext | ReplyContext | undefined;
}

export class ContactFaces {
  readonly #params: Params;
  readonly #kept: ReadonlySet<string>;

  constructor(params: Params) {
    this.#params = params;
    this.#kept = new Set(params.contact_params.flatMap((entry) => entry.toLowerCase().split(',')));
  }

  /** The masked URI; undefined when the route has not set what its form needs. */
  uri({ to, id, listener, contact }: FaceOrder): string | undefined {
    const scheme = contact?.scheme ?? 'sip';
    return `${scheme}:${keyText(to, id)}@${this.#place(listener)}`;
  }

  /** Ours without a key: for a Contact that nobody sends a request to. */
  bare(listener: Listener): string {
    return `sip:${this.#place(listener)}`;
  }

  /** The key in a Request-URI. */
  keyIn(uri: SipUri): Key | undefined {
    const { contact_mode: mode, cparam_name: name } = this.#params;
    return readKey((mode === 1 || mode === 2 ? uri.params.get(name) : uri.user) ?? '');
  }

  /** Whether a Request-URI with a key that is in no table is ours all the same. */
  isOurHost(host: string): boolean {
    return this.#params.contact_host !== '' && host.toLowerCase() === this.#params.contact_host.toLowerCase();
  }

  /** Puts `uri` in place of the Contacts of a message, with those parameters of the first that may be seen. */
  put({ headers }: SipMessage, uri: string, first: NameAddr | undefined): void {
    const params = first?.params.entries.filter(({ name }) => this.#kept.has(name.toLowerCase())) ?? [];
    const tail = params.map(({ name, value }) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join('');
    headers.set(H.Contact, `<${uri}>${tail}`);
  }

  #place({ sentBy, transport, advertised }: Listener): string {
    const host = this.#params.contact_host === '' ? sentBy.host : this.#params.contact_host;
    const short = sentBy.port === DEFAULT_PORT && advertised === undefined && transport !== 'tls';
    const named = transport === 'udp' ? '' : `;transport=${transport}`;
    return `${short ? host : `${host}:${sentBy.port}`}${named}`;
  }
}

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
