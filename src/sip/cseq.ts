/** CSeq: the number and the method that order the requests of a dialog (RFC 3261 sections 8.1.1.5 and 20.16). */
import { methodIn } from './method.ts';
import { isToken } from './token.ts';
import { skipSpace, trimmedEnd } from './white-space.ts';

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** "MUST be expressible as a 32-bit unsigned integer." */
export const CSEQ_LIMIT = 0xffff_ffff;

export function parseCSeq(text: string): CSeq | undefined {
  let at = 0;
  let number = 0;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  const space = text.charCodeAt(at);
  if (at === 0 || number > CSEQ_LIMIT || (space !== 0x20 && space !== 0x09)) return undefined;
  const start = skipSpace(text, at);
  const method = methodIn(text, start, trimmedEnd(text, start, text.length));
  return isToken(method) ? { number, method } : undefined;
}

export function formatCSeq(cseq: CSeq): string {
  return `${cseq.number} ${cseq.method}`;
}
