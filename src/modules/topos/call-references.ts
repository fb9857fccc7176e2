/**
 * Call-IDs of other calls that a request names: Replaces (RFC 3891), Join (RFC 3911), Target-Dialog (RFC 4538) and
 * In-Reply-To (RFC 3261 20.21), as headers and as headers in the URI of a Refer-To (RFC 3515, 3891 section 3).
 */
import { splitElements } from '../../sip/elements.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { Params } from '../../sip/params.ts';
import { unescapeUri } from '../../sip/uri.ts';
import { trimSpace } from '../../sip/white-space.ts';

const NAMES = ['Replaces', 'Join', 'Target-Dialog', 'In-Reply-To'] as const;

export interface CallReference {
  readonly header: (typeof NAMES)[number];
  readonly callId: string;
  /** `to-tag` and `from-tag`, or `local-tag` and `remote-tag`. */
  readonly params: Params;
  /** Whether it stands in a Refer-To: for the request that is asked for, not for this one. */
  readonly isForLater: boolean;
}

/** The Call-ID to put there instead; undefined leaves it. */
export type Translate = (reference: CallReference) => string | undefined;

export function translateReferences({ headers }: SipRequest, translate: Translate): void {
  for (const name of NAMES) {
    for (const field of headers.fields(name)) {
      const made = translated({ header: name, isForLater: false }, field.value, translate);
      if (made !== field.value) headers.replaceField(field, made);
    }
  }
  const referTo = headers.field(H.ReferTo);
  const text = referTo?.value ?? '';
  if (referTo === undefined || !text.includes('?')) return;
  const uri = parseNameAddr(text)?.uri ?? '';
  const question = uri.indexOf('?');
  if (question < 0) return;
  const made = `${uri.slice(0, question)}?${translatedUriHeaders(uri.slice(question + 1), translate)}`;
  if (made !== uri)
    headers.replaceField(
      referTo,
      text.replace(uri, () => made),
    );
}

/** All of them, left as they are. */
export function referencesIn(request: SipRequest): readonly CallReference[] {
  const found: CallReference[] = [];
  translateReferences(request, (reference) => void found.push(reference));
  return found;
}

function translatedUriHeaders(text: string, translate: Translate): string {
  const parts = text.split('&').map((part) => {
    const equals = part.indexOf('=');
    const name = NAMES.find((known) => known.toLowerCase() === part.slice(0, equals).toLowerCase());
    if (equals < 0 || name === undefined) return part;
    const value = unescapeUri(part.slice(equals + 1));
    const made = translated({ header: name, isForLater: true }, value, translate);
    return made === value ? part : `${part.slice(0, equals)}=${escaped(made)}`;
  });
  return parts.join('&');
}

type Place = Pick<CallReference, 'header' | 'isForLater'>;

function translated(place: Place, value: string, translate: Translate): string {
  if (place.header === 'In-Reply-To') {
    const ids = splitElements(value);
    const made = ids.map((callId) => translate({ ...place, callId, params: Params.none }) ?? callId);
    return made.some((id, i) => id !== ids[i]) ? made.join(', ') : value;
  }
  const semicolon = value.indexOf(';');
  const callId = trimSpace(semicolon < 0 ? value : value.slice(0, semicolon));
  const params = semicolon < 0 ? Params.none : Params.parse(value.slice(semicolon));
  const made = params && translate({ ...place, callId, params });
  return made === undefined || made === callId ? value : made + (semicolon < 0 ? '' : value.slice(semicolon));
}

/** RFC 3261 25.1: what is not hnv-unreserved or unreserved is escaped. */
const RESERVED = /[^A-Za-z0-9\-_.!~*'()[\]/?:+$]/g;
const escaped = (text: string): string =>
  text.replace(RESERVED, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
