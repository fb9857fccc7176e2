/** From the settings of a profile to what TLS is made with: versions, what is wanted of clients, and the text of the files. */
import { ViaductError } from '../../errors.ts';
import type { Endpoint, Files, TlsClients, TlsOptions, TlsVersion } from '../../world/world.ts';
import type { TlsProfiles } from '../../transport/tls-profiles.ts';
import { isOn, type TlsPlace, type TlsProfile, type TlsSettings } from './tls-config.ts';

/** A profile with its files read. */
interface Loaded {
  readonly profile: TlsProfile;
  readonly options: TlsOptions;
}

/** The folder is that of the file which names them: it stands before paths that begin with neither `/` nor `.`. */
export async function loadProfiles(
  profiles: readonly TlsProfile[],
  files: Files,
  folder: string,
): Promise<TlsProfiles> {
  const loaded: Loaded[] = [];
  for (const profile of profiles) {
    loaded.push({ profile, options: await optionsOf(profile, new Reader(files, folder, labelOf(profile))) });
  }
  return profilesOf(loaded);
}

const labelOf = ({ side, at }: TlsProfile): string =>
  `[${side}:${at.kind === 'address' ? `${at.address}:${at.port}` : at.kind}]`;

class Reader {
  readonly #files: Files;
  readonly #folder: string;
  readonly #label: string;

  constructor(files: Files, folder: string, label: string) {
    this.#files = files;
    this.#folder = folder;
    this.#label = label;
  }

  async text(name: string, path: string | undefined): Promise<string | undefined> {
    if (path === undefined) return undefined;
    const place = inFolder(this.#folder, path);
    try {
      return await this.#files.readText(place);
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      const why = missing ? 'there is no such file' : String(error);
      throw new ViaductError('TLS_CERTIFICATE', `tls ${this.#label} ${name} ${place}: ${why}`);
    }
  }

  refuse(message: string): never {
    throw new ViaductError('PARAM_VALUE', `tls ${this.#label} ${message}`);
  }
}

export const inFolder = (folder: string, path: string): string => (/^[./]/.test(path) ? path : `${folder}${path}`);
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

async function optionsOf({ side, settings }: TlsProfile, reader: Reader): Promise<TlsOptions> {
  if (settings.ca_path !== undefined)
    reader.refuse('ca_path is not supported: write the certificates into one file, ca_list');
  const cert = await reader.text('certificate', settings.certificate);
  // The file of the certificate may hold the key, too.
  const key = settings.private_key === undefined ? cert : await reader.text('private_key', settings.private_key);
  const ca = await reader.text('ca_list', settings.ca_list);
  const crl = await reader.text('crl', settings.crl);
  const clients = clientsOf(settings) ?? reader.refuse('verify_client is off, on, optional or optional_no_ca');
  const versions = settings.method === undefined ? {} : methods.get(settings.method.toLowerCase());
  if (versions === undefined) reader.refuse(`method is one of ${[...methods.keys()].join(', ')}`);
  const ciphers = settings.cipher_list ?? (isOld(versions.minVersion) ? OLD_CIPHERS : undefined);
  return {
    verify: side === 'server' ? clients === 'verified' : isOn(settings.verify_certificate),
    clients,
    ...versions,
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    ...(crl !== undefined && { crl }),
    ...(ciphers !== undefined && { ciphers }),
  };
}

/** OpenSSL 3 has no old versions at its usual level. */
const OLD_CIPHERS = 'DEFAULT@SECLEVEL=0';
const isOld = (version: TlsVersion | undefined): boolean => version === 'TLSv1' || version === 'TLSv1.1';

interface Versions {
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
}

const methods: ReadonlyMap<string, Versions> = new Map<string, Versions>([
  ['tlsv1.3+', { minVersion: 'TLSv1.3' }],
  ['tlsv1.3', { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }],
  ['tlsv1.2+', { minVersion: 'TLSv1.2' }],
  ['tlsv1.2', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
  ['tlsv1.1+', { minVersion: 'TLSv1.1' }],
  ['tlsv1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }],
  ['tlsv1+', { minVersion: 'TLSv1' }],
  ['tlsv1.0+', { minVersion: 'TLSv1' }],
  ['tlsv1', { minVersion: 'TLSv1', maxVersion: 'TLSv1' }],
  ['tlsv1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1' }],
  ['sslv23', { minVersion: 'TLSv1' }],
]);

/** The conversion table of Kamailio; `verify_client` wins. */
function clientsOf({ verify_client, verify_certificate, require_certificate }: TlsSettings): TlsClients | undefined {
  switch (verify_client) {
    case undefined:
      break;
    case 'off':
      return 'nothing';
    case 'on':
      return 'verified';
    case 'optional':
      return 'verifiedIfPresented';
    case 'optional_no_ca':
      return 'asked';
    default:
      return undefined;
  }
  const isRequired = isOn(require_certificate);
  if (isOn(verify_certificate)) return isRequired ? 'verified' : 'verifiedIfPresented';
  return isRequired ? 'presented' : 'nothing';
}

function profilesOf(loaded: readonly Loaded[]): TlsProfiles {
  const servers = loaded.filter(({ profile }) => profile.side === 'server');
  const clients = loaded.filter(({ profile }) => profile.side === 'client');
  return {
    server(local) {
      const here = servers.filter(({ profile: { at } }) => at.kind !== 'address' || isAt(at, local));
      const own = plainOf(here, local);
      return own && { ...own, names: Object.fromEntries(here.flatMap(namesOf)) };
    },
    client(remote, servername) {
      const wanted = clients.filter(({ profile }) => isNamed(profile, servername));
      const named = wanted.find(({ profile: { at } }) => at.kind === 'address' && isAt(at, remote));
      return (named ?? wanted.find(({ profile: { at } }) => at.kind === 'any'))?.options ?? plainOf(clients, remote);
    },
  };
}

/** Without a server name: of this address, else the default. */
function plainOf(loaded: readonly Loaded[], endpoint: Endpoint): TlsOptions | undefined {
  const plain = loaded.filter(({ profile: { settings } }) => settings.server_name === undefined);
  const own = plain.find(({ profile: { at } }) => at.kind === 'address' && isAt(at, endpoint));
  return (own ?? loaded.find(({ profile: { at } }) => at.kind === 'default'))?.options;
}

const isAt = (at: TlsPlace, { address, port }: Endpoint): boolean =>
  at.kind === 'address' && at.address === address && (at.port === port || at.port === 0);

const isNamed = ({ settings }: TlsProfile, servername: string): boolean =>
  settings.server_name !== undefined && settings.server_name.toLowerCase() === servername;

/** `server_name_mode`: 0 the name, 1 the name and those below, 2 those below. */
function namesOf({ profile, options }: Loaded): readonly (readonly [string, { cert: string; key: string }])[] {
  const { server_name: name, server_name_mode: mode = '0' } = profile.settings;
  const { cert, key } = options;
  if (name === undefined || cert === undefined || key === undefined) return [];
  const shown = [...(mode === '2' ? [] : [name]), ...(mode === '1' || mode === '2' ? [`*.${name}`] : [])];
  return shown.map((one) => [one, { cert, key }] as const);
}
