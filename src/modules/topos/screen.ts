/**
 * Both halves of topology hiding where messages meet them: what arrives is restored, what leaves as a reply is hidden.
 * Vias come first: nothing that goes wrong with dialogs, Contacts or routes can keep a reply from its way back.
 */
import { type Received, ReplyContext, RequestContext } from '../../engine/context.ts';
import { Exchange } from '../../engine/exchange.ts';
import type { Admission, Arrival, Relayed, Screen } from '../../engine/screen.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../sip/message.ts';
import { hostAddress, parseUri } from '../../sip/uri.ts';
import { readContact } from './contact-face.ts';
import type { Crossing } from './crossing.ts';
import type { Standing } from './dialogs.ts';
import { putList } from './header-lists.ts';
import { faceTowards, type Hiding } from './hiding.ts';
import type { Key } from './keys.ts';
import { learn } from './learn.ts';
import { HiddenPassage } from './passage.ts';
import { byTags, enterDialog, heardOf, standingOf } from './standing.ts';

/** Kamailio's tps_skip_msg. */
const UNTOUCHED: ReadonlySet<string> = new Set(['REGISTER', 'PUBLISH']);
/** What Kamailio's topos writes into messages for itself. Ours are kept here; those of others are not for our peers. */
const PRIVATE_HEADERS = ['P-SR-XUID', 'P-SR-XBranch'] as const;

const UNTOUCHED_ENTRY: Admission = { kind: 'enter', passage: undefined };
const NO_SUCH_CALL: Admission = { kind: 'refuse', status: 481, reason: 'Call/Transaction Does Not Exist' };
const BAD_CONTACT: Admission = { kind: 'refuse', status: 400, reason: 'Bad Contact Header' };

export class ToposScreen implements Screen {
  readonly #hiding: Hiding;

  constructor(hiding: Hiding) {
    this.#hiding = hiding;
  }

  request(request: SipRequest, received: Received): Admission {
    this.#removePrivate(request);
    const { events, settings } = this.#hiding;
    if (UNTOUCHED.has(request.method)) return UNTOUCHED_ENTRY;
    if (request.toTag === undefined && settings.noInitial.has(request.method)) return UNTOUCHED_ENTRY;
    if (readContact(request).kind === 'bad') {
      this.#hiding.stats.bad_contacts.value++;
      return BAD_CONTACT;
    }
    const recordRoutes = request.headers.values(H.RecordRoute).length;
    const enter = (standing: Standing | undefined, flow?: HiddenPassage['flow']): Admission => ({
      kind: 'enter',
      passage: new HiddenPassage({ hiding: this.#hiding, received, standing, recordRoutes, flow }),
    });
    const dropped = events.dropsIncoming(
      () => new RequestContext({ message: request, received, exchange: new Exchange() }, { route: 'event' }),
    );
    const key = dropped ? undefined : this.#keyIn(request);
    if (key === undefined) {
      const standing = byTags(this.#hiding.dialogs, request);
      if (standing !== undefined) heardOf(this.#hiding, request, standing);
      return enter(standing);
    }
    const dialog = this.#hiding.dialogs.get(key.id, this.#hiding.engine.world.clock.now());
    const standing = dialog === undefined ? undefined : standingOf(dialog, key.side, request, received);
    if (standing === undefined) {
      this.#hiding.stats.strangers.value++;
      return NO_SUCH_CALL;
    }
    heardOf(this.#hiding, request, standing);
    return enter(standing, enterDialog(this.#hiding, request, standing));
  }

  response(response: SipResponse, received: Received, exchange: Exchange | undefined): Arrival {
    this.#removePrivate(response);
    const { crossings, events } = this.#hiding;
    const crossing = exchange && crossings.of(exchange, response.topVia?.branch);
    if (crossing === undefined || exchange === undefined || response.cseq?.method !== crossing.method) return 'own';
    restoreVias(response, crossing);
    crossing.heard = received;
    const dropped = events.dropsIncoming(
      () => new ReplyContext({ message: response, received, exchange, request: undefined }, 'event'),
    );
    if (dropped) return 'own';
    learn(this.#hiding, response, received, crossing);
    restoreRecordRoutes(response, crossing);
    return 'own';
  }

  relay(response: SipResponse, { exchange, branch, to }: Relayed): void {
    const { crossings, events, settings, stats } = this.#hiding;
    const crossing = crossings.of(exchange, branch);
    if (crossing === undefined || response.cseq?.method !== crossing.method) return;
    const { heard = { bytes: NO_BYTES, flow: to, at: this.#hiding.engine.world.clock.wall() } } = crossing;
    const context = (): ReplyContext => {
      const ctx = new ReplyContext({ message: response, received: heard, exchange, request: undefined }, 'event');
      ctx.leavingOn = to;
      return ctx;
    };
    const dropped = events.dropsOutgoing(context);
    if (dropped) stats.unhidden.value++;
    else putList(response.headers, H.RecordRoute, crossing.recordRoutes, settings.folding.recordRoute);
    this.#showContact(response, crossing, { to, dropped });
  }

  /** What the sender of the request is shown of the one who answers. */
  #showContact(response: SipResponse, crossing: Crossing, { to, dropped }: ReplyLeaving): void {
    const { role } = crossing;
    const { faces, settings } = this.#hiding;
    const contact = readContact(response);
    const first = contact.kind === 'one' ? contact.address : undefined;
    const { status } = response;
    if (role.kind === 'unknown') return;
    if (status >= 300 && status < 400) {
      if (!dropped && settings.redirects === 'drop') response.headers.remove(H.Contact);
      return;
    }
    if (role.kind === 'alone') {
      if (!dropped && contact.kind !== 'none') faces.put(response, faces.bare(to.listener), first);
      return;
    }
    const listener = to.listener;
    const real = contact.kind === 'one' ? contact.uri : sipUri(crossing.uri);
    const face = faceTowards(this.#hiding, role.dialog, {
      to: crossing.from,
      listener,
      contact: real,
      ctx: undefined,
      dropped,
    });
    if (face?.kind !== 'masked') return;
    if (contact.kind === 'none' && !needsContact(response, crossing)) return;
    if (settings.noContact.has(crossing.method)) response.headers.remove(H.Contact);
    else faces.put(response, face.uri, first);
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

  #removePrivate({ headers }: SipMessage): void {
    for (const name of PRIVATE_HEADERS) this.#hiding.stats.foreign_headers.value += headers.remove(name);
  }
}

interface ReplyLeaving {
  readonly to: Relayed['to'];
  readonly dropped: boolean;
}

const NO_BYTES = new Uint8Array(0);

const sipUri = (text: string) => {
  const uri = parseUri(text);
  return uri?.kind === 'sip' ? uri : undefined;
};

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

/** RFC 3261 12.1.1: the UAS "MUST add a Contact header field to the response" that makes a dialog. */
const needsContact = ({ status }: SipResponse, { role, method }: Crossing): boolean =>
  status >= 200 && status < 300 && (role.kind === 'opens' || method === 'INVITE' || method === 'UPDATE');
