/** `{s.…}` on plain texts: cutting, choosing, replacing, hashing. Letters are those of ASCII, lengths are bytes. */
import { createHash } from 'node:crypto';
import { coreHash } from '../../../util/core-hash.ts';
import { elementAt } from '../stacks.ts';
import { strftime } from '../strftime.ts';
import {
  MAX_RESULT,
  plain,
  type Transformation,
  withNumber,
  withNumberAndChar,
  withNumbers,
  withText,
  withTexts,
} from './transformation.ts';

const upper = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

const INTEGER = /^[+-]?\d+$/;

/** Kamailio's numbers have 32 bits: what does not fit is none. */
function toInteger(text: string): number | null {
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  return value >= -0x8000_0000 && value <= 0x7fff_ffff ? value : null;
}

/** A length of 0 means to the end; what begins outside is null. */
function substr(text: string, offset: number, length: number): string | null {
  const from = offset < 0 ? text.length + offset : offset;
  if (from < 0 || from >= text.length || length < 0) return null;
  return length === 0 ? text.slice(from) : text.slice(from, from + length);
}

const select = (text: string, index: number, separator: string): string =>
  separator === '' ? text : (elementAt(text.split(separator), index) ?? '');

/** Null when the result would be too long. */
function replaceAll(text: string, from: string, to: string): string | null {
  if (from === '') return text;
  const parts = text.split(from);
  const length = text.length + (parts.length - 1) * (to.length - from.length);
  return length > MAX_RESULT ? null : parts.join(to);
}

function prefixes(text: string, most: number, quote: string): string | null {
  const count = most < 1 || most > text.length ? text.length : most;
  let result = '';
  for (let length = 1; length <= count; length++) {
    result += `${length === 1 ? '' : ','}${quote}${text.slice(0, length)}${quote}`;
    if (result.length > MAX_RESULT) return null;
  }
  return result;
}

function unquote(text: string): string {
  const first = text[0];
  const quoted = text.length > 1 && (first === '"' || first === "'") && text.endsWith(first);
  return quoted ? text.slice(1, -1) : text;
}

const count = (text: string, char: string): number => (char === '' ? 0 : text.split(char).length - 1);

/** Before the separator, or all where there is none. */
const upTo = (text: string, at: number): string => (at < 0 ? text : text.slice(0, at));
const from = (text: string, at: number, length: number): string => (at < 0 ? '' : text.slice(at + length));

/** Lines of so many characters; all but the first begin with so many spaces, or tabs. Null when it would be too long. */
function lines(text: string, width: number, margin: number, fill: string): string | null {
  if (width < 1 || margin < 0) return null;
  const breaks = Math.max(Math.ceil(text.length / width) - 1, 0);
  if (text.length + breaks * (margin + 1) > MAX_RESULT) return null;
  let result = text.slice(0, width);
  for (let at = width; at < text.length; at += width) {
    result += `\n${fill.repeat(margin)}${text.slice(at, at + width)}`;
  }
  return result;
}

const digest = (algorithm: string): Transformation =>
  plain((text) => createHash(algorithm).update(text, 'latin1').digest('hex'));

const DIGITS = /^\d{1,12}$/;

export const strings: Readonly<Record<string, Transformation>> = {
  's.len': plain((text) => text.length),
  's.int': plain(toInteger),
  's.substr': withNumbers(substr),
  's.select': withNumberAndChar(select),
  's.toupper': plain(upper),
  's.tolower': plain(lower),
  's.replace': withTexts(replaceAll),
  's.rm': withText((text, what) => replaceAll(text, what, '')),
  's.strip': withNumber((text, n) => (n < 1 ? text : text.slice(n))),
  's.striptail': withNumber((text, n) => (n < 1 ? text : text.slice(0, Math.max(text.length - n, 0)))),
  's.trim': plain((text) => text.trim()),
  's.ltrim': plain((text) => text.trimStart()),
  's.rtrim': plain((text) => text.trimEnd()),
  's.rmws': plain((text) => text.replace(/[ \t\r\n]+/g, '')),
  's.numeric': plain((text) => text.replace(/[^0-9]+/g, '')),
  's.prefixes': withNumber((text, n) => prefixes(text, n, ''), 0),
  's.prefixes.quoted': withNumber((text, n) => prefixes(text, n, "'"), 0),
  's.count': withText((text, char) => count(text, char.slice(0, 1))),
  's.unquote': plain(unquote),
  's.unbracket': plain((text) => (text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text)),
  's.before': withText((text, what) => upTo(text, text.indexOf(what))),
  's.after': withText((text, what) => from(text, text.indexOf(what), what.length)),
  's.stripto': withText((text, what) => from(text, text.indexOf(what), 0)),
  's.fmtlines': withNumbers((text, width, margin) => lines(text, width, margin, ' ')),
  's.fmtlinet': withNumbers((text, width, margin) => lines(text, width, margin, '\t')),
  's.rbefore': withText((text, what) => upTo(text, text.lastIndexOf(what))),
  's.rafter': withText((text, what) => from(text, text.lastIndexOf(what), what.length)),
  's.md5': digest('md5'),
  's.sha256': digest('sha256'),
  's.sha384': digest('sha384'),
  's.sha512': digest('sha512'),
  's.corehash': withNumber((text, size) => {
    const hash = coreHash(text);
    return String(size > 0 ? (hash & (size - 1)) >>> 0 : hash);
  }, 0),
  's.ftime': withText((text, format) => (DIGITS.test(text) ? strftime(format, new Date(Number(text) * 1000)) : null)),
};
