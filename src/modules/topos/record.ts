/**
 * Dialogs and crossings as text for a store: JSON with the version of its form and the life of the node that wrote it.
 * What no version of this module wrote whole is no record: readers give undefined and repair nothing.
 */
import type { Crossing } from './crossing.ts';
import { type Looks, PLAIN_LOOKS, usableLooks } from './contact-look.ts';
import { Dialog, type Face, type Leg, MAX_LEGS, type Phase, type Target } from './dialog.ts';
import type { Side } from './keys.ts';

/** Changes with every change of meaning; records of another form are not read. */
const FORM = 1;
/** Characters of a record: more than a message can bring. */
export const MAX_RECORD = 131_072;
/** Vias or routes of one record. */
export const MAX_ENTRIES = 256;

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

/** A record and the life that wrote it. */
export interface Owned<T> {
  readonly owner: string;
  readonly value: T;
}

export function dialogText(dialog: Dialog, owner: string): string {
  const { id, callId, method, a, legs, ownRoutes, phase, faces, lifeMs, masked, looks } = dialog;
  return JSON.stringify({
    ...{ v: FORM, owner, id, callId, method, phase, lifeMs, ownRoutes },
    a: legShape(a),
    legs: legs.map(legShape),
    faces: { a: faceShape(faces.a), b: faceShape(faces.b) },
    // Left out where it says nothing.
    masked: masked.a || masked.b ? masked : undefined,
    looks: looks === PLAIN_LOOKS ? undefined : looks,
  });
}

export function readDialog(text: string): Owned<Dialog> | undefined {
  const given = fieldsOf(text);
  if (given === undefined) return undefined;
  const [owner, id, callId, method] = [given['owner'], given['id'], given['callId'], given['method']].map(textOf);
  const phase = phaseOf(given['phase']);
  const ownRoutes = textsOf(given['ownRoutes']);
  const a = legOf(given['a']);
  const legs = listOf(given['legs'], MAX_LEGS, legOf);
  const faces = objectOf(given['faces']);
  if (owner === undefined || id === undefined || callId === undefined || method === undefined) return undefined;
  if (phase === undefined || ownRoutes === undefined || a === undefined || legs === undefined) return undefined;
  const [faceA, faceB] = [faceOf(faces?.['a']), faceOf(faces?.['b'])];
  if (faceA === 'bad' || faceB === 'bad') return undefined;
  const { lifeMs } = given;
  if (lifeMs !== undefined && (typeof lifeMs !== 'number' || !Number.isSafeInteger(lifeMs) || lifeMs < 0))
    return undefined;
  const looks = looksIn(given['looks']);
  const dialog = new Dialog({ id, callId, method, aTag: a.tag, a: a.target, ownRoutes, looks });
  const masked = objectOf(given['masked']);
  dialog.masked.a = masked?.['a'] === true;
  dialog.masked.b = masked?.['b'] === true;
  dialog.a.state = a.state;
  dialog.legs.push(...legs);
  dialog.phase = phase;
  dialog.lifeMs = lifeMs;
  dialog.faces.a = faceA;
  dialog.faces.b = faceB;
  return { owner, value: dialog };
}

export function crossingText(
  { branch, method, vias, recordRoutes, from, role, uri, isHidden }: Crossing,
  owner: string,
) {
  const inside = role.kind === 'inside' ? role : undefined;
  const dialog = role.kind === 'opens' || role.kind === 'inside' ? role.dialog.id : undefined;
  const refresh = inside?.refresh && targetShape(inside.refresh);
  return JSON.stringify({
    ...{ v: FORM, owner, branch, method, from, uri, isHidden, vias, recordRoutes },
    role: { kind: role.kind, dialog, leg: inside?.leg?.tag, refresh },
  });
}

export function readCrossing(text: string): Owned<StoredCrossing> | undefined {
  const given = fieldsOf(text);
  if (given === undefined) return undefined;
  const [owner, branch, method, uri] = [given['owner'], given['branch'], given['method'], given['uri']].map(textOf);
  const from = sideOf(given['from']);
  const { isHidden } = given;
  const vias = textsOf(given['vias']);
  const recordRoutes = textsOf(given['recordRoutes']);
  const role = roleOf(given['role']);
  if (owner === undefined || branch === undefined || method === undefined || uri === undefined) return undefined;
  if (from === undefined || typeof isHidden !== 'boolean' || role === undefined) return undefined;
  // A reply without a way back helps nobody.
  if (vias === undefined || vias.length === 0 || recordRoutes === undefined) return undefined;
  return { owner, value: { branch, method, vias, recordRoutes, from, role, uri, isHidden } };
}

/** Who wrote it, whatever it is; undefined for another form. */
export const ownerOf = (text: string): string | undefined => textOf(fieldsOf(text)?.['owner']);

/** A connection belongs to a process and is not kept. */
const targetShape = ({ contact, routes }: Target) => ({ contact, routes });
const legShape = ({ tag, target, state }: Leg) => ({ tag, state, ...targetShape(target) });
const faceShape = (face: Face | undefined) =>
  face?.kind === 'masked' ? face.uri : face?.kind === 'real' ? true : null;

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(text: string): Fields | undefined {
  if (text.length > MAX_RECORD) return undefined;
  try {
    const given = objectOf(JSON.parse(text));
    return given?.['v'] === FORM ? given : undefined;
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;

/** No text of a header has a line end or a NUL, or more than a byte a character, and none may get into a message. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && !/[\r\n\0]|[^\0-\xff]/.test(value) ? value : undefined;

function listOf<T>(value: unknown, max: number, read: (one: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined;
  const given: readonly unknown[] = value;
  const all = given.map(read).filter((one) => one !== undefined);
  return all.length === given.length ? all : undefined;
}

const textsOf = (value: unknown): readonly string[] | undefined => listOf(value, MAX_ENTRIES, textOf);

const sideOf = (value: unknown): Side | undefined => (value === 'a' || value === 'b' ? value : undefined);

const phaseOf = (value: unknown): Phase | undefined =>
  value === 'early' || value === 'confirmed' || value === 'ended' ? value : undefined;

const stateOf = (value: unknown): Leg['state'] | undefined =>
  value === 'early' || value === 'confirmed' || value === 'over' ? value : undefined;

function targetOf(value: unknown): Target | undefined {
  const given = objectOf(value);
  const contact = textOf(given?.['contact']);
  const routes = textsOf(given?.['routes']);
  return contact === undefined || !/^[^\0-\x20<>]+$/.test(contact) || routes === undefined
    ? undefined
    : { contact, routes, connection: 0 };
}

function legOf(value: unknown): Leg | undefined {
  const given = objectOf(value);
  const tag = textOf(given?.['tag']);
  const state = stateOf(given?.['state']);
  const target = targetOf(value);
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

function roleOf(value: unknown): StoredRole | undefined {
  const given = objectOf(value);
  const kind = given?.['kind'];
  if (kind === 'alone' || kind === 'unknown') return { kind };
  const dialog = textOf(given?.['dialog']);
  if ((kind !== 'opens' && kind !== 'inside') || dialog === undefined) return undefined;
  const [leg, refresh] = [given?.['leg'], given?.['refresh']];
  const [legTag, target] = [textOf(leg), targetOf(refresh)];
  if ((leg !== undefined && legTag === undefined) || (refresh !== undefined && target === undefined)) return undefined;
  return { kind, dialog, leg: legTag, refresh: target };
}
