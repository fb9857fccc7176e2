/**
 * How Kamailio's uac keeps a replaced URI in Record-Route: what stood there before, exclusive-or what stands there now,
 * in base64 with dashes. Whoever has one of the two gets the other.
 */

/** Bytes of a URI that is kept; a longer one is replaced for good. */
export const MAX_KEPT_URI = 255;

/** The password is no protection: it is laid over the text again and again. */
export function encodeUris(before: string, after: string, password: string): string {
  const mixed = mix(Buffer.from(before, 'latin1'), Buffer.from(after, 'latin1'));
  return laidOver(mixed, password).toString('base64').replaceAll('=', '-');
}

/** The other URI, for the one that stands in the message; undefined when the text was not made from it. */
export function decodeUri(text: string, present: string, password: string): string | undefined {
  if (!/^[A-Za-z0-9+/]*-{0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const mixed = laidOver(Buffer.from(text.replaceAll('-', '='), 'base64'), password);
  if (mixed.length < present.length) return undefined;
  const found = mix(mixed, Buffer.from(present, 'latin1')).toString('latin1').replace(/\0+$/, '');
  return found === '' ? undefined : found;
}

function mix(a: Buffer, b: Buffer): Buffer {
  const mixed = Buffer.alloc(Math.max(a.length, b.length));
  for (let at = 0; at < mixed.length; at++) mixed[at] = (a[at] ?? 0) ^ (b[at] ?? 0);
  return mixed;
}

function laidOver(text: Buffer, password: string): Buffer {
  const key = Buffer.from(password, 'utf8');
  if (key.length === 0) return text;
  return Buffer.from(text.map((byte, at) => byte ^ (key[at % key.length] ?? 0)));
}
