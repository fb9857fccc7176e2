/**
 * Keys: what a hidden Contact carries in place of the address. `a` + id is what the side that opened the dialog (A) is
 * shown of the other one (B), `b` + id what B is shown of A. The letters and the prefix are Kamailio's.
 */
import type { Random } from '../../world/world.ts';

/** A opened the dialog, B is the other side. */
export type Side = 'a' | 'b';

export const otherSide = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** 128 bits. */
export const KEY_BYTES = 16;
const HEX_DIGITS = KEY_BYTES * 2;
const PREFIX = 'tpsh-';
/** Domains of users who lower-case a user part do no harm: it is lower case. */
const KEY = new RegExp(`^([ab])${PREFIX}((?:[A-Za-z0-9_]{1,12}-)?[0-9a-f]{${HEX_DIGITS}})$`);

export interface Key {
  /** Who is shown it. */
  readonly side: Side;
  readonly id: string;
}

/** A fresh id. `context` is Kamailio's namespace, '' for none. */
export function newId(random: Random, context: string): string {
  const hex = Buffer.from(random.bytes(KEY_BYTES)).toString('hex');
  return context === '' ? hex : `${context}-${hex}`;
}

export const keyText = (side: Side, id: string): string => `${side}${PREFIX}${id}`;

/** undefined for what does not have the form of a key. */
export function readKey(text: string): Key | undefined {
  const match = KEY.exec(text);
  const [, side, id] = match ?? [];
  return id === undefined || (side !== 'a' && side !== 'b') ? undefined : { side, id };
}
