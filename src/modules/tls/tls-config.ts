/** A tls.cfg: profiles of servers and clients, `[server:default]`, `[client:10.0.0.1:5061]`, `[server:any]`, with `name = value` lines. */
import { isIp } from '../../util/ip.ts';

/** Every connection of a side, those of one address, or those that ask for a server name. */
export type TlsPlace =
  | { readonly kind: 'default' | 'any' }
  | { readonly kind: 'address'; readonly address: string; readonly port: number };

export interface TlsProfile {
  readonly side: 'server' | 'client';
  readonly at: TlsPlace;
  readonly settings: TlsSettings;
}

/** By the names that they have in the file; two names stand for the method. */
export type TlsSettings = { readonly [K in TlsSetting]?: string };

const names = [
  'method',
  'verify_certificate',
  'require_certificate',
  'verify_client',
  'verify_depth',
  'private_key',
  'certificate',
  'ca_list',
  'ca_path',
  'crl',
  'cipher_list',
  'server_name',
  'server_name_mode',
  'server_id',
] as const;
export type TlsSetting = (typeof names)[number];

export type ParsedTlsConfig =
  | { readonly kind: 'profiles'; readonly profiles: readonly TlsProfile[]; readonly idle: readonly IdleSetting[] }
  | { readonly kind: 'malformed'; readonly line: number; readonly message: string };

/** A setting that changes nothing, and its line. */
export interface IdleSetting {
  readonly name: TlsSetting;
  readonly line: number;
  readonly why: string;
}

const WITHOUT_EFFECT: { readonly [K in TlsSetting]?: string } = {
  verify_depth: 'OpenSSL limits chains by itself.',
  server_id: 'A profile is chosen by address and server name: there is no tls_set_connect_server_id().',
};

const YES_NO: ReadonlySet<TlsSetting> = new Set<TlsSetting>(['verify_certificate', 'require_certificate']);
const SWITCH = /^(?:0|1|yes|no|on|off|true|false|enabled?|disabled?)$/i;

export function parseTlsConfig(text: string): ParsedTlsConfig {
  const profiles: { side: TlsProfile['side']; at: TlsPlace; settings: { [K in TlsSetting]?: string } }[] = [];
  const idle: IdleSetting[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const malformed = (message: string) => ({ kind: 'malformed', line: index + 1, message }) as const;
    const line = raw.replace(/^\s*(?:[#;].*)?|\s+$/g, '');
    if (line === '') continue;
    if (line.startsWith('[')) {
      const profile = headOf(line);
      if (profile === undefined) return malformed('expected: [server:default], [client:address:port] or [server:any]');
      profiles.push({ ...profile, settings: {} });
      continue;
    }
    const found = /^(\w+)\s*=\s*(?:"([^"]*)"|([^"#]*?))\s*(?:#.*)?$/.exec(line);
    const name = settingOf(found?.[1] ?? '');
    const value = found?.[2] ?? found?.[3] ?? '';
    const profile = profiles.at(-1);
    if (found === null || value === '') return malformed('expected: name = value');
    if (name === undefined) return malformed(`there is no setting ${found[1]} (there are: ${names.join(', ')})`);
    if (profile === undefined) return malformed('a setting stands before the first [profile]');
    if (YES_NO.has(name) && !SWITCH.test(value)) return malformed(`${name} is yes or no`);
    profile.settings[name] = value;
    const why = WITHOUT_EFFECT[name];
    if (why !== undefined) idle.push({ name, line: index + 1, why });
  }
  return { kind: 'profiles', profiles, idle };
}

const settingOf = (written: string): TlsSetting | undefined =>
  written === 'tls_method' ? 'method' : names.find((name) => name === written);

function headOf(line: string): Pick<TlsProfile, 'side' | 'at'> | undefined {
  const [, side, place = ''] = /^\[\s*(server|client)\s*:\s*([^\s]+?)\s*\]\s*(?:#.*)?$/.exec(line) ?? [];
  if (side !== 'server' && side !== 'client') return undefined;
  if (place === 'default' || place === 'any') return { side, at: { kind: place } };
  const [, address6, address4, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(place) ?? [];
  const address = address6 ?? address4 ?? '';
  return isIp(address) ? { side, at: { kind: 'address', address, port: Number(port) } } : undefined;
}

export const isOn = (value: string | undefined): boolean => /^(?:1|yes|on|true|enabled?)$/i.test(value ?? '');
