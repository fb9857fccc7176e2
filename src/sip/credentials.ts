/**
 * Authorization, Proxy-Authorization, WWW-Authenticate and Proxy-Authenticate as scheme and parameters
 * (RFC 3261 sections 20.7 and 20.44, RFC 7235 section 2.1). What they mean is digest.ts.
 */
import { splitElements } from './elements.ts';
import { unquote } from './quoted.ts';
import { trimSpace } from './white-space.ts';

export interface Credentials {
  /** As written; schemes are compared without case. */
  readonly scheme: string;
  /** Names in lower case, values without quotes. The first of two equal names stands. */
  readonly params: ReadonlyMap<string, string>;
}

export type Challenge = Credentials;

const SCHEME = /^([A-Za-z0-9\-.!%*_+`'~]+)(?:[ \t]+([\s\S]+))?$/;
const PARAM = /^([A-Za-z0-9\-.!%*_+`'~]+)\s*=\s*("(?:[^"\\]|\\[\s\S])*"|[^\s",;]+|)$/;

/** Undefined when the text is no scheme with `name=value` parameters. */
export function parseCredentials(text: string): Credentials | undefined {
  const [, scheme, rest] = SCHEME.exec(trimSpace(text)) ?? [];
  if (scheme === undefined) return undefined;
  const params = new Map<string, string>();
  for (const element of splitElements(rest ?? '')) {
    const [, name, value] = PARAM.exec(element) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    if (!params.has(key)) params.set(key, unquote(value));
  }
  return { scheme, params };
}

/** SIP allows one challenge a header line (section 20.44), so challenges and credentials are read alike. */
export function parseChallenge(text: string): Challenge | undefined {
  return parseCredentials(text);
}
