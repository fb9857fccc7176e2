/** Methods as bits, numbered as in Kamailio: what a contact accepts, out of `methods` of Contact or Allow (RFC 3840). */
import { splitElements } from '../../sip/elements.ts';

const NAMES: readonly string[] = [
  'INVITE',
  'CANCEL',
  'ACK',
  'BYE',
  'INFO',
  'REGISTER',
  'SUBSCRIBE',
  'NOTIFY',
  'MESSAGE',
  'OPTIONS',
  'PRACK',
  'UPDATE',
  'REFER',
  'PUBLISH',
  'KDMQ',
  'GET',
  'POST',
  'PUT',
  'DELETE',
];

export const ALL_METHODS = 0xffff_ffff;

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** All methods that have no bit of their own share the last one. */
export function methodBit(method: string): number {
  const index = NAMES.indexOf(method);
  return 1 << (index < 0 ? NAMES.length : index);
}

/** `INVITE, ACK`; undefined when something else stands there. */
export function methodBits(text: string): number | undefined {
  let bits = 0;
  for (const method of splitElements(text)) {
    if (!TOKEN.test(method)) return undefined;
    bits |= methodBit(method);
  }
  return bits;
}
