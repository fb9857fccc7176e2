/** The reply to a REGISTER: the contacts there are now, and what was wrong (RFC 3261 section 10.3 step 8). */
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import type { Binding } from '../usrloc/api.ts';
import { FAULTS, type FaultName, PHRASES } from './faults.ts';

export type PathMode = 'off' | 'lazy' | 'strict';

export interface AnswerRules {
  /** Name of the parameter that shows where a REGISTER came from; '' for none. */
  readonly receivedParam: string;
  readonly pathMode: PathMode;
  readonly minExpires: number;
  /** Seconds; 0 for none. */
  readonly retryAfter: number;
}

export interface Answered {
  readonly fault: FaultName | undefined;
  readonly contacts: readonly Binding[];
  /** Path of the request; '' without one. */
  readonly path: string;
}

export interface Answer {
  readonly status: keyof typeof PHRASES;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

type SecondsLeft = (binding: Binding) => number | undefined;

export function answerTo(
  request: SipRequest,
  answered: Answered,
  rules: AnswerRules,
  secondsLeft: SecondsLeft,
): Answer {
  const { fault, contacts, path } = answered;
  const headers: (readonly [string, string])[] = [];
  if (contacts.length > 0) {
    const list = contacts.map((contact) => contactText(contact, secondsLeft(contact), rules.receivedParam));
    headers.push(['Contact', list.join(', ')]);
  }
  if (fault === undefined) {
    if (path !== '' && rules.pathMode !== 'off' && supportsPath(request)) headers.push(['Path', path]);
    return { status: 200, reason: PHRASES[200], headers };
  }
  const { status, text } = FAULTS[fault];
  if (fault === 'pathUnsupported') headers.push(['Unsupported', 'path'], ['Path', path]);
  if (fault === 'outboundRequired') headers.push(['Unsupported', 'outbound']);
  if (fault === 'tooBrief') headers.push(['Min-Expires', String(rules.minExpires)]);
  headers.push(['P-Registrar-Error', text]);
  if (status >= 500 && rules.retryAfter > 0) headers.push(['Retry-After', String(rules.retryAfter)]);
  return { status, reason: PHRASES[status], headers };
}

/** RFC 3327 section 5.3: Path goes into the answer only "if the UA indicated support" for it. */
export const supportsPath = ({ headers }: SipRequest | SipResponse): boolean =>
  headers.values(H.Supported).some((tag) => tag.toLowerCase() === 'path');

/** A contact that never expires is shown with the longest time there is. */
const FOR_EVER = 0xffff_ffff;

function contactText(binding: Binding, seconds: number | undefined, receivedParam: string): string {
  const { uri, q, received, instance, regId } = binding;
  let text = `<${uri}>`;
  if (q >= 0) text += `;q=${q / 1000}`;
  text += `;expires=${seconds ?? FOR_EVER}`;
  if (receivedParam !== '' && received !== '') text += `;${receivedParam}="${received}"`;
  if (instance !== '') text += `;+sip.instance="${instance}"`;
  return regId > 0 ? `${text};reg-id=${regId}` : text;
}
