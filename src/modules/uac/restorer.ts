/**
 * Replaced From and To, so that neither side notices: replies get back what the request came with, and later requests of
 * the dialog get the other URI, out of a parameter of Record-Route (RFC 3261 section 8.2.6.2 wants them equal).
 */
import type { ReplyContext, RequestContext, RequestState } from '../../engine/context.ts';
import type { Slot } from '../../engine/exchange.ts';
import type { Log } from '../../engine/log.ts';
import { H } from '../../sip/header-names.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import type { RrApi } from '../rr/api.ts';
import { replaceAddress, type Replacement, withAddressOf } from './replace.ts';
import { decodeUri, encodeUris, MAX_KEPT_URI } from './restore-code.ts';

type Side = 'from' | 'to';

const HEADERS = { from: H.From, to: H.To } as const;

/** The headers as the request came with them, where they were replaced. An ACK shares the exchange of its INVITE. */
export interface Originals {
  readonly state: RequestState;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface RestoreSettings {
  /** `manual`: later requests by the functions alone. */
  readonly mode: 'none' | 'manual' | 'auto';
  /** Parameters of Record-Route. */
  readonly names: Readonly<Record<Side, string>>;
  readonly password: string;
  /** AVPs that get the URIs that were replaced. */
  readonly avps: Readonly<Record<Side, string | undefined>>;
}

export class Restorer {
  readonly #settings: RestoreSettings;
  readonly #slot: Slot<Originals>;
  readonly #log: Log;
  #rr: RrApi | undefined = undefined;

  constructor(settings: RestoreSettings, slot: Slot<Originals>, log: Log) {
    this.#settings = settings;
    this.#slot = slot;
    this.#log = log;
  }

  /** Who keeps the parameters; without it, replies are restored and nothing else. */
  keepWith(rr: RrApi): void {
    this.#rr = rr;
    if (this.#settings.mode !== 'auto') return;
    rr.onLooseRoute((ctx) => {
      this.restore(ctx, 'from');
      this.restore(ctx, 'to');
    });
  }

  replace(ctx: RequestContext, side: Side, replacement: Replacement): 'replaced' | 'malformed' {
    const id = HEADERS[side];
    const { headers } = ctx.message;
    const before = this.#original(ctx, side) ?? headers.get(id) ?? '';
    const outcome = replaceAddress(ctx.message, id, replacement);
    // As in Kamailio, a display name alone is nothing to give back.
    if (outcome !== 'replaced' || this.#settings.mode === 'none' || replacement.uri === '') return outcome;
    this.#note(ctx, side, before);
    const old = parseNameAddr(before)?.uri ?? '';
    if (this.#rr !== undefined) this.#keep(ctx, side, old, replacement.uri);
    return 'replaced';
  }

  /** By the parameter that came back in our Route: the URI that belongs on the side that the request goes to. */
  restore(ctx: RequestContext, side: Side): boolean {
    const { names, password } = this.#settings;
    const rr = this.#rr;
    const kept = rr?.param(ctx, names[side]);
    if (rr === undefined || kept === undefined) return false;
    // The next hop of a later Record-Route has to know it, too.
    rr.setParam(ctx, names[side], kept);
    const here = rr.direction(ctx) === 'downstream' ? side : OTHER[side];
    // Done twice, it would be undone.
    if (this.#original(ctx, here) !== undefined) return true;
    const before = ctx.message.headers.get(HEADERS[here]) ?? '';
    const present = parseNameAddr(before)?.uri ?? '';
    const uri = decodeUri(kept, present, password);
    if (uri === undefined || replaceAddress(ctx.message, HEADERS[here], { display: undefined, uri }) === 'malformed') {
      this.#log.write('warn', 'a kept URI does not fit the request', { header: here, method: ctx.message.method });
      return false;
    }
    this.#note(ctx, here, before);
    return true;
  }

  /** A reply shows From and To as the request had them when it came. */
  reply({ message, exchange }: ReplyContext): void {
    const originals = this.#slot.of(exchange);
    if (originals === undefined || message.cseq?.method === 'CANCEL') return;
    for (const side of SIDES) {
      const original = originals[side];
      if (original !== undefined) withAddressOf(message.headers, HEADERS[side], original);
    }
  }

  #original({ exchange, state }: RequestContext, side: Side): string | undefined {
    const originals = this.#slot.of(exchange);
    return originals?.state === state ? originals[side] : undefined;
  }

  #note(ctx: RequestContext, side: Side, before: string): void {
    // Nobody replies to an ACK, and it shares the exchange of its INVITE.
    if (ctx.message.method === 'ACK') return;
    const from = side === 'from' ? before : this.#original(ctx, 'from');
    const to = side === 'to' ? before : this.#original(ctx, 'to');
    this.#slot.put(ctx.exchange, { state: ctx.state, from, to });
  }

  #keep(ctx: RequestContext, side: Side, old: string, next: string): void {
    const { names, password, avps } = this.#settings;
    const avp = avps[side];
    if (avp !== undefined) ctx.state.avps.set(avp, [old]);
    const isLong = Math.max(old.length, next.length) > MAX_KEPT_URI;
    const kept = isLong ? 'full' : this.#rr?.setParam(ctx, names[side], encodeUris(old, next, password));
    if (kept !== 'added') this.#log.write('warn', 'a replaced URI is too long to be restored', { header: side });
  }
}

const SIDES = ['from', 'to'] as const;
const OTHER = { from: 'to', to: 'from' } as const;
