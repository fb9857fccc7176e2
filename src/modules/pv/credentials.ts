/** What the digest credentials of a request say (RFC 3261 section 22), checked or not. */
import { H } from '../../sip/header-names.ts';
import type { PvEnvironment } from './environment.ts';
import { type MessageContext, type PvEntry, requestOf, text } from './table.ts';
import { hostOf, userOf } from './uri-parts.ts';

/** Those for proxies come first. */
function presented({ message }: MessageContext, env: PvEnvironment): ReadonlyMap<string, string> | undefined {
  const value = message.headers.get(H.ProxyAuthorization) ?? message.headers.get(H.Authorization);
  return value === undefined ? undefined : env.credentials.of(value)?.params;
}

/** Of credentials that lack it a part is empty; without credentials it is null. */
const param = (name: string, doc: string): PvEntry =>
  text(doc, (ctx, _, env) => {
    const params = presented(ctx, env);
    return params === undefined ? null : (params.get(name) ?? '');
  });

const username = (ctx: MessageContext, env: PvEnvironment): string | undefined => presented(ctx, env)?.get('username');

/** Who pays: the authenticated user, else whom From names. */
function accountable(ctx: MessageContext, env: PvEnvironment): string | null {
  const request = requestOf(ctx);
  const known = request === undefined ? undefined : env.parts.authenticated(request);
  if (known !== undefined) return known.user.includes('@') ? known.user : `${known.user}@${known.realm}`;
  const address = ctx.message.from;
  if (address === undefined) return null;
  const uri = env.fromUri.of(address.uri);
  return `${userOf(uri) ?? ''}@${hostOf(uri) ?? ''}`;
}

const upToAt = (user: string | null): string | null => (user === null ? null : (user.split('@')[0] ?? ''));

export const credentials = {
  aU: param('username', 'Username of the credentials.'),
  au: text('Username of the credentials up to its `@`.', (ctx, _, env) => {
    const name = username(ctx, env);
    if (name === undefined) return null;
    const at = name.indexOf('@');
    return at < 0 ? name : name.slice(0, at);
  }),
  ad: text('Domain in the username of the credentials; empty without one.', (ctx, _, env) => {
    const name = username(ctx, env);
    if (name === undefined) return null;
    const at = name.indexOf('@');
    return at < 0 ? '' : name.slice(at + 1);
  }),
  ar: param('realm', 'Realm of the credentials.'),
  adu: param('uri', 'Digest URI of the credentials.'),
  aa: param('algorithm', 'Algorithm of the credentials.'),
  adn: param('nonce', 'Nonce of the credentials.'),
  adc: param('cnonce', 'Nonce of the client in the credentials.'),
  adr: param('response', 'Response of the credentials.'),
  ado: param('opaque', 'Opaque of the credentials.'),
  AU: text(
    'User of whom is accounted for: the authenticated user up to its `@`, else the user of From.',
    (ctx, _, env) => upToAt(accountable(ctx, env)),
  ),
  Au: text('Who is accounted for: the authenticated user as user@domain, else user@host of From.', (ctx, _, env) =>
    accountable(ctx, env),
  ),
};
