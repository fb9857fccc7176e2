/**
 * Tickets: keys for addresses that somebody is sent to from outside of their dialog, by a REFER or a redirection. They
 * are honoured from anybody, because the one who was sent may be a stranger, but only for a while.
 */
import { parseUri, type SipUri } from '../../sip/uri.ts';
import { after, type Instant } from '../../util/time.ts';
import { TtlMap } from '../../util/ttl-map.ts';
import type { Random } from '../../world/world.ts';
import { KEY_BYTES } from './keys.ts';
import { fieldsOf, FORM, type Owned, targetOf, textOf } from './record-fields.ts';

/** Whoever is sent somewhere goes there at once, or after a person has agreed. */
export const TICKET_MS = 300_000;
/** Beyond, the oldest one is forgotten. */
export const MAX_TICKETS = 100_000;

const TICKET = new RegExp(`^rtpsh-([0-9a-f]{${KEY_BYTES * 2}})$`);

/** What a ticket stands for. */
export interface TicketTarget {
  /** A URI that can stand in a request line. */
  readonly uri: string;
  /** The route set, in the order that a request visits it. */
  readonly routes: readonly string[];
  /** The connection that leads there; 0 for none in particular. */
  readonly connection: number;
  /** Whether who is there knows the call that it was made of by a masked Call-ID; undefined when it is of none. */
  readonly isMasked: boolean | undefined;
}

/** What another node would have to know. */
export interface IssuedTicket {
  readonly id: string;
  readonly target: TicketTarget;
  readonly expires: Instant;
}

/** Hears of tickets that are issued. */
export interface TicketWatcher {
  issued(ticket: IssuedTicket): void;
}

export class Tickets {
  watcher: TicketWatcher | undefined = undefined;
  readonly #issued = new TtlMap<string, IssuedTicket>({ max: MAX_TICKETS, ttlMs: TICKET_MS });

  get size(): number {
    return this.#issued.size;
  }

  /** The user part that stands for this target. */
  issue(target: TicketTarget, random: Random, now: Instant): string {
    const id = Buffer.from(random.bytes(KEY_BYTES)).toString('hex');
    const ticket = { id, target, expires: after(now, TICKET_MS) };
    this.#issued.set(id, ticket, now);
    this.watcher?.issued(ticket);
    return `rtpsh-${id}`;
  }

  /** One that another node has issued, for the rest of its time. */
  adopt(ticket: IssuedTicket, now: Instant): void {
    this.#issued.set(ticket.id, ticket, now);
  }

  /** `none`: this is no ticket. `unknown`: it is one, but nobody knows what for. */
  read(user: string | undefined, now: Instant): TicketTarget | 'none' | 'unknown' {
    const id = ticketId(user);
    if (id === undefined) return 'none';
    const ticket = this.#issued.get(id, now);
    return ticket === undefined || ticket.expires <= now ? 'unknown' : ticket.target;
  }

  values(): Iterable<IssuedTicket> {
    return this.#issued.values();
  }
}

/** undefined for a user part that is no ticket. */
export const ticketId = (user: string | undefined): string | undefined => TICKET.exec(user ?? '')?.[1];

/** A connection belongs to a process and is not kept. */
export const ticketText = ({ uri, routes, isMasked }: TicketTarget, owner: string): string =>
  JSON.stringify([FORM, owner, uri, routes, isMasked]);
const TICKET_FIELDS = 5;

export function readTicket(text: string): Owned<TicketTarget> | undefined {
  const given = fieldsOf(text, TICKET_FIELDS);
  const owner = textOf(given?.[1]);
  const target = targetOf(given?.[2], given?.[3]);
  const uri = target && requestUri(target.contact);
  const isMasked = given?.[4];
  if (owner === undefined || target === undefined || uri === undefined) return undefined;
  if (isMasked !== null && typeof isMasked !== 'boolean') return undefined;
  return { owner, value: { uri, routes: target.routes, connection: 0, isMasked: isMasked ?? undefined } };
}

/** A URI as it can stand in a request line: RFC 3261 19.1.1 allows no headers and no method there. */
export function requestUri(text: string): string | undefined {
  const uri = parseUri(text);
  return uri?.kind === 'sip' ? bare(uri) : undefined;
}

function bare({ scheme, user, password, host, port, params }: SipUri): string {
  const userInfo = user === undefined ? '' : `${user}${password === undefined ? '' : `:${password}`}@`;
  const place = port === undefined ? host : `${host}:${port}`;
  return `${scheme}:${userInfo}${place}${params.without('method').toString()}`;
}
