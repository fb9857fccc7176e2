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

/** The hash in seven characters, 0 to 9 and a to z. By hand: `toString(36)` of so large a number goes through a double. */
export function hashText(text: string, salt: number): string {
  let rest = hash32(text, salt);
  const digit = (): number => {
    const value = rest % 36;
    // The shift says that it stays an integer of 32 bits, or the next remainder is one of doubles.
    rest = (rest / 36) >>> 0;
    return value < 10 ? 0x30 + value : 0x57 + value;
  };
  const low = [digit(), digit(), digit(), digit(), digit(), digit(), digit()] as const;
  return String.fromCharCode(low[6], low[5], low[4], low[3], low[2], low[1], low[0]);
}
