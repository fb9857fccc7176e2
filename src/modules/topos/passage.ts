/**
 * A request on its way through: what it came with is kept before anything is taken off, and each copy that leaves shows
 * only us.
 */
import type { Passage, Received, RequestContext } from '../../engine/context.ts';
import { markSource } from '../../engine/hop-by-hop.ts';
import type { Field } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { parseMessage } from '../../sip/parse.ts';
import type { Flow } from '../../transport/flow.ts';
import { detached, detachedAll } from '../../util/detached.ts';
import { type ContactReading, readContact } from './contact-face.ts';
import type { Crossing, Role } from './crossing.ts';
import { Dialog, keepable, type Target } from './dialog.ts';
import type { Standing } from './dialogs.ts';
import { commonTail, putList } from './header-lists.ts';
import { faceTowards, type Hiding } from './hiding.ts';
import { newId, otherSide, type Side } from './keys.ts';
import { usable } from './standing.ts';

/** Methods that open a dialog (RFC 3261, 6665, 3515). */
const OPENING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);
/** Methods whose Contact moves the target of their sender (RFC 3261 12.2, 3311, 6665). */
const REFRESHING: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

export interface PassageParts {
  readonly hiding: Hiding;
  /** As it arrived, with our `received` and `rport`. */
  readonly request: SipRequest;
  readonly received: Received;
  /** undefined outside of the dialogs that we know. */
  readonly standing: Standing | undefined;
  readonly flow: Flow | undefined;
}

export class HiddenPassage implements Passage {
  readonly flow: Flow | undefined;
  readonly #hiding: Hiding;
  readonly #received: Received;
  readonly #standing: Standing | undefined;
  /** Lines of Via that it came with. */
  readonly #viaLines: number;
  /** Record-Routes that it came with. */
  readonly #recordRoutes: readonly string[];
  /** The branch made last, and the id of the dialog that it opens. */
  #sealed: { readonly plain: string; readonly branch: string; readonly id: string } | undefined = undefined;

  constructor({ hiding, request, received, standing, flow }: PassageParts) {
    this.flow = flow;
    this.#hiding = hiding;
    this.#received = received;
    this.#standing = standing;
    this.#viaLines = request.headers.count(H.Via);
    this.#recordRoutes = request.headers.values(H.RecordRoute);
  }

  /** Who sent the request. What belongs to no dialog counts as opening one. */
  get #from(): Side {
    return this.#standing?.side ?? 'a';
  }

  branch(ctx: RequestContext, plain: string): string {
    const { sealer } = this.#hiding;
    if (sealer === undefined) return plain;
    if (this.#sealed?.plain === plain) return this.#sealed.branch;
    const { headers, method, toTag } = ctx.message;
    const opens = this.#standing === undefined && toTag === undefined && OPENING.has(method);
    const id = this.#standing?.dialog.id ?? this.#newId();
    const branch = sealer.seal(plain, {
      vias: headers.count(H.Via) === this.#viaLines ? headers.values(H.Via) : this.#viasReceived(),
      recordRoutes: this.#recordRoutes,
      from: this.#from,
      dialog: opens || this.#standing !== undefined ? { id, opens } : undefined,
    });
    this.#sealed = { plain, branch, id };
    return branch;
  }

  leave(ctx: RequestContext, copy: SipRequest, flow: Flow): 'hidden' | 'refused' {
    const { stats } = this.#hiding;
    const own = copy.headers.field(H.Via);
    const branch = copy.topVia?.branch ?? '';
    const vias = this.#viasBelow(copy);
    const known = this.#known(ctx, branch, copy.method);
    const dropped = this.#isDropped(ctx, { copy, flow, known });
    const contact = readContact(copy);
    const role = known?.role ?? this.#roleOf(ctx, copy, contact);
    if (role === undefined) return this.#unable('there is no room for a further dialog');
    if (!this.#show(ctx, copy, { role, contact, dropped, flow })) {
      if (role.kind === 'opens' && known === undefined) this.#hiding.dialogs.delete(role.dialog);
      return this.#unable('the route has not set what the form of the Contact needs');
    }
    const routes = copy.headers.values(H.RecordRoute);
    const crossing: Crossing = {
      branch,
      method: copy.method,
      vias: detachedAll(vias),
      recordRoutes: detachedAll(routes.slice(routes.length - commonTail(routes, this.#recordRoutes))),
      from: this.#from,
      role,
      uri: detached(copy.uri),
      flow,
      isHidden: !dropped,
      isAdopted: false,
      hasMoved: false,
      contact: undefined,
      replies: known?.replies,
    };
    this.#keep(ctx, crossing);
    this.#hiding.storage.ledger?.left(crossing, copy.callId ?? '', () => rings(ctx.state));
    if (dropped) stats.unhidden.value++;
    else copy.headers.remove(H.RecordRoute);
    onTop(copy, own, dropped ? vias : NONE);
    return 'hidden';
  }

  /** Nobody replies to an ACK; but event routes see one that comes again only once. */
  #keep({ exchange, state }: RequestContext, crossing: Crossing): void {
    const { crossings, events, engine } = this.#hiding;
    if (crossing.method === 'ACK' && !events.watchOutgoing) return;
    crossings.put(exchange, crossing);
    if (state.replier === undefined) crossings.keep(crossing, engine.world.clock.now());
  }

  answer({ headers }: SipResponse): void {
    if (headers.count(H.Via) !== this.#viaLines) putList(headers, H.Via, this.#viasReceived());
  }

  /** The same request on the same branch: forwarded once more without a transaction, or over another transport. */
  #known({ exchange, state }: RequestContext, branch: string, method: string): Crossing | undefined {
    const { crossings, engine } = this.#hiding;
    const known = crossings.of(exchange, branch, method);
    if (known !== undefined || state.replier !== undefined) return known;
    return crossings.stateless(branch, method, engine.world.clock.now());
  }

  #isDropped(ctx: RequestContext, { copy, flow, known }: Stamped): boolean {
    const { events } = this.#hiding;
    if (!events.watchOutgoing) return false;
    if (known?.flow === flow) return !known.isHidden;
    const own = ctx.derive(copy, { route: 'event', branchIndex: ctx.branchIndex });
    own.destination.flow = flow;
    return events.dropOutgoing(own);
  }

  /** A script may have removed what replies need: then it is read once more from what arrived. */
  #viasBelow({ headers }: SipRequest): readonly string[] {
    if (headers.count(H.Via) !== this.#viaLines + 1) return this.#viasReceived();
    return headers.values(H.Via).slice(1);
  }

  #viasReceived(): readonly string[] {
    const { bytes, flow } = this.#received;
    const parsed = parseMessage(bytes);
    if (parsed.kind !== 'request') return NONE;
    const { message } = parsed;
    const via = message.topVia;
    if (via !== undefined) markSource(message, via, flow);
    return message.headers.values(H.Via);
  }

  #roleOf(ctx: RequestContext, copy: SipRequest, contact: ContactReading): Role | undefined {
    const standing = this.#standing;
    if (standing !== undefined) {
      const { dialog, leg } = standing;
      return { kind: 'inside', dialog, leg, refresh: this.#refresh(copy, standing, contact) };
    }
    // Of a dialog that nobody knows here: where its Contact moves nothing it need not be seen.
    if (copy.toTag !== undefined) return REFRESHING.has(copy.method) ? UNKNOWN : ALONE;
    if (!OPENING.has(copy.method)) return ALONE;
    const dialog = this.#open(copy, contact);
    const now = this.#hiding.engine.world.clock.now();
    const { state } = ctx;
    return this.#hiding.dialogs.add(dialog, now, () => rings(state)) === 'added'
      ? { kind: 'opens', dialog }
      : undefined;
  }

  #open(copy: SipRequest, contact: ContactReading): Dialog {
    const { stats } = this.#hiding;
    const sealed = this.#sealed;
    const routes = copy.headers.values(H.RecordRoute);
    const added = routes.length - commonTail(routes, this.#recordRoutes);
    if (contact.kind !== 'one' || !contact.isAlone) stats.bad_contacts.value++;
    stats.dialogs_opened.value++;
    return new Dialog({
      id: sealed !== undefined && sealed.branch === copy.topVia?.branch ? sealed.id : this.#newId(),
      callId: copy.callId ?? '',
      method: copy.method,
      aTag: copy.fromTag ?? '',
      a: this.#target(contact.kind === 'one' ? contact.address.uri : undefined, usable(routes.slice(added))),
      ownRoutes: routes.slice(0, added),
    });
  }

  #newId(): string {
    const { engine, settings } = this.#hiding;
    return newId(engine.world.random, settings.context);
  }

  #refresh(copy: SipRequest, { dialog, leg, side }: Standing, contact: ContactReading): Target | undefined {
    if (contact.kind !== 'one' || !REFRESHING.has(copy.method)) return undefined;
    const end = side === 'a' ? dialog.a : leg;
    return keepable(this.#target(contact.address.uri, end?.target.routes ?? NONE));
  }

  /** A sender without a Contact is where its messages come from. */
  #target(contact: string | undefined, routes: readonly string[]): Target {
    const { remote, transport, connection } = this.#received.flow;
    const host = remote.address.includes(':') ? `[${remote.address}]` : remote.address;
    return { contact: contact ?? `sip:${host}:${remote.port};transport=${transport}`, routes, connection };
  }

  /** Puts the Contact that the receiver is to see. false when there is none to be had. */
  #show(ctx: RequestContext, copy: SipRequest, leave: Leaving): boolean {
    const { faces, settings } = this.#hiding;
    const { role, contact, dropped, flow } = leave;
    const first = contact.kind === 'one' ? contact.address : undefined;
    if (role.kind === 'unknown') return true;
    if (role.kind === 'alone') {
      if (!dropped && contact.kind !== 'none') faces.put(copy, faces.bare(flow.listener), first);
      return true;
    }
    const to = otherSide(this.#from);
    const uri = contact.kind === 'one' ? contact.uri : undefined;
    const face = faceTowards(this.#hiding, role.dialog, { to, listener: flow.listener, contact: uri, ctx, dropped });
    if (face === undefined) return false;
    if (face.kind === 'real') return true;
    if (settings.noContact.has(copy.method)) copy.headers.remove(H.Contact);
    else if (contact.kind !== 'none' || copy.method !== 'ACK') faces.put(copy, face.uri, first);
    return true;
  }

  #unable(reason: string): 'hidden' | 'refused' {
    const { settings, stats, log } = this.#hiding;
    const passes = settings.onError === 'pass';
    (passes ? stats.passed : stats.refused).value++;
    log.write('error', reason, { outcome: passes ? 'passed unhidden' : 'refused' });
    return passes ? 'hidden' : 'refused';
  }
}

interface Leaving {
  readonly role: Role;
  readonly contact: ContactReading;
  readonly dropped: boolean;
  readonly flow: Flow;
}

interface Stamped {
  readonly copy: SipRequest;
  readonly flow: Flow;
  readonly known: Crossing | undefined;
}

const rings = ({ replier, answered }: RequestContext['state']): boolean => replier !== undefined && !answered;

const NONE: readonly never[] = [];
const ALONE: Role = { kind: 'alone' };
const UNKNOWN: Role = { kind: 'unknown' };

/** Our Via is the topmost, whatever a route did, and what is to be seen of the others is below. */
function onTop({ headers }: SipRequest, own: Field | undefined, below: readonly string[]): void {
  if (own === undefined) return;
  if (below.length === 0) headers.replaceLines(H.Via, [own]);
  else if (headers.field(H.Via) !== own) putList(headers, H.Via, [own.value, ...below]);
}
