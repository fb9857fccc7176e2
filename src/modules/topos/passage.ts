/**
 * A request on its way through: what it came with is kept before anything is taken off, and each copy that leaves shows
 * only us.
 */
import type { NextHop, Passage, Received, RequestContext } from '../../engine/context.ts';
import { markSource } from '../../engine/hop-by-hop.ts';
import { type Field, writtenField } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { parseMessage } from '../../sip/parse.ts';
import type { Flow } from '../../transport/flow.ts';
import { parseBranch } from '../../transaction/branch.ts';
import { detached, detachedAll } from '../../util/detached.ts';
import { type ContactReading, readContact } from './contact-face.ts';
import type { Looks } from './contact-look.ts';
import type { Crossing, Role } from './crossing.ts';
import { Dialog, keepable, type Target } from './dialog.ts';
import type { Standing } from './dialogs.ts';
import type { Via } from '../../sip/via.ts';
import { commonTail, putList } from './header-lists.ts';
import { faceTowards, type Hiding } from './hiding.ts';
import { newId, otherSide, type Side } from './keys.ts';
import { hideReferTo } from './refer.ts';
import { routesToSender, updateOwnRoutes } from './route-update.ts';
import { connectionOf, usable } from './standing.ts';
import type { TicketTarget } from './tickets.ts';

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
  readonly nextHop: NextHop | undefined;
  readonly names: NamesElsewhere;
}

/** What a request names that is not of its own dialog, and the name that its sender has for that. */
export interface NamesElsewhere {
  /** The masked Call-ID that it came with. */
  readonly cameAs: string | undefined;
  /** What its Refer-To was restored to. */
  readonly referred: TicketTarget | undefined;
  /** Whether it names other calls by masked ids. */
  readonly masked: boolean;
  /** The ticket that it came with. */
  readonly ticket: TicketTarget | undefined;
}

export class HiddenPassage implements Passage {
  readonly nextHop: NextHop | undefined;
  readonly #hiding: Hiding;
  readonly #received: Received;
  readonly #standing: Standing | undefined;
  /** Lines of Via that it came with. */
  readonly #viaLines: number;
  /** What its sender itself speaks on; 0 over UDP and behind a proxy. */
  readonly #connection: number;
  /** Its topmost Via as it came. */
  readonly #caller: Via | undefined;
  /** Record-Routes that it came with. */
  readonly #recordRoutes: readonly string[];
  /** The branch made last. */
  #sealed: { readonly plain: string; readonly branch: string } | undefined = undefined;
  readonly #names: NamesElsewhere;
  readonly #cameAs: string | undefined;

  constructor({ hiding, request, received, standing, nextHop, names }: PassageParts) {
    this.nextHop = nextHop;
    this.#hiding = hiding;
    this.#received = received;
    this.#standing = standing;
    this.#viaLines = request.headers.count(H.Via);
    this.#connection = connectionOf(request, received.flow);
    this.#caller = request.topVia;
    this.#recordRoutes = request.headers.values(H.RecordRoute);
    this.#names = names;
    this.#cameAs = names.cameAs === undefined ? undefined : detached(names.cameAs);
  }

  /** Who sent the request. What belongs to no dialog counts as opening one. */
  get #from(): Side {
    return this.#standing?.side ?? 'a';
  }

  leave(ctx: RequestContext, copy: SipRequest, flow: Flow): 'hidden' | 'refused' {
    const { stats, callIds } = this.#hiding;
    if (callIds.isTooLong(copy)) return this.#unable('the Call-ID is too long to be masked');
    const own = copy.headers.field(H.Via);
    // The one that the call has in here: the receiver may be shown another.
    const { callId = '' } = copy;
    const plain = copy.topVia?.branch ?? '';
    const vias = this.#viasBelow(copy);
    const known = this.#known(ctx, this.#sealed?.plain === plain ? this.#sealed.branch : plain, copy.method);
    const dropped = this.#isDropped(ctx, { copy, flow, known });
    const contact = readContact(copy);
    const role = known?.role ?? this.#roleOf(ctx, copy, contact);
    if (role.kind === 'unable') return this.#unable(role.reason);
    this.#show(copy, { role, contact, dropped, flow });
    this.#showNames(copy, { role, contact, dropped, flow });
    const routes = copy.headers.values(H.RecordRoute);
    const branch = this.#sealedBranch(plain, vias, role);
    const crossing: Crossing = {
      branch,
      method: copy.method,
      vias: detachedAll(vias),
      recordRoutes: detachedAll(routes.slice(routes.length - commonTail(routes, this.#recordRoutes))),
      from: this.#from,
      cameAs: this.#cameAs,
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
    this.#hiding.storage.ledger?.left({
      crossing,
      callId,
      copy,
      caller: this.#caller,
      rings: () => rings(ctx.state),
    });
    if (dropped) stats.unhidden.value++;
    else copy.headers.remove(H.RecordRoute);
    onTop(copy, own && withBranch(own, plain, branch), dropped ? vias : NONE);
    return 'hidden';
  }

  /** With the way back in its branch, where there is a secret. Without a transaction a branch holds nothing. */
  #sealedBranch(plain: string, vias: readonly string[], role: Role): string {
    const { sealer } = this.#hiding;
    if (sealer === undefined || parseBranch(plain) === undefined) return plain;
    if (this.#sealed?.plain !== plain) {
      const dialog = 'dialog' in role ? { id: role.dialog.id, opens: role.kind === 'opens' } : undefined;
      const way = { vias, recordRoutes: this.#recordRoutes, from: this.#from, dialog };
      this.#sealed = { plain, branch: sealer.seal(plain, way) };
    }
    return this.#sealed.branch;
  }

  /** Nobody replies to an ACK; but event routes see one that comes again only once. */
  #keep({ exchange, state }: RequestContext, crossing: Crossing): void {
    const { crossings, events, engine } = this.#hiding;
    if (crossing.method === 'ACK' && !events.watchOutgoing) return;
    crossings.put(exchange, crossing);
    if (state.replier === undefined) crossings.keep(crossing, engine.world.clock.now());
  }

  answer(response: SipResponse): void {
    const { headers } = response;
    this.#hiding.callIds.showAs(response, this.#names.cameAs);
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

  #roleOf(ctx: RequestContext, copy: SipRequest, contact: ContactReading): Role | Inability {
    const standing = this.#standing;
    if (standing !== undefined) {
      const { dialog, leg } = standing;
      if (standing.side === 'a' && copy.method === 'INVITE') {
        if (updateOwnRoutes(this.#hiding.settings, dialog, this.#added(copy))) this.#hiding.dialogs.changed(dialog);
      }
      return { kind: 'inside', dialog, leg, refresh: this.#refresh(copy, standing, contact) };
    }
    // Of a dialog that nobody knows here: where its Contact moves nothing it need not be seen.
    if (copy.toTag !== undefined) return REFRESHING.has(copy.method) ? UNKNOWN : ALONE;
    if (!OPENING.has(copy.method)) return ALONE;
    const opening = { contact: contact.kind === 'one' ? contact.uri : undefined, asked: copy.uri, ctx };
    const looks = this.#hiding.faces.looks(opening);
    if (looks === undefined) return NO_LOOK;
    const dialog = this.#open(copy, contact, looks);
    const now = this.#hiding.engine.world.clock.now();
    const { state } = ctx;
    const added = this.#hiding.dialogs.add(dialog, now, () => rings(state));
    return added === 'added' ? { kind: 'opens', dialog } : NO_ROOM;
  }

  /** Our own Record-Routes on a request that leaves. */
  #added({ headers }: SipRequest): readonly string[] {
    const routes = headers.values(H.RecordRoute);
    return routes.slice(0, routes.length - commonTail(routes, this.#recordRoutes));
  }

  #open(copy: SipRequest, contact: ContactReading, looks: Looks): Dialog {
    const { stats } = this.#hiding;
    const routes = copy.headers.values(H.RecordRoute);
    const own = this.#added(copy);
    if (contact.kind !== 'one' || !contact.isAlone) stats.bad_contacts.value++;
    stats.dialogs_opened.value++;
    return new Dialog({
      id: this.#newId(),
      callId: copy.callId ?? '',
      method: copy.method,
      aTag: copy.fromTag ?? '',
      a: this.#target(contact.kind === 'one' ? contact.address.uri : undefined, usable(routes.slice(own.length))),
      ownRoutes: own,
      looks,
    });
  }

  #newId(): string {
    const { engine, contexts } = this.#hiding;
    return newId(engine.world.random, contexts.of(this.#received));
  }

  #refresh(copy: SipRequest, { dialog, leg, side }: Standing, contact: ContactReading): Target | undefined {
    if (contact.kind !== 'one' || !REFRESHING.has(copy.method)) return undefined;
    const end = side === 'a' ? dialog.a : leg;
    const routes = routesToSender(this.#hiding.settings, copy, this.#recordRoutes, end?.target.routes ?? NONE);
    return keepable(this.#target(contact.address.uri, routes));
  }

  /** A sender without a Contact is where its messages come from. */
  #target(contact: string | undefined, routes: readonly string[]): Target {
    const { remote, transport } = this.#received.flow;
    const host = remote.address.includes(':') ? `[${remote.address}]` : remote.address;
    return {
      contact: contact ?? `sip:${host}:${remote.port};transport=${transport}`,
      routes,
      connection: this.#connection,
    };
  }

  /** Puts the Contact that the receiver is to see. */
  #show(copy: SipRequest, leave: Leaving): void {
    const { faces, settings } = this.#hiding;
    const { role, contact, dropped, flow } = leave;
    const first = contact.kind === 'one' ? contact.address : undefined;
    if (role.kind === 'unknown') return;
    if (role.kind === 'alone') {
      if (!dropped && contact.kind !== 'none') faces.put(copy, faces.bare(flow.listener), first);
      return;
    }
    const to = otherSide(this.#from);
    const uri = contact.kind === 'one' ? contact.uri : undefined;
    const face = faceTowards(this.#hiding, role.dialog, { to, listener: flow.listener, contact: uri, dropped });
    if (face.kind === 'real') return;
    if (settings.noContact.has(copy.method)) copy.headers.remove(H.Contact);
    else if (contact.kind !== 'none' || copy.method !== 'ACK') faces.put(copy, face.uri, first);
  }

  /** Gives what the request names the names that its receiver has for it. */
  #showNames(copy: SipRequest, { role, dropped, flow }: Leaving): void {
    const { callIds } = this.#hiding;
    const { cameAs, referred, masked, ticket } = this.#names;
    callIds.leave(copy, { role, from: this.#from, cameAs, dropped });
    const face = 'dialog' in role ? role.dialog.faces[otherSide(this.#from)]?.kind : undefined;
    const isOpen = face === undefined ? dropped : face === 'real';
    const byTicket = referred !== undefined && !isOpen && hideReferTo(this.#hiding, copy, referred, flow.listener);
    callIds.showReferences(copy, { wereMasked: ticket?.isMasked ?? masked, byTicket });
  }

  #unable(reason: string): 'hidden' | 'refused' {
    const { settings, stats, log, complaints, engine } = this.#hiding;
    const passes = settings.onError === 'pass';
    (passes ? stats.passed : stats.refused).value++;
    const suppressed = complaints.pass(reason, engine.world.clock.now());
    if (suppressed !== undefined) {
      log.write('error', reason, { outcome: passes ? 'passed unhidden' : 'refused', suppressed });
    }
    return passes ? 'hidden' : 'refused';
  }
}

/** Why a request cannot be hidden. */
interface Inability {
  readonly kind: 'unable';
  readonly reason: string;
}

const NO_ROOM: Inability = { kind: 'unable', reason: 'there is no room for a further dialog' };
const NO_LOOK: Inability = { kind: 'unable', reason: 'the route has not set what the form of the Contact needs' };

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

const withBranch = (via: Field, plain: string, branch: string): Field =>
  branch === plain
    ? via
    : writtenField(
        H.Via,
        via.value.replace(`;branch=${plain}`, () => `;branch=${branch}`),
      );

/** Our Via is the topmost, whatever a route did, and what is to be seen of the others is below. */
function onTop({ headers }: SipRequest, own: Field | undefined, below: readonly string[]): void {
  if (own === undefined) return;
  if (below.length === 0) headers.replaceLines(H.Via, [own]);
  else if (headers.field(H.Via) !== own) putList(headers, H.Via, [own.value, ...below]);
}
