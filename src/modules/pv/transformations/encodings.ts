/** `{s.encode.…}`, `{s.escape.…}` and their opposites. What cannot be decoded gives null. */
import { plain, type Transformation } from './transformation.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const hex = (code: number): string => `%${code.toString(16).padStart(2, '0')}`;

const HEX = /^(?:[0-9A-Fa-f]{2})*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const BASE64_URL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/;
const BASE64_BARE = /^[A-Za-z0-9+/]*$/;

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** The work grows with the square of the length. */
const MAX_BASE58 = 1024;

/** Carries every digit of a number from one base into another, most significant first. */
function rebase(digits: Iterable<number>, from: number, to: number): number[] {
  const result: number[] = [];
  for (const digit of digits) {
    let carry = digit;
    for (let i = result.length - 1; i >= 0; i--) {
      carry += (result[i] ?? 0) * from;
      result[i] = carry % to;
      carry = Math.floor(carry / to);
    }
    for (; carry > 0; carry = Math.floor(carry / to)) result.unshift(carry % to);
  }
  return result;
}

function leading<T>(list: readonly T[], wanted: T): number {
  const at = list.findIndex((item) => item !== wanted);
  return at < 0 ? list.length : at;
}

function encodeBase58(text: string): string | null {
  if (text.length > MAX_BASE58) return null;
  const bytes = [...bytesOf(text)];
  const digits = rebase(bytes, 256, 58).map((digit) => BASE58[digit] ?? '');
  return '1'.repeat(leading(bytes, 0)) + digits.join('');
}

function decodeBase58(text: string): string | null {
  const digits = Array.from(text, (char) => BASE58.indexOf(char));
  if (text.length > MAX_BASE58 || digits.includes(-1)) return null;
  const bytes = rebase(digits, 58, 256);
  return '\0'.repeat(leading(digits, 0)) + String.fromCharCode(...bytes);
}

/** Characters of seven bits one after the other, lowest bit first, as in SMS (3GPP TS 23.038). */
function pack7(text: string): string {
  let bits = 0;
  let held = 0;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    held |= (text.charCodeAt(at) & 0x7f) << bits;
    bits += 7;
    if (bits >= 8) {
      bytes.push(held & 0xff);
      held >>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) bytes.push(held & 0xff);
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

function unpack7(text: string): string | null {
  if (!HEX.test(text)) return null;
  let bits = 0;
  let held = 0;
  let result = '';
  for (const byte of Buffer.from(text, 'hex')) {
    held |= byte << bits;
    for (bits += 8; bits >= 7; bits -= 7) {
      result += String.fromCharCode(held & 0x7f);
      held >>= 7;
    }
  }
  // What fills the last byte is no character.
  return result.endsWith('\0') ? result.slice(0, -1) : result;
}

/** Escapes what `safe` does not match; controls and bytes beyond ASCII cannot stand there at all. */
function escaping(safe: RegExp): (text: string) => string | null {
  return (text) => {
    if (/[^ -~]/.test(text)) return null;
    return text.replace(/[^A-Za-z0-9]/g, (char) => (safe.test(char) ? char : hex(char.charCodeAt(0))));
  };
}

const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

function unescape(text: string): string | null {
  if (BAD_ESCAPE.test(text)) return null;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** `user` and `paramchar` of RFC 3261 section 25.1, without the slash in a user. */
const USER = /[-_.!~*'()&=+$,;?]/;
const PARAM = /[-_.!~*'()[\]/:&+$]/;

const escapeCommon = (text: string): string =>
  text.replace(/['"\\\0]/g, (char) => (char === '\0' ? '\\0' : `\\${char}`));
const unescapeCommon = (text: string): string =>
  text.replace(/\\(['"\\0])/g, (_, char: string) => (char === '0' ? '\0' : char));

export const encodings: Readonly<Record<string, Transformation>> = {
  's.encode.hexa': plain((text) => bytesOf(text).toString('hex')),
  's.decode.hexa': plain((text) => (HEX.test(text) ? Buffer.from(text, 'hex').toString('latin1') : null)),
  's.encode.base64': plain((text) => bytesOf(text).toString('base64')),
  's.decode.base64': plain((text) => (BASE64.test(text) ? Buffer.from(text, 'base64').toString('latin1') : null)),
  's.encode.base64t': plain((text) => bytesOf(text).toString('base64').replace(/=+$/, '')),
  's.decode.base64t': plain((text) => (BASE64_BARE.test(text) ? Buffer.from(text, 'base64').toString('latin1') : null)),
  's.encode.base64url': plain((text) => padded(bytesOf(text).toString('base64url'))),
  's.decode.base64url': plain(decodeBase64Url),
  's.encode.base64urlt': plain((text) => bytesOf(text).toString('base64url')),
  's.decode.base64urlt': plain(decodeBase64Url),
  's.encode.base58': plain(encodeBase58),
  's.decode.base58': plain(decodeBase58),
  's.encode.7bit': plain(pack7),
  's.decode.7bit': plain(unpack7),
  's.escape.common': plain(escapeCommon),
  's.unescape.common': plain(unescapeCommon),
  's.escape.user': plain(escaping(USER)),
  's.unescape.user': plain(unescape),
  's.escape.param': plain(escaping(PARAM)),
  's.unescape.param': plain(unescape),
  's.escape.csv': plain((text) => `"${text.replaceAll('"', '""')}"`),
  's.urlencode.param': plain((text) => text.replace(/[^A-Za-z0-9\-_.~]/g, (char) => hex(char.charCodeAt(0)))),
  's.urldecode.param': plain((text) => unescape(text.replaceAll('+', ' '))),
};

const padded = (text: string): string => text + '='.repeat((4 - (text.length % 4)) % 4);

function decodeBase64Url(text: string): string | null {
  return BASE64_URL.test(text) ? Buffer.from(text, 'base64url').toString('latin1') : null;
}
