/**
 * Both halves of topology hiding where messages meet them: what arrives is restored, what leaves as a reply is hidden.
 * Vias come first: nothing that goes wrong with dialogs, Contacts or routes can keep a reply from its way back.
 */
import { type NextHop, type Received, ReplyContext, RequestContext } from '../../engine/context.ts';
import { Exchange } from '../../engine/exchange.ts';
import type { Admission, Arrival, Relayed, Screen } from '../../engine/screen.ts';
import type { Field } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../sip/message.ts';
import { parseMessage } from '../../sip/parse.ts';
import { hostAddress } from '../../sip/uri.ts';
import { adopt, adoptedCrossing } from './adoption.ts';
import { cancelSent } from './cancel-elsewhere.ts';
import { readContact } from './contact-face.ts';
import { type Crossing, type KnownReply, MAX_KNOWN_REPLIES } from './crossing.ts';
import type { Dialog } from './dialog.ts';
import type { Standing } from './dialogs.ts';
import { fetchDialog, type Fetching, fetchKeyless, fetchReferred, fetchTicket } from './fetch.ts';
import { isList, putList } from './header-lists.ts';
import type { Hiding } from './hiding.ts';
import type { Key } from './keys.ts';
import { learn } from './learn.ts';
import { refreshAddress } from './node-address.ts';
import { HiddenPassage } from './passage.ts';
import { redeem } from './redeem.ts';
import { restoreReferTo } from './refer.ts';
import { showContact } from './reply-contact.ts';
import { byTags, enterDialog, heardOf, isMasked, standingOf } from './standing.ts';
import type { TicketTarget } from './tickets.ts';

const UNTOUCHED: ReadonlySet<string> = new Set(['REGISTER', 'PUBLISH']);
/** Methods that make no sense without a Contact that can be read: it is where their sender wants to be reached. */
const NEEDING_CONTACT: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

const UNTOUCHED_ENTRY: Admission = { kind: 'enter', passage: undefined };
const NO_SUCH_CALL: Admission = { kind: 'answer', status: 481, reason: 'Call/Transaction Does Not Exist' };
const CANCELING: Admission = { kind: 'answer', status: 200, reason: 'canceling' };
const TRY_LATER: Admission = { kind: 'answer', status: 503, reason: 'Service Unavailable' };
const NO_SUCH_TICKET: Admission = { kind: 'answer', status: 404, reason: 'Not Found' };
const BAD_CONTACT: Admission = { kind: 'answer', status: 400, reason: 'Bad Contact Header' };

export class ToposScreen implements Screen {
  readonly renamesCalls: boolean;
  readonly #hiding: Hiding;

  #isRetired = false;

  constructor(hiding: Hiding) {
    this.renamesCalls = hiding.settings.masksCallId;
    this.#hiding = hiding;
  }

  retire(): void {
    this.#isRetired = true;
  }

  recognise(message: SipMessage): void {
    const isUntouched =
      message.kind === 'request' ? this.#isUntouched(message) : UNTOUCHED.has(message.cseq?.method ?? '');
    if (!isUntouched) this.#hiding.callIds.recognise(message);
  }

  request(request: SipRequest, received: Received, isClaimed: boolean): Admission | Promise<Admission> {
    const elsewhere = request.method === 'CANCEL' && !isClaimed ? this.#cancelled(request) : undefined;
    const admission =
      elsewhere?.then((found) => found ?? this.#screened(request, received)) ?? this.#screened(request, received);
    return admission instanceof Promise
      ? admission.then((late) => this.#answerable(late, request, received))
      : this.#answerable(admission, request, received);
  }

  /** RFC 3261 16.10: whoever has sent the INVITE on answers its CANCEL, and cancels what it has sent. */
  #cancelled(cancel: SipRequest): Promise<Admission | undefined> | undefined {
    const { storage, engine } = this.#hiding;
    return storage.lookups?.invites(cancel)?.then((found) => {
      if (found.kind !== 'found' || found.owner === engine.branches.life) return undefined;
      cancelSent(this.#hiding, cancel, found.value);
      return CANCELING;
    });
  }

  #answerable(admission: Admission, request: SipRequest, received: Received): Admission {
    if (admission.kind === 'enter') return admission;
    const cameAs = this.#hiding.callIds.cameAs(request);
    // Its reply, too, bears the Call-ID that its sender knows.
    if (cameAs === undefined) return admission;
    const names = { cameAs, referred: undefined, masked: false, ticket: undefined };
    const parts = { hiding: this.#hiding, request, received, standing: undefined, nextHop: undefined, names };
    return { ...admission, passage: new HiddenPassage(parts) };
  }

  #screened(request: SipRequest, received: Received): Admission | Promise<Admission> {
    removePrivate(this.#hiding, request);
    const { stats } = this.#hiding;
    if (this.#isUntouched(request)) return UNTOUCHED_ENTRY;
    if (request.headers.has(H.Contact) && readContact(request).kind === 'bad') {
      stats.bad_contacts.value++;
      if (NEEDING_CONTACT.has(request.method)) return BAD_CONTACT;
    }
    const isLeft = this.#isDroppedIn(request, received) || this.#hiding.isInsane(request);
    const namesMasked = this.#hiding.callIds.recogniseReferences(request);
    const arrived: Arrived = { request, received, isLeft, namesMasked };
    if (isLeft) return this.#byTags(arrived);
    const fetching = request.method === 'REFER' ? fetchReferred(this.#hiding, request) : undefined;
    return this.#after(fetching, () => this.#redeemed(arrived)) ?? this.#redeemed(arrived);
  }

  /** Goes on when what was not here has been fetched; undefined when nothing has to be. */
  #after(fetching: Fetching, goOn: () => Admission | Promise<Admission>): Promise<Admission> | undefined {
    return fetching?.then((outcome) => (outcome === 'away' ? TRY_LATER : goOn()));
  }

  /** By the ticket that it came with. */
  #redeemed(arrived: Arrived): Admission | Promise<Admission> {
    const { request } = arrived;
    const ticket = redeem(this.#hiding, request);
    switch (ticket.kind) {
      case 'none':
        return this.#byKey(arrived);
      case 'redeemed':
        return this.#enter(arrived, undefined, ticket);
      case 'outsideOnly':
        return NO_SUCH_CALL;
      case 'unknown': {
        const found = (): Admission => {
          const late = redeem(this.#hiding, request);
          return late.kind === 'redeemed' ? this.#enter(arrived, undefined, late) : NO_SUCH_TICKET;
        };
        return this.#after(fetchTicket(this.#hiding, ticket.uri), found) ?? NO_SUCH_TICKET;
      }
    }
  }

  #byKey(arrived: Arrived): Admission | Promise<Admission> {
    const { request, received } = arrived;
    const { dialogs, engine } = this.#hiding;
    const key = this.#keyIn(request);
    if (key === undefined) return this.#byTags(arrived);
    const dialog = dialogs.get(key.id, engine.world.clock.now());
    if (dialog !== undefined) return this.#admit(arrived, dialog, key);
    const found = (): Admission => this.#admit(arrived, dialogs.get(key.id, engine.world.clock.now()), key);
    return this.#after(fetchDialog(this.#hiding, key, request, received), found) ?? found();
  }

  #byTags(arrived: Arrived): Admission | Promise<Admission> {
    const { request, received } = arrived;
    const look = (): Standing | undefined => byTags(this.#hiding.dialogs, request, received);
    const standing = look();
    const fetching = standing === undefined ? fetchKeyless(this.#hiding, request) : undefined;
    return this.#after(fetching, () => this.#keyless(arrived, look())) ?? this.#keyless(arrived, standing);
  }

  /** Its sender has no key, or has not used it. */
  #keyless(arrived: Arrived, standing: Standing | undefined): Admission {
    if (standing === undefined && this.#isRetired) return UNTOUCHED_ENTRY;
    if (standing !== undefined && !isMasked(standing)) this.#heard(arrived, standing);
    return this.#enter(arrived, standing);
  }

  /** By the key that it used. */
  #admit(arrived: Arrived, dialog: Dialog | undefined, { side }: Key): Admission {
    const { request, received } = arrived;
    const standing = dialog && standingOf(dialog, side, request, received);
    if (standing === undefined) {
      this.#hiding.stats.strangers.value++;
      return NO_SUCH_CALL;
    }
    this.#heard(arrived, standing);
    return this.#enter(arrived, standing, { nextHop: enterDialog(this.#hiding, request, standing) });
  }

  response(response: SipResponse, received: Received, exchange: Exchange | undefined): Arrival | Promise<Arrival> {
    removePrivate(this.#hiding, response);
    if (exchange === undefined) return 'own';
    const reply = { response, received, exchange };
    const crossing = this.#crossingOf(response, exchange);
    if (crossing !== undefined) return this.#restore(reply, crossing);
    const found = adoptedCrossing(this.#hiding, response, received);
    const take = (adopted: Crossing | undefined): Arrival => {
      if (adopted === undefined) return 'own';
      adopt(this.#hiding, adopted, reply);
      return this.#restore(reply, adopted);
    };
    return found instanceof Promise ? found.then(take) : take(found);
  }

  #restore({ response, received, exchange }: Returned, crossing: Crossing): Arrival {
    const { stats, storage } = this.#hiding;
    if (crossing.isAdopted) stats.adopted.value++;
    restoreVias(response, crossing);
    storage.ledger?.answered(crossing, response.status);
    const dropped = this.#isDroppedBack({ response, received, exchange }, crossing);
    crossing.contact = readContact(response);
    // Who answered is remembered all the same: the sender is hidden from it, or it from the sender.
    learn(this.#hiding, response, received, crossing);
    if (!dropped) restoreRecordRoutes(response, crossing);
    return crossing.isAdopted ? 'adopted' : 'own';
  }

  relay(response: SipResponse, relayed: Relayed): void {
    const { crossings, settings, stats, callIds } = this.#hiding;
    const { exchange, branch } = relayed;
    const crossing = crossings.of(exchange, branch, response.cseq?.method) ?? this.#crossingLost(response, exchange);
    if (crossing === undefined) return;
    callIds.showAs(response, crossing.cameAs);
    const dropped = this.#isDroppedOn(response, relayed, crossing);
    if (dropped) stats.unhidden.value++;
    // A route may have edited them: RFC 3261 8.2.6.2 has them in a reply as they were in the request.
    const { folding } = settings;
    if (folding.via || !isList(response.headers, H.Via, crossing.vias)) {
      putList(response.headers, H.Via, crossing.vias, folding.via);
    }
    if (!dropped && !needsRoutes(crossing)) {
      putList(response.headers, H.RecordRoute, crossing.recordRoutes, folding.recordRoute);
    } else if (knownReply(crossing, response)?.isDroppedIn === true) {
      restoreRecordRoutes(response, crossing);
    }
    showContact(this.#hiding, response, crossing, { to: relayed.to, dropped });
    // It would keep the whole reply.
    crossing.contact = undefined;
  }

  #enter(
    { request, received, isLeft, namesMasked }: Arrived,
    standing: Standing | undefined,
    way: Way = {},
  ): Admission {
    const referred = isLeft ? undefined : restoreReferTo(this.#hiding, request, standing);
    const cameAs = this.#hiding.callIds.cameAs(request);
    const names = { cameAs, referred, masked: namesMasked, ticket: way.target };
    const { nextHop } = way;
    const passage = new HiddenPassage({ hiding: this.#hiding, request, received, standing, nextHop, names });
    return { kind: 'enter', passage };
  }

  #heard({ request, received }: Arrived, standing: Standing): void {
    const { engine, settings, dialogs } = this.#hiding;
    heardOf(this.#hiding, request, received, standing);
    if (settings.refreshesAddress && request.method !== 'OPTIONS') {
      const { dialog } = standing;
      if (refreshAddress(dialog, engine.transport, received.flow.listener)) dialogs.changed(dialog);
    }
  }

  /** Kamailio's tps_skip_msg, and what the operator excepts. */
  #isUntouched({ method, toTag }: SipRequest): boolean {
    return UNTOUCHED.has(method) || (toTag === undefined && this.#hiding.settings.noInitial.has(method));
  }

  #isDroppedIn(request: SipRequest, received: Received): boolean {
    const { events, engine } = this.#hiding;
    if (!events.watchIncoming) return false;
    const now = engine.world.clock.now();
    const said = events.saidOf(request, now);
    if (said !== undefined) return said;
    const parts = { message: request, received, exchange: new Exchange() };
    const dropped = events.dropIncoming(new RequestContext(parts, { route: 'event' }));
    events.remember(request, dropped, now);
    return dropped;
  }

  #isDroppedBack({ response, received, exchange }: Returned, crossing: Crossing): boolean {
    const { events } = this.#hiding;
    if (!events.watchIncoming && !events.watchOutgoing) return false;
    const { raw } = response;
    crossing.replies ??= [];
    const known = knownReply(crossing, response);
    if (known !== undefined) return known.isDroppedIn;
    const ctx = new ReplyContext({ message: response, received, exchange, request: undefined }, 'event');
    const isDroppedIn = events.watchIncoming && events.dropIncoming(ctx);
    if (crossing.replies.length >= MAX_KNOWN_REPLIES) crossing.replies.shift();
    crossing.replies.push({ raw, received, isDroppedIn, isDroppedOut: undefined });
    return isDroppedIn;
  }

  #isDroppedOn(response: SipResponse, { exchange, to }: Relayed, crossing: Crossing): boolean {
    const { events, engine } = this.#hiding;
    if (!events.watchOutgoing) return false;
    const known = knownReply(crossing, response);
    if (known?.isDroppedOut !== undefined) return known.isDroppedOut;
    const received = known?.received ?? { bytes: NO_BYTES, flow: to, at: engine.world.clock.wall() };
    const ctx = new ReplyContext({ message: response, received, exchange, request: undefined }, 'event');
    ctx.leavingOn = to;
    const dropped = events.dropOutgoing(ctx);
    if (known !== undefined) known.isDroppedOut = dropped;
    return dropped;
  }

  #crossingOf(response: SipResponse, exchange: Exchange): Crossing | undefined {
    const { crossings, engine } = this.#hiding;
    const branch = response.topVia?.branch ?? '';
    const method = response.cseq?.method ?? '';
    const crossing = crossings.of(exchange, branch, method);
    if (crossing !== undefined) return crossing;
    const now = engine.world.clock.now();
    const stateless = crossings.stateless(branch, method, now);
    if (stateless === undefined) return undefined;
    // It rings on.
    if (response.status < 200) crossings.keep(stateless, now);
    crossings.put(exchange, stateless);
    return stateless;
  }

  /** A route took our Via off a reply: what arrived still has it. */
  #crossingLost({ raw }: SipResponse, exchange: Exchange): Crossing | undefined {
    const { crossings } = this.#hiding;
    if (!crossings.hasAny(exchange)) return undefined;
    const parsed = parseMessage(Buffer.from(raw, 'latin1'));
    if (parsed.kind !== 'response') return undefined;
    const { topVia, cseq } = parsed.message;
    return crossings.of(exchange, topVia?.branch, cseq?.method);
  }

  #keyIn(request: SipRequest): Key | undefined {
    const uri = request.parsedUri;
    if (uri?.kind !== 'sip') return undefined;
    const { faces, dialogs, engine } = this.#hiding;
    const key = faces.keyIn(uri);
    if (key === undefined || dialogs.get(key.id, engine.world.clock.now()) !== undefined) return key;
    // Another node's key for another address is none of ours.
    return engine.transport.isLocal(hostAddress(uri.host), uri.port) || faces.isOurHost(uri.host) ? key : undefined;
  }
}

/** A request that is not left alone altogether. */
interface Arrived {
  readonly request: SipRequest;
  readonly received: Received;
  /** Whether what it names is left as it is. */
  readonly isLeft: boolean;
  /** Whether it names other calls by masked ids. */
  readonly namesMasked: boolean;
}

/** Where it goes, and by which ticket. */
interface Way {
  readonly nextHop?: NextHop | undefined;
  readonly target?: TicketTarget;
}

interface Returned {
  readonly response: SipResponse;
  readonly received: Received;
  readonly exchange: Exchange;
}

const knownReply = ({ replies }: Crossing, { raw }: SipResponse): KnownReply | undefined =>
  replies?.find((reply) => reply.raw === raw);

const NO_BYTES = new Uint8Array(0);

/** Kamailio's topos writes P-SR-XUID and P-SR-XBranch for itself. Ours are kept here; others' are not for our peers. */
function removePrivate({ stats }: Hiding, { headers }: SipMessage): void {
  let found: Field[] | undefined;
  for (let at = 0; at < headers.size; at++) {
    if (headers.idAt(at) !== 0) continue;
    const field = headers.fieldAt(at);
    if (!isPrivate(field)) continue;
    found ??= [];
    found.push(field);
  }
  if (found === undefined) return;
  stats.foreign_headers.value += found.length;
  for (const field of found) headers.removeField(field);
}

const isPrivate = ({ source, start }: Field): boolean =>
  source.charCodeAt(start + 1) === DASH && source.slice(start, start + PRIVATE.length).toLowerCase() === PRIVATE;
const DASH = 0x2d;
const PRIVATE = 'p-sr-';

/** Those of the request below our own, whatever the peer made of what it was shown. */
function restoreVias({ headers }: SipResponse, { vias }: Crossing): void {
  const own = headers.firstValue(H.Via);
  if (own !== undefined) putList(headers, H.Via, [own, ...vias]);
}

/** As the route would see them without hiding: those below us, ours, those above. */
function restoreRecordRoutes({ headers }: SipResponse, { role, recordRoutes, isHidden }: Crossing): void {
  if (!isHidden) return;
  const own = role.kind === 'opens' ? role.dialog.ownRoutes : [];
  const all = [...headers.values(H.RecordRoute), ...own, ...recordRoutes];
  if (all.length > 0) putList(headers, H.RecordRoute, all);
}

/** A side that knows the real Contact gets there along our Record-Route, also when only this reply is to be hidden. */
const needsRoutes = ({ role, from }: Crossing): boolean =>
  role.kind === 'opens' && role.dialog.faces[from]?.kind === 'real';
