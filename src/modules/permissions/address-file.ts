/**
 * The address file: one rule a line, `group address [mask [port [tag]]]`, from # on a comment. Also takes `address/mask`.
 */
import type { AddressRule } from './address-book.ts';

export type AddressLine =
  | { readonly kind: 'rule'; readonly rule: AddressRule }
  | { readonly kind: 'blank' }
  | { readonly kind: 'malformed'; readonly message: string };

const NUMBER = /^\d{1,9}$/;

export function parseAddressLine(text: string): AddressLine {
  const words = text.replace(/#.*$/, '').trim().split(/\s+/);
  const [group = '', address = '', ...rest] = words;
  if (group === '') return { kind: 'blank' };
  const [host = '', slash] = address.split('/');
  const [mask, port = '0', tag, ...more] = slash === undefined ? rest : [slash, ...rest];
  const numbers = [group, mask ?? '0', port];
  if (host === '' || more.length > 0 || !numbers.every((word) => NUMBER.test(word))) {
    return { kind: 'malformed', message: 'expected: group address [mask [port [tag]]]' };
  }
  return { kind: 'rule', rule: { group: Number(group), host, bits: Number(mask ?? 0), port: Number(port), tag } };
}
