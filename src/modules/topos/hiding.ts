/** What the rooms of topos share: tables, settings, counters and the way to a face. */
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../engine/log.ts';
import type { Counter } from '../../engine/module.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { SipUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import type { RateLimit } from '../../util/rate-limit.ts';
import { detached } from '../../util/detached.ts';
import type { TmApi } from '../tm/api.ts';
import type { CallIds } from './call-ids.ts';
import type { ContactFaces } from './contact-face.ts';
import type { Crossings } from './crossing.ts';
import type { declaration } from './declaration.ts';
import type { Dialog, Face } from './dialog.ts';
import type { Dialogs } from './dialogs.ts';
import type { HidingEvents } from './events.ts';
import type { Side } from './keys.ts';
import type { BranchSealer } from './sealed-branch.ts';
import type { Storage } from './storage.ts';
import type { KeyContexts } from './key-contexts.ts';
import type { Settings } from './settings.ts';
import type { Tickets } from './tickets.ts';

export type HidingStats = { readonly [K in keyof (typeof declaration)['stats']]: Counter };

export interface Hiding {
  readonly engine: Engine;
  readonly log: Log;
  readonly settings: Settings;
  readonly stats: HidingStats;
  readonly dialogs: Dialogs;
  readonly crossings: Crossings;
  readonly events: HidingEvents;
  readonly faces: ContactFaces;
  readonly storage: Storage;
  /** Why messages could not be hidden: a line for each reason once in a while. */
  readonly complaints: RateLimit<string>;
  /** undefined without a secret that other nodes, or a later life, know as well. */
  readonly sealer: BranchSealer | undefined;
  readonly callIds: CallIds;
  readonly tickets: Tickets;
  readonly contexts: KeyContexts;
  /** Who sends the CANCEL of an INVITE that another node has sent; undefined where tm is not loaded. */
  readonly cancels: () => TmApi | undefined;
  /** Whether the checks of sanity refuse a request; false where nobody asked for them. */
  readonly isInsane: (request: SipRequest) => boolean;
}

export interface FaceWish {
  readonly to: Side;
  readonly listener: Listener;
  readonly contact: SipUri | undefined;
  /** Whether an event route wants this message to go as it is. */
  readonly dropped: boolean;
}

const REAL: Face = { kind: 'real' };

/**
 * What `to` is shown in this dialog. The first message towards a side decides, so that its Contact never changes; a later
 * `drop` that says otherwise concerns the Vias and routes of its own message.
 */
export function faceTowards({ faces, stats, events, engine, dialogs }: Hiding, dialog: Dialog, wish: FaceWish): Face {
  const decided = dialog.faces[wish.to];
  if (decided !== undefined) {
    if (wish.dropped !== (decided.kind === 'real')) {
      stats.wavering.value++;
      events.wavers(dialog.callId, engine.world.clock.now());
    }
    return decided;
  }
  const { to, listener, contact, dropped } = wish;
  const scheme = contact?.scheme ?? 'sip';
  const order = { to, id: dialog.id, listener, scheme, look: dialog.looks[to] };
  const face: Face = dropped ? REAL : { kind: 'masked', uri: detached(faces.uri(order)) };
  dialog.faces[to] = face;
  dialogs.changed(dialog);
  return face;
}
