/**
 * Reading as Kamailio reads: headers and body are those that were received, edits wait for msg_apply_changes(), and a
 * second assignment to a part of From or To stands behind the first.
 */
import { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { PvBinding } from '../../engine/module.ts';
import { parseMessage } from '../../sip/parse.ts';
import type { Callable } from './scene.ts';
import type { Context } from '../registry.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Pseudo-variables that say what stands in headers and body. */
const headerPvs = words(
  `hdr hdrc hfl hfitname hfitbody fu fU fd fn ft fti fuP fUl ful fuc tu tU td tn tt tti tuP from.user from.domain to.user
  to.domain fromURI ci cs csb ct cT ua rb bs mb ml au aU AU aUd ad ar adu aa Au ai di dip dir pd pU pu pn re route_uri
  expires via0 via1 viaZ`,
);
/** Functions that read headers and body, and change nothing. */
const headerFunctions = words(
  `is_present_hf is_present_hf_re search search_body search_hf has_body has_totag in_list hf_value_exists is_privacy
  check_route_param`,
);
const parts = words('fu fU fd fn tu tU td tn from.user from.domain to.user to.domain');

export class ReceivedViews {
  /** By message for replies, by exchange for requests: copies of a request are read alike. */
  readonly #views = new WeakMap<object, Context>();
  /** What was assigned to parts of From and To. */
  readonly #assigned = new WeakMap<object, Map<string, string>>();

  of(ctx: Context): Context {
    const key = keyOf(ctx);
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const view = onText(ctx, Buffer.from(ctx.message.raw, 'latin1'));
    this.#views.set(key, view);
    return view;
  }

  /** From now on the message is read as it is now. */
  apply(ctx: Context): void {
    this.#views.set(keyOf(ctx), onText(ctx, ctx.message.serialize()));
    this.#assigned.delete(keyOf(ctx));
  }

  pv(name: string, base: PvBinding): PvBinding {
    if (!headerPvs.has(name)) return base;
    const read: PvBinding['read'] = (ctx, ref) => base.read(this.of(ctx), ref);
    if (base.write === undefined) return { read };
    if (!parts.has(name)) return { read, write: (ctx, ref, value) => base.write?.(ctx, ref, value) };
    return {
      read,
      write: (ctx, ref, value) =>
        base.write?.(ctx, ref, value === null ? null : this.#behind(ctx, name, String(value))),
    };
  }

  fn(name: string, base: Callable): Callable {
    if (name === 'msg_apply_changes') {
      return (ctx, ...args) => {
        const outcome = base(ctx, ...args);
        if (isContext(ctx)) this.apply(ctx);
        return outcome;
      };
    }
    if (!headerFunctions.has(name)) return base;
    return (ctx, ...args) => base(isContext(ctx) ? this.of(ctx) : ctx, ...args);
  }

  #behind(ctx: Context, name: string, value: string): string {
    const key = keyOf(ctx);
    const assigned = this.#assigned.get(key) ?? new Map<string, string>();
    const whole = (assigned.get(name) ?? '') + value;
    assigned.set(name, whole);
    this.#assigned.set(key, assigned);
    return whole;
  }
}

const isContext = (ctx: object): ctx is Context => ctx instanceof RequestContext || ctx instanceof ReplyContext;

const keyOf = (ctx: Context): object => (ctx instanceof RequestContext ? ctx.exchange : ctx.message);

function onText(ctx: Context, bytes: Buffer): Context {
  const parsed = parseMessage(bytes);
  const { received, exchange } = ctx;
  if (ctx instanceof RequestContext) {
    if (parsed.kind !== 'request') return ctx;
    return new RequestContext({ message: parsed.message, received, exchange }, { route: ctx.route, from: ctx });
  }
  if (parsed.kind !== 'response') return ctx;
  return new ReplyContext({ message: parsed.message, received, exchange, request: ctx.request }, ctx.route);
}
