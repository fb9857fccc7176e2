/** Who we are where: credentials of the script by realm, and those that it put into AVPs for one request. */
import type { RequestState } from '../../engine/context.ts';
import { ViaductError } from '../../errors.ts';
import type { Secret, SecretOf } from './challenge-answer.ts';

export interface SecretAvps {
  readonly realm: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** `user:realm:password` each; the password may hold colons. Never shows what it was given. */
export function parseSecrets(lines: readonly string[]): ReadonlyMap<string, Secret> {
  const secrets = new Map<string, Secret>();
  for (const [index, line] of lines.entries()) {
    const [user = '', realm = '', ...rest] = line.split(':');
    if (user === '' || realm === '' || rest.length === 0) {
      throw new ViaductError('PARAM_VALUE', `uac.credential, item ${index + 1}: expected user:realm:password`);
    }
    secrets.set(realm, { user, password: rest.join(':') });
  }
  return secrets;
}

/** The AVPs of the request come first. An empty realm there fits every realm. */
export function secretsFor(
  known: ReadonlyMap<string, Secret>,
  { avps }: RequestState,
  names: SecretAvps,
  hashed = false,
): SecretOf {
  const avp = (name: string | undefined): string | undefined => {
    const value = name === undefined ? undefined : avps.get(name)?.[0];
    return value === undefined ? undefined : String(value);
  };
  const [user, password, own] = [avp(names.user), avp(names.password), avp(names.realm) ?? ''];
  return (realm) => {
    if (user !== undefined && password !== undefined && (own === '' || own === realm))
      return { user, password, hashed };
    const secret = known.get(realm);
    return secret === undefined ? undefined : { ...secret, hashed };
  };
}
