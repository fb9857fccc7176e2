/** Kamailio's hash of one or several texts: four characters at a time, signed, and the rest of each. It tells apart and keeps no secret. */
export function coreHash(...texts: readonly string[]): number {
  let hash = 0;
  for (const text of texts) {
    const bytes = Buffer.from(text, 'latin1');
    const tail = bytes.length - (bytes.length % 4);
    for (let at = 0; at < tail; at += 4) hash = mix(hash, bytes.readInt32BE(at));
    let rest = 0;
    for (let at = tail; at < bytes.length; at++) rest = (rest << 8) + (bytes[at] ?? 0);
    hash = mix(hash, rest);
  }
  return (hash + (hash >>> 11) + ((hash >>> 13) + (hash >>> 23))) >>> 0;
}

const mix = (hash: number, value: number): number => (hash + ((value ^ (value >>> 3)) >>> 0)) >>> 0;
