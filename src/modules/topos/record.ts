/** Dialogs and crossings as text for a store, and back: undefined for what is no whole record. */
import type { Crossing } from './crossing.ts';
import { type Looks, PLAIN_LOOKS, usableLooks } from './contact-look.ts';
import { Dialog, type Face, type Leg, MAX_LEGS, type Phase, type Target } from './dialog.ts';
import type { Side } from './keys.ts';
import {
  arrayOf,
  type Fields,
  fieldsOf,
  FORM,
  listOf,
  objectOf,
  type Owned,
  targetOf,
  textOf,
  textsOf,
} from './record-fields.ts';

/** Dialogs of one call that are known by their tags: as many as its INVITE may be forked to. */
export const MAX_KEYLESS = 32;

/** The role of a crossing, with its dialog by name. */
export type StoredRole =
  | { readonly kind: 'alone' | 'unknown' }
  | {
      readonly kind: 'opens' | 'inside';
      readonly dialog: string;
      readonly leg: string | undefined;
      readonly refresh: Target | undefined;
    };

export type StoredCrossing = Omit<
  Crossing,
  'role' | 'flow' | 'hasMoved' | 'contact' | 'replies' | 'isAdopted' | 'cameAs'
> & {
  readonly role: StoredRole;
};

/** Arrays are written several times as fast as objects, and no place is left out. */
export function dialogText(dialog: Dialog, owner: string): string {
  const { id, callId, method, a, legs, ownRoutes, phase, faces, lifeMs, masked, looks } = dialog;
  return JSON.stringify([
    FORM,
    owner,
    id,
    callId,
    method,
    phase,
    lifeMs,
    ownRoutes,
    faceShape(faces.a),
    faceShape(faces.b),
    masked.a,
    masked.b,
    looks === PLAIN_LOOKS ? null : looks,
    legShape(a),
    legs.map(legShape),
  ]);
}
const DIALOG_FIELDS = 15;

/**
 * All that may change of what the text says: as long as these values are the same, the text is. Lists are replaced, never
 * edited, and stand for what is in them.
 */
export function changeable({ phase, lifeMs, ownRoutes, faces, masked, a, legs }: Dialog): readonly unknown[] {
  const [seenByA, seenByB] = [faceShape(faces.a), faceShape(faces.b)];
  const { contact, routes } = a.target;
  const [first] = legs;
  const values: unknown[] = [
    phase,
    lifeMs,
    ownRoutes,
    seenByA,
    seenByB,
    masked.a,
    masked.b,
    a.state,
    contact,
    routes,
    first?.tag,
    first?.state,
    first?.target.contact,
    first?.target.routes,
  ];
  for (let at = 1; at < legs.length; at++) {
    const leg = legs[at];
    values.push(leg?.tag, leg?.state, leg?.target.contact, leg?.target.routes);
  }
  return values;
}

export function readDialog(text: string): Owned<Dialog> | undefined {
  const given = fieldsOf(text, DIALOG_FIELDS);
  if (given === undefined) return undefined;
  const [owner, id, callId, method] = given.slice(1, 5).map(textOf);
  const [phase, lifeMs, ownRoutes] = [phaseOf(given[5]), given[6], textsOf(given[7])];
  const [faceA, faceB] = [faceOf(given[8]), faceOf(given[9])];
  const [maskedA, maskedB] = [given[10], given[11]];
  const [a, legs] = [legOf(given[13]), listOf(given[14], MAX_LEGS, legOf)];
  if (owner === undefined || id === undefined || callId === undefined || method === undefined) return undefined;
  if (phase === undefined || ownRoutes === undefined || a === undefined || legs === undefined) return undefined;
  if (faceA === 'bad' || faceB === 'bad' || !isLife(lifeMs)) return undefined;
  if (typeof maskedA !== 'boolean' || typeof maskedB !== 'boolean') return undefined;
  const looks = looksIn(given[12]);
  const dialog = new Dialog({ id, callId, method, aTag: a.tag, a: a.target, ownRoutes, looks });
  dialog.masked.a = maskedA;
  dialog.masked.b = maskedB;
  dialog.a.state = a.state;
  dialog.legs.push(...legs);
  dialog.phase = phase;
  dialog.lifeMs = lifeMs ?? undefined;
  dialog.faces.a = faceA;
  dialog.faces.b = faceB;
  return { owner, value: dialog };
}

/** A dialog by the tag of the side that opened it. */
export interface KeylessDialog {
  readonly id: string;
  readonly aTag: string;
}

export const keylessText = (dialogs: readonly Dialog[], owner: string): string =>
  JSON.stringify([FORM, owner, dialogs.slice(0, MAX_KEYLESS).map(({ id, a }) => [id, a.tag])]);
const KEYLESS_FIELDS = 3;

export function readKeyless(text: string): Owned<readonly KeylessDialog[]> | undefined {
  const given = fieldsOf(text, KEYLESS_FIELDS);
  const owner = textOf(given?.[1]);
  const value = listOf(given?.[2], MAX_KEYLESS, (one): KeylessDialog | undefined => {
    const [id, aTag] = (arrayOf(one) ?? []).map(textOf);
    return id === undefined || aTag === undefined ? undefined : { id, aTag };
  });
  return owner === undefined || value === undefined ? undefined : { owner, value };
}

export function crossingText(
  { branch, method, vias, recordRoutes, from, role, uri, isHidden }: Crossing,
  owner: string,
): string {
  const inside = role.kind === 'inside' ? role : undefined;
  const dialog = role.kind === 'opens' || role.kind === 'inside' ? role.dialog.id : null;
  const refresh = inside?.refresh;
  return JSON.stringify([
    FORM,
    owner,
    branch,
    method,
    uri,
    from,
    isHidden,
    vias,
    recordRoutes,
    role.kind,
    dialog,
    inside?.leg?.tag,
    refresh && [refresh.contact, refresh.routes],
  ]);
}
const CROSSING_FIELDS = 13;

export function readCrossing(text: string): Owned<StoredCrossing> | undefined {
  const given = fieldsOf(text, CROSSING_FIELDS);
  if (given === undefined) return undefined;
  const [owner, branch, method, uri] = given.slice(1, 5).map(textOf);
  const [from, isHidden] = [sideOf(given[5]), given[6]];
  const [vias, recordRoutes] = [textsOf(given[7]), textsOf(given[8])];
  const role = roleOf(given.slice(9));
  if (owner === undefined || branch === undefined || method === undefined || uri === undefined) return undefined;
  if (from === undefined || typeof isHidden !== 'boolean' || role === undefined) return undefined;
  // A reply without a way back helps nobody.
  if (vias === undefined || vias.length === 0 || recordRoutes === undefined) return undefined;
  return { owner, value: { branch, method, vias, recordRoutes, from, role, uri, isHidden } };
}

/** A connection belongs to a process and is not kept. */
const legShape = ({ tag, target, state }: Leg) => [tag, state, target.contact, target.routes];
const faceShape = (face: Face | undefined): string | boolean | null =>
  face === undefined ? null : face.kind === 'masked' ? face.uri : true;

const sideOf = (value: unknown): Side | undefined => (value === 'a' || value === 'b' ? value : undefined);

const phaseOf = (value: unknown): Phase | undefined =>
  value === 'early' || value === 'confirmed' || value === 'ended' ? value : undefined;

const stateOf = (value: unknown): Leg['state'] | undefined =>
  value === 'early' || value === 'confirmed' || value === 'over' ? value : undefined;

const isLife = (value: unknown): value is number | null =>
  value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);

function legOf(value: unknown): Leg | undefined {
  const given = arrayOf(value);
  const [tag, state, target] = [textOf(given?.[0]), stateOf(given?.[1]), targetOf(given?.[2], given?.[3])];
  return tag === undefined || state === undefined || target === undefined ? undefined : { tag, state, target };
}

function faceOf(value: unknown): Face | undefined | 'bad' {
  if (value === null) return undefined;
  if (value === true) return { kind: 'real' };
  const uri = textOf(value);
  return uri === undefined ? 'bad' : { kind: 'masked', uri };
}

/** What cannot stand in a URI is as good as none: the key leads back all the same. */
function looksIn(value: unknown): Looks {
  const given = objectOf(value);
  const lookIn = (look: Fields | undefined) => ({ user: textOf(look?.['user']), host: textOf(look?.['host']) });
  const looks = { a: lookIn(objectOf(given?.['a'])), b: lookIn(objectOf(given?.['b'])) };
  return given === undefined ? PLAIN_LOOKS : (usableLooks(looks) ?? PLAIN_LOOKS);
}

function roleOf([kind, dialogGiven, legGiven, refreshGiven]: readonly unknown[]): StoredRole | undefined {
  if (kind === 'alone' || kind === 'unknown') return { kind };
  const dialog = textOf(dialogGiven);
  if ((kind !== 'opens' && kind !== 'inside') || dialog === undefined) return undefined;
  const leg = textOf(legGiven);
  const target = arrayOf(refreshGiven);
  const refresh = target && targetOf(target[0], target[1]);
  if ((legGiven !== null && leg === undefined) || (refreshGiven !== null && refresh === undefined)) return undefined;
  return { kind, dialog, leg, refresh };
}
