/** What one Contact of a REGISTER asks for: how long, with what preference, for which methods and instance. */
import type { Contact } from '../../sip/contact.ts';
import { parseUri } from '../../sip/uri.ts';
import type { FaultName } from './faults.ts';
import { methodBits } from './methods.ts';

/** Bytes of a URI that a REGISTER was received from. */
export const MAX_RECEIVED = 255;

export interface TermsRules {
  readonly defaultExpires: number;
  readonly minExpires: number;
  /** 0 for none. */
  readonly maxExpires: number;
  /** Refuse what is too short, instead of making it longer. */
  readonly refuseTooBrief: boolean;
  /** Percent by which a time may be shortened, by chance: asked for, and by default. */
  readonly expiresRange: number;
  readonly defaultExpiresRange: number;
  readonly defaultQ: number;
  /** Instead of what a Contact says. */
  readonly fixedQ?: number;
  readonly contactMaxSize: number;
}

/** A whole number below 100. */
export type Percent = () => number;

export interface Terms {
  readonly uri: string;
  /** 0 asks to remove it. */
  readonly seconds: number;
  readonly q: number;
  /** Bits; undefined when the Contact does not say. */
  readonly methods: number | undefined;
  readonly instance: string;
  readonly regId: number;
  readonly received: string;
}

const DIGITS = /^\d{1,10}$/;
const SECONDS_LIMIT = 0xffff_ffff;

/** undefined for anything but a number of seconds: it is as if it were not there (RFC 3261 section 10.2.1.1). */
export function secondsIn(text: string | undefined): number | undefined {
  if (text === undefined || !DIGITS.test(text)) return undefined;
  const seconds = Number(text);
  return seconds > SECONDS_LIMIT ? undefined : seconds;
}

export function termsOf(
  contact: Contact,
  header: number | undefined,
  rules: TermsRules,
  percent: Percent,
): Terms | FaultName {
  const { params, uri } = contact;
  const received = params.unquoted('received') ?? '';
  if (uri.length > rules.contactMaxSize || received.length > MAX_RECEIVED) return 'contactLength';
  if (received !== '' && parseUri(received)?.kind !== 'sip') return 'contactParse';
  const seconds = secondsFor(params.unquoted('expires'), header, rules, percent);
  if (seconds === undefined) return 'tooBrief';
  const q = rules.fixedQ ?? weightIn(params.get('q'), rules.defaultQ);
  if (q === undefined) return 'q';
  const list = params.unquoted('methods');
  const methods = list === undefined ? undefined : methodBits(list);
  if (list !== undefined && methods === undefined) return 'methods';
  const instance = params.unquoted('+sip.instance') ?? '';
  const regId = instance === '' ? 0 : regIdIn(params.get('reg-id'));
  if (regId === undefined) return 'regId';
  return { uri, seconds, q, methods, instance, regId, received };
}

/** undefined when it is too short and that is refused. */
function secondsFor(
  own: string | undefined,
  header: number | undefined,
  rules: TermsRules,
  percent: Percent,
): number | undefined {
  const asked = own === undefined || own === '' ? header : secondsIn(own);
  if (asked === 0) return 0;
  const wanted = asked ?? rules.defaultExpires;
  if (wanted < rules.minExpires && rules.refuseTooBrief) return undefined;
  const range = asked === undefined ? rules.defaultExpiresRange : rules.expiresRange;
  const varied = range === 0 ? wanted : Math.floor(wanted * (1 - (range / 100) * (percent() / 100)));
  const seconds = Math.max(varied, rules.minExpires);
  return rules.maxExpires > 0 ? Math.min(seconds, rules.maxExpires) : seconds;
}

const Q = /^(?:0|1(?=\.?0*$))?(?:\.(\d*))?$/;

/** From 0 to 1000; digits beyond the third are left out. undefined when it is malformed. */
function weightIn(text: string | undefined, byDefault: number): number | undefined {
  if (text === undefined || text === '') return byDefault;
  const fraction = Q.exec(text);
  if (fraction === null || text === '.') return undefined;
  return text.startsWith('1') ? 1000 : Number((fraction[1] ?? '').slice(0, 3).padEnd(3, '0'));
}

/** RFC 5626 section 4.2: a number from 1 up. */
function regIdIn(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return 0;
  const id = DIGITS.test(text) ? Number(text) : 0;
  return id === 0 || id > 0x7fff_ffff ? undefined : id;
}
