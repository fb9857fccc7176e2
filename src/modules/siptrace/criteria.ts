/** What a trace rule looks for in a request that opens an exchange: `caller=alice,method=INVITE`. All of it must hold. */
import type { SipRequest } from '../../sip/message.ts';
import { parseUri, type Uri } from '../../sip/uri.ts';
import type { NameAddr } from '../../sip/name-addr.ts';
import { formatIp, parseIp } from '../../util/ip.ts';

/** Criteria of one rule. */
export const MAX_CRITERIA = 8;

/** `caller` is From, `callee` To, `ruri` the Request-URI, `user` any of the three, `ip` the source of the message. */
export const CRITERIA = ['caller', 'callee', 'ruri', 'user', 'ip', 'callid', 'method'] as const;
export type CriterionName = (typeof CRITERIA)[number];

export interface Criterion {
  readonly name: CriterionName;
  /** A user `alice` or `alice@example.com`, an address in canonical form, a Call-ID, a method. */
  readonly value: string;
}

export const isCriterion = (name: string): name is CriterionName => CRITERIA.some((one) => one === name);

/** What is wrong with the text, or what it means. */
export function parseCriteria(text: string): readonly Criterion[] | string {
  const found: Criterion[] = [];
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals)).trim();
    const given = part.slice(equals + 1).trim();
    if (!isCriterion(name) || given === '') return `write ${CRITERIA.join('=, ')}=, not ${JSON.stringify(part)}`;
    const value = valueOf(name, given);
    if (value === undefined) return `${JSON.stringify(given)} is no IP address`;
    found.push({ name, value });
  }
  return found.length > MAX_CRITERIA ? `at most ${MAX_CRITERIA} criteria` : found;
}

export const criteriaText = (criteria: readonly Criterion[]): string =>
  criteria.map(({ name, value }) => `${name}=${value}`).join(',');

function valueOf(name: CriterionName, given: string): string | undefined {
  if (name === 'method') return given.toUpperCase();
  if (name !== 'ip') return given;
  const bytes = parseIp(given.replace(/^\[(.*)\]$/, '$1'));
  return bytes === undefined ? undefined : formatIp(bytes);
}

export function holds({ name, value }: Criterion, request: SipRequest, sourceAddress: string): boolean {
  switch (name) {
    case 'caller':
      return isUser(uriOf(request.from), value);
    case 'callee':
      return isUser(uriOf(request.to), value);
    case 'ruri':
      return isUser(request.parsedUri, value);
    case 'user':
      return [request.parsedUri, uriOf(request.from), uriOf(request.to)].some((uri) => isUser(uri, value));
    case 'ip':
      return sourceAddress === value;
    case 'callid':
      return request.callId === value;
    case 'method':
      return request.method === value;
  }
}

const uriOf = (address: NameAddr | undefined): Uri | undefined =>
  address === undefined ? undefined : parseUri(address.uri);

/** The user part as it is written; with a domain behind it, that as well. */
function isUser(uri: Uri | undefined, wanted: string): boolean {
  switch (uri?.kind) {
    case 'sip':
      return uri.user === wanted || `${uri.user}@${uri.host.toLowerCase()}` === lowerDomain(wanted);
    case 'tel':
      return uri.number === wanted;
    case 'other':
    case undefined:
      return false;
  }
}

function lowerDomain(text: string): string {
  const at = text.lastIndexOf('@');
  return text.slice(0, at + 1) + text.slice(at + 1).toLowerCase();
}
