/**
 * Tickets: keys for addresses that somebody is sent to from outside of their dialog, by a REFER or a redirection. They
 * are honoured from anybody, because the one who was sent may be a stranger, but only for a while.
 */
import { parseUri, type SipUri } from '../../sip/uri.ts';
import type { Instant } from '../../util/time.ts';
import { TtlMap } from '../../util/ttl-map.ts';
import type { Random } from '../../world/world.ts';
import { KEY_BYTES } from './keys.ts';

/** Whoever is sent somewhere goes there at once, or after a person has agreed. */
export const TICKET_MS = 300_000;
/** Beyond, the oldest one is forgotten. */
export const MAX_TICKETS = 100_000;

const TICKET = new RegExp(`^rtpsh-([0-9a-f]{${KEY_BYTES * 2}})$`);

/** What a ticket stands for. */
export interface TicketTarget {
  /** A URI that can stand in a request line. */
  readonly uri: string;
  /** The connection that leads there; 0 for none in particular. */
  readonly connection: number;
}

export class Tickets {
  readonly #targets = new TtlMap<string, TicketTarget>({ max: MAX_TICKETS, ttlMs: TICKET_MS });

  get size(): number {
    return this.#targets.size;
  }

  /** The user part that stands for this target. */
  issue(target: TicketTarget, random: Random, now: Instant): string {
    const id = Buffer.from(random.bytes(KEY_BYTES)).toString('hex');
    this.#targets.set(id, target, now);
    return `rtpsh-${id}`;
  }

  /** `none`: this is no ticket. `unknown`: it is one, but nobody knows what for. */
  read(user: string | undefined, now: Instant): TicketTarget | 'none' | 'unknown' {
    const id = TICKET.exec(user ?? '')?.[1];
    return id === undefined ? 'none' : (this.#targets.get(id, now) ?? 'unknown');
  }
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
