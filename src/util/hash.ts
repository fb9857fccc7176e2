/**
 * A 32-bit hash of a text: FNV-1a with a final avalanche, so that texts which differ only at their end differ in every bit.
 * The same in every process. It spreads and it tells apart; it keeps no secret.
 */
export function hash32(text: string, salt = 0): number {
  let value = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value ^= salt;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
