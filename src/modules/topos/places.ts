/**
 * Where in a store the records of topos are. The Call-ID is the hash tag of each key, so that all records of a call are
 * on one server of a cluster; with masked Call-IDs it is that of the side that called.
 */
import { createHash } from 'node:crypto';
import type { Via } from '../../sip/via.ts';
import { plainBranch } from '../../transaction/branch.ts';
import { hashText } from '../../util/hash.ts';

const ROOT = 'topos:';
export const DIALOGS = `${ROOT}d:`;
export const CROSSINGS = `${ROOT}t:`;
export const TICKETS = `${ROOT}k:`;
export const INVITES = `${ROOT}i:`;
export const KEYLESS = `${ROOT}n:`;
const MARKS = `${ROOT}m:`;
/** A longer Call-ID is told by its hash. */
const MAX_TAG = 128;

export const dialogPlace = (callId: string, id: string): string => `${dialogsOfCall(callId)}${id}`;

/** What keys of all dialogs of a call begin with. */
export const dialogsOfCall = (callId: string): string => `${DIALOGS}{${tagOf(callId)}}:`;

/** What is sealed into a branch is for those who have no store. */
export const crossingPlace = (callId: string, branch: string): string =>
  `${CROSSINGS}{${tagOf(callId)}}:${plainBranch(branch)}`;

/** By the transaction of the caller, whose Via this is (RFC 3261 9.2). */
export function invitePlace(callId: string, { branch, host, port }: Via, cseqNumber: number | undefined): string {
  const transaction = `${cseqNumber} ${branch} ${host.toLowerCase()}:${port}`;
  return `${INVITES}{${tagOf(callId)}}:${hashText(transaction, 0)}${hashText(transaction, 1)}`;
}

/** Of the dialogs of a call that are known by their tags, because one of their sides has no key. */
export const keylessPlace = (callId: string): string => `${KEYLESS}{${tagOf(callId)}}`;

/** Whoever brings a ticket does so in a call of their own: it is found by itself. */
export const ticketPlace = (id: string): string => `${TICKETS}{${id}}`;

/** Of the life of a node: that it is gone says that the store has been emptied. */
export const markPlace = (life: string): string => `${MARKS}${life}`;

/** Braces would end the tag. */
const tagOf = (callId: string): string =>
  callId.length > MAX_TAG
    ? createHash('sha256').update(callId, 'latin1').digest('base64url')
    : callId.replaceAll(/[{}%\s]/g, encodeURIComponent);
