/** The hash that Kamailio gives an address of record (`HashID` in `ul.dump`): its `core_hash` without a table size. */

export function aorHash(aor: string): number {
  let hash = 0;
  let at = 0;
  for (; at + 4 <= aor.length; at += 4) hash = mixed(hash, word(aor, at, at + 4));
  hash = mixed(hash, word(aor, at, aor.length));
  return (hash + (hash >>> 11) + (hash >>> 13) + (hash >>> 23)) >>> 0;
}

const mixed = (hash: number, value: number): number => (hash + (value ^ (value >>> 3))) >>> 0;

/** Bytes from `start` as one big-endian number. */
function word(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = ((value << 8) | (text.charCodeAt(at) & 0xff)) >>> 0;
  return value;
}
