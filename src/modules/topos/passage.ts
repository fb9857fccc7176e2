/**
 * A request on its way through: what it came with is kept before anything is taken off, and each copy that leaves shows
 * only us.
 */
import type { Passage, Received, RequestContext } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { parseMessage } from '../../sip/parse.ts';
import type { Flow } from '../../transport/flow.ts';
import { type ContactReading, readContact } from './contact-face.ts';
import type { Crossing, Role } from './crossing.ts';
import { Dialog, type Target } from './dialog.ts';
import type { Standing } from './dialogs.ts';
import { putList } from './header-lists.ts';
import { faceTowards, type Hiding } from './hiding.ts';
import { newId, otherSide, type Side } from './keys.ts';

/** Methods that open a dialog (RFC 3261, 6665, 3515). */
const OPENING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);
/** Methods whose Contact moves the target of their sender (RFC 3261 12.2, 3311, 6665). */
const REFRESHING: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);

export interface PassageParts {
  readonly hiding: Hiding;
  readonly received: Received;
  /** undefined outside of the dialogs that we know. */
  readonly standing: Standing | undefined;
  /** Record-Routes it came with. */
  readonly recordRoutes: number;
  readonly flow: Flow | undefined;
}

export class HiddenPassage implements Passage {
  readonly flow: Flow | undefined;
  readonly #hiding: Hiding;
  readonly #received: Received;
  readonly #standing: Standing | undefined;
  readonly #recordRoutes: number;

  constructor({ hiding, received, standing, recordRoutes, flow }: PassageParts) {
    this.flow = flow;
    this.#hiding = hiding;
    this.#received = received;
    this.#standing = standing;
    this.#recordRoutes = recordRoutes;
  }

  /** Who sent the request. What belongs to no dialog counts as opening one. */
  get #from(): Side {
    return this.#standing?.side ?? 'a';
  }

  leave(ctx: RequestContext, copy: SipRequest, flow: Flow): 'hidden' | 'refused' {
    const { events, crossings } = this.#hiding;
    const dropped = events.dropsOutgoing(() => leaving(ctx, copy, flow));
    const [own = '', ...vias] = copy.headers.values(H.Via);
    const routes = copy.headers.values(H.RecordRoute);
    const contact = readContact(copy);
    const branch = copy.topVia?.branch ?? '';
    const known = crossings.of(ctx.exchange, branch);
    const role = known?.role ?? this.#roleOf(ctx, copy, contact);
    if (role === undefined) return this.#unable('there is no room for a further dialog');
    if (!this.#show(ctx, copy, { role, contact, dropped, flow })) {
      return this.#unable('the route has not set what the form of the Contact needs');
    }
    const crossing: Crossing = {
      branch,
      method: copy.method,
      vias: vias.length > 0 ? vias : this.#viasReceived(),
      recordRoutes: routes.slice(routes.length - this.#recordRoutes),
      from: this.#from,
      role,
      uri: copy.uri,
      isHidden: !dropped,
      heard: undefined,
    };
    crossings.put(ctx.exchange, crossing);
    if (dropped) {
      this.#hiding.stats.unhidden.value++;
      return 'hidden';
    }
    putList(copy.headers, H.Via, [own]);
    copy.headers.remove(H.RecordRoute);
    return 'hidden';
  }

  answer(_response: SipResponse): void {}

  /** A script may have removed what replies need: then it is read once more from what arrived. */
  #viasReceived(): readonly string[] {
    const parsed = parseMessage(this.#received.bytes);
    return parsed.kind === 'request' ? parsed.message.headers.values(H.Via) : [];
  }

  #roleOf(ctx: RequestContext, copy: SipRequest, contact: ContactReading): Role | undefined {
    const standing = this.#standing;
    if (standing !== undefined) {
      const { dialog, leg } = standing;
      return { kind: 'inside', dialog, leg, refresh: this.#refresh(copy, standing, contact) };
    }
    if (copy.toTag !== undefined) return { kind: 'unknown' };
    if (!OPENING.has(copy.method)) return { kind: 'alone' };
    const dialog = this.#open(copy, contact);
    const now = this.#hiding.engine.world.clock.now();
    const { state } = ctx;
    const rings = (): boolean => state.replier !== undefined && !state.answered;
    return this.#hiding.dialogs.add(dialog, now, rings) === 'added' ? { kind: 'opens', dialog } : undefined;
  }

  #open(copy: SipRequest, contact: ContactReading): Dialog {
    const { engine, settings, stats } = this.#hiding;
    const routes = copy.headers.values(H.RecordRoute);
    const added = routes.length - this.#recordRoutes;
    if (contact.kind !== 'one') stats.bad_contacts.value++;
    return new Dialog({
      id: newId(engine.world.random, settings.context),
      callId: copy.callId ?? '',
      method: copy.method,
      aTag: copy.fromTag ?? '',
      a: this.#target(contact.kind === 'one' ? contact.address.uri : undefined, routes.slice(added)),
      ownRoutes: routes.slice(0, added),
    });
  }

  #refresh(copy: SipRequest, { dialog, leg, side }: Standing, contact: ContactReading): Target | undefined {
    if (contact.kind !== 'one' || !REFRESHING.has(copy.method)) return undefined;
    const end = side === 'a' ? dialog.a : leg;
    return this.#target(contact.address.uri, end?.target.routes ?? []);
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
    log.write('error', `topos: ${reason}`, { outcome: passes ? 'passed unhidden' : 'refused' });
    return passes ? 'hidden' : 'refused';
  }
}

interface Leaving {
  readonly role: Role;
  readonly contact: ContactReading;
  readonly dropped: boolean;
  readonly flow: Flow;
}

function leaving(ctx: RequestContext, copy: SipRequest, flow: Flow): RequestContext {
  const own = ctx.derive(copy, { route: 'event', branchIndex: ctx.branchIndex });
  own.destination.flow = flow;
  return own;
}
