/**
 * Under which Call-ID each side knows a call. In here everything goes by the id of the side that opened the dialog; the
 * other one sees a masked id, which becomes the real one before anything is looked up, and masked again on its way out.
 */
import type { Random } from '../../world/world.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage, SipRequest } from '../../sip/message.ts';
import { type CallReference, translateReferences } from './call-references.ts';
import { type CallIdMask, MASK_PREFIX, MAX_MASKABLE } from './callid-mask.ts';
import type { Role } from './crossing.ts';
import type { Dialog } from './dialog.ts';
import type { Dialogs } from './dialogs.ts';
import { otherSide, type Side } from './keys.ts';

/** Of the key that is made when no secret is given. */
const RANDOM_KEY_BYTES = 32;
export const randomSecret = (random: Random): Uint8Array => random.bytes(RANDOM_KEY_BYTES);

/** A request about to leave. */
export interface LeavingCall {
  readonly role: Role;
  readonly from: Side;
  /** The masked id that it came with. */
  readonly cameAs: string | undefined;
  /** Its receiver sees it as if there were no hiding. */
  readonly dropped: boolean;
}

export interface ReferenceView {
  /** Of calls that this node does not know: whether the request came with a masked id, or its ticket says so. */
  readonly wereMasked: boolean;
  /** Whether its Refer-To is a ticket. */
  readonly byTicket: boolean;
}

export class CallIds {
  readonly #mask: CallIdMask;
  readonly #dialogs: Dialogs;
  /** Whether calls that begin now are masked. */
  readonly #masks: boolean;
  readonly #came = new WeakMap<SipMessage, string>();

  constructor(mask: CallIdMask, dialogs: Dialogs, masks: boolean) {
    this.#mask = mask;
    this.#dialogs = dialogs;
    this.#masks = masks;
  }

  /** Gives a message that arrived the Call-ID that it is known by in here. What does not authenticate stays. */
  recognise(message: SipMessage): void {
    const masked = message.headers.get(H.CallId);
    if (masked === undefined || !masked.startsWith(MASK_PREFIX)) return;
    const plain = this.#mask.unmask(masked);
    if (plain === undefined) return;
    this.#came.set(message, masked);
    put(message, plain);
  }

  /** The masked id that this message came with. */
  cameAs(message: SipMessage): string | undefined {
    return this.#came.get(message);
  }

  /** The masked id that this side knows the call by; undefined when it knows the real one. */
  seenBy(side: Side, { masked, callId }: Dialog): string | undefined {
    return masked[side] ? this.#mask.mask(callId) : undefined;
  }

  /** Gives a message the id under which its receiver knows the call. */
  showAs(message: SipMessage, callId: string | undefined): void {
    if (callId !== undefined) put(message, callId);
  }

  /** Whether the id of a request is too long for this. */
  isTooLong({ callId = '' }: SipRequest): boolean {
    return this.#masks && callId.length > MAX_MASKABLE;
  }

  /** Masks the id of a request where its receiver is to see another one. What is decided for a dialog never changes. */
  leave(request: SipRequest, call: LeavingCall): void {
    if (this.#isMasked(call)) this.showAs(request, this.#mask.mask(request.callId ?? ''));
  }

  #isMasked({ role, from, cameAs, dropped }: LeavingCall): boolean {
    switch (role.kind) {
      case 'opens':
        role.dialog.masked.a = cameAs !== undefined;
        role.dialog.masked.b = this.#masks && role.dialog.faces.b?.kind === 'masked';
        return role.dialog.masked.b;
      case 'inside':
        return role.dialog.masked[otherSide(from)];
      case 'alone':
        return this.#masks && !dropped;
      case 'unknown':
        return cameAs !== undefined;
    }
  }

  /** Other calls that a request names, as they are known in here. Gives whether one of them was masked. */
  recogniseReferences(request: SipRequest): boolean {
    if (!this.#masks) return false;
    let found = false;
    translateReferences(request, ({ callId }) => {
      const plain = this.#mask.unmask(callId);
      found ||= plain !== undefined;
      return plain;
    });
    return found;
  }

  /**
   * Other calls that a request names, as those know them who are asked to do something with them. What is asked for later
   * by way of a ticket comes back to us: whoever brings it need not know more than a masked id.
   */
  showReferences(request: SipRequest, { wereMasked, byTicket }: ReferenceView): void {
    if (!this.#masks) return;
    translateReferences(request, (reference) => {
      const isMasked = reference.isForLater && byTicket ? true : this.#isReferenceMasked(reference, wereMasked);
      return isMasked ? this.#mask.mask(reference.callId) : undefined;
    });
  }

  #isReferenceMasked({ header, callId, params }: CallReference, wereMasked: boolean): boolean {
    // RFC 3261 20.21: it names calls that its receiver has made.
    if (header === 'In-Reply-To') return false;
    const calls = this.#dialogs.ofCall(callId);
    // RFC 4538: it names a dialog between its sender and its receiver, and they know it by different ids.
    if (header === 'Target-Dialog') return !wereMasked && calls.some(({ masked }) => masked.b);
    // RFC 3891 section 3: the to-tag is the receiver's own.
    const tag = params.get('to-tag') ?? '';
    for (const dialog of calls) {
      if (dialog.a.tag === tag) return dialog.masked.a;
      if (dialog.leg(tag) !== undefined) return dialog.masked.b;
    }
    // Another node's call: whoever named it knows it so.
    return wereMasked;
  }
}

function put({ headers }: SipMessage, callId: string): void {
  const field = headers.field(H.CallId);
  if (field !== undefined) headers.replaceField(field, callId);
}
