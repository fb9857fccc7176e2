/** What is taken and not used says so where it is declared: how its documentation begins or ends. */

const ACCEPTED = /^(?:Accepted\b(?: for Kamailio)?|Does nothing)[:;,]?\s*/;
const IDLE = / Has no effect\.$/;

/** Why it has no effect; undefined when it has one. */
export function whyIdle(doc: string): string | undefined {
  if (ACCEPTED.test(doc)) return doc.replace(ACCEPTED, '');
  return IDLE.test(doc) ? doc : undefined;
}
