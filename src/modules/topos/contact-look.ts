/**
 * What a masked Contact looks like beside its key: the user and the host in it, by Kamailio's contact_mode. Both sides'
 * are settled when the dialog is opened, because only then a request can still be refused for want of them.
 */
import type { RequestContext } from '../../engine/context.ts';
import type { PvValue } from '../../engine/module.ts';
import type { ParamsOf } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import { parseUri, readHostPort, type SipUri } from '../../sip/uri.ts';
import type { declaration } from './declaration.ts';
import type { Side } from './keys.ts';

type Params = ParamsOf<(typeof declaration)['params']>;

export interface Look {
  /** undefined for none, or where the key is the user. */
  readonly user: string | undefined;
  /** undefined for the address of the socket. May hold port and parameters in mode 3. */
  readonly host: string | undefined;
}

/** By who sees it. */
export type Looks = Readonly<Record<Side, Look>>;

const PLAIN: Look = { user: undefined, host: undefined };
/** Keys as users, and the addresses of the sockets. */
export const PLAIN_LOOKS: Looks = { a: PLAIN, b: PLAIN };

/** The request that opens a dialog. */
export interface Opening {
  readonly contact: SipUri | undefined;
  /** The Request-URI that it leaves with. */
  readonly asked: string;
  readonly ctx: RequestContext;
}

/** What a route has put into `$xavu(root=>field)`; null for nothing. */
export type ReadXavu = (ctx: RequestContext, root: string, field: string) => PvValue;

/** undefined when the route has not set what this form needs, or something that cannot stand in a URI. */
export function looksOf(params: Params, opening: Opening, read: ReadXavu): Looks | undefined {
  const field = (name: string | undefined): string | undefined => {
    if (name === undefined || name === '') return undefined;
    const value = read(opening.ctx, params.xavu_cfg, name);
    return value === null ? undefined : String(value);
  };
  const host = field(params.xavu_field_contact_host) ?? hostOf(params);
  switch (params.contact_mode) {
    case 1:
      return usableLooks({
        a: { user: userOf(parseUri(opening.asked)), host },
        b: { user: opening.contact?.user, host },
      });
    case 2:
      // Kamailio's names: the contact *of* A is what B sees.
      return usableLooks({
        a: { user: field(params.xavu_field_b_contact) ?? MISSING, host },
        b: { user: field(params.xavu_field_a_contact) ?? MISSING, host },
      });
    case 3:
    case 4:
      // And the host *for* A is what A sees.
      return usableLooks({
        a: { user: undefined, host: field(params.xavu_field_a_contact_host) ?? MISSING },
        b: { user: undefined, host: field(params.xavu_field_b_contact_host) ?? MISSING },
      });
    default:
      if (host === undefined) return PLAIN_LOOKS;
      return usableLooks({ a: { user: undefined, host }, b: { user: undefined, host } });
  }
}

/** The host that contact_host names. */
export const hostOf = ({ contact_host: host }: Params): string | undefined =>
  host === '' ? undefined : bracketed(host);

/** No URI has an empty user or host, so it is refused with what else cannot be one. */
const MISSING = '';

/** undefined when one of them cannot stand in a URI. */
export function usableLooks(looks: Looks): Looks | undefined {
  return isUsable(looks.a) && isUsable(looks.b) ? looks : undefined;
}

function isUsable({ user, host = 'host' }: Look): boolean {
  const uri = parseUri(`sip:${user === undefined ? '' : `${user}@`}${host}`);
  return uri?.kind === 'sip' && uri.user === user && uri.password === undefined && uri.headers === undefined;
}

function userOf(uri: ReturnType<typeof parseUri>): string | undefined {
  if (uri?.kind === 'tel') return uri.number;
  return uri?.kind === 'sip' ? uri.user : undefined;
}

const bracketed = (host: string): string => (/^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(host) ? `[${host}]` : host);

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Throws when the parameters for Contacts do not fit together. */
export function checkLook(params: Params): void {
  const { contact_mode: mode, contact_host: host, cparam_name: name, xavu_cfg: root } = params;
  const refuse = (problem: string): never => {
    throw new ViaductError('PARAM_VALUE', `topos: ${problem}`);
  };
  if (!TOKEN.test(name)) refuse(`cparam_name ${JSON.stringify(name)} cannot be the name of a parameter`);
  const place = host === '' ? undefined : readHostPort(bracketed(host));
  if (host !== '' && (place === undefined || place.port !== undefined)) {
    refuse(`contact_host ${JSON.stringify(host)} is not a host: the port is that of the socket`);
  }
  const needed =
    mode === 2
      ? (['xavu_field_a_contact', 'xavu_field_b_contact'] as const)
      : mode >= 3
        ? (['xavu_field_a_contact_host', 'xavu_field_b_contact_host'] as const)
        : [];
  for (const field of needed) if (params[field] === undefined) refuse(`contact_mode ${mode} needs ${field}`);
  const fields = Object.entries(params).filter(([key, value]) => key.startsWith('xavu_field_') && value !== undefined);
  if (fields.length > 0 && root === '') refuse(`${fields[0]?.[0] ?? ''} needs xavu_cfg, the root XAVU`);
}
