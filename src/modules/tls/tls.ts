/** tls: certificates from files, for listeners and for connections that we open; what a peer showed of itself, for scripts. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { defineModule, type Host, type PvBinding } from '../../engine/module.ts';
import { ViaductError } from '../../errors.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import type { TlsProfiles } from '../../transport/tls-profiles.ts';
import type { TlsCertificate, TlsSession } from '../../world/world.ts';
import { declaration, nameParts } from './declaration.ts';
import { folderOf, loadProfiles } from './options.ts';
import { parseTlsConfig, type TlsProfile, type TlsSetting, type TlsSettings } from './tls-config.ts';

type TlsHost = Host<typeof declaration>;
type Context = RequestContext | ReplyContext;

export const tls = defineModule(declaration, (host) => {
  const { engine } = host;
  const { transport } = engine;
  const sessionOf = ({ received }: Context): TlsSession | undefined => transport.sessionOf(received.flow);
  const apply = async (): Promise<void> => {
    const read = await readProfiles(host);
    for (const note of read?.notes ?? []) host.log.write('notice', note);
    if (read !== undefined) transport.useTls(read.profiles);
  };
  const overTls = () => transport.connections().filter(({ flow }) => flow.transport === 'tls');
  return {
    functions: { isPeerVerified: (ctx) => sessionOf(ctx)?.verified === true },
    pvs: pvsFrom(sessionOf),
    rpc: {
      'tls.list': () =>
        overTls().map(({ flow }) => ({
          id: flow.connection,
          src_ip: flow.remote.address,
          src_port: flow.remote.port,
          dst_ip: flow.local.address,
          dst_port: flow.local.port,
          cipher: transport.sessionOf(flow)?.cipher ?? 'unknown',
        })),
      'tls.info': () => ({ max_connections: transport.limits.connections, opened_connections: overTls().length }),
      'tls.reload': () =>
        apply().then(
          () => 'Ok. TLS configuration reloaded.',
          (error: unknown) => {
            throw new RpcFault(500, error instanceof Error ? error.message : String(error));
          },
        ),
    },
    start: apply,
    check: async () => (await readProfiles(host))?.notes ?? [],
  };
});

interface ReadProfiles {
  readonly profiles: TlsProfiles;
  /** About what has no effect. */
  readonly notes: readonly string[];
}

/** undefined where the script names no certificate: that of the command line stays. */
async function readProfiles({ params, world }: TlsHost): Promise<ReadProfiles | undefined> {
  const { config } = params;
  if (config === undefined) {
    if (params.certificate === undefined && params.ca_list === undefined) return undefined;
    return { profiles: await loadProfiles(profilesOfParams(params), world.files, ''), notes: [] };
  }
  const text = await world.files.readText(config).catch((error: unknown) => {
    throw new ViaductError('TLS_CERTIFICATE', `tls config ${config} cannot be read: ${String(error)}`);
  });
  const parsed = parseTlsConfig(text);
  if (parsed.kind === 'malformed') {
    throw new ViaductError('TLS_CERTIFICATE', `${config}:${parsed.line}: ${parsed.message}`);
  }
  return {
    profiles: await loadProfiles(withDefaults(parsed.profiles), world.files, folderOf(config)),
    notes: parsed.idle.map(({ name, line, why }) => `${config}:${line}: ${name} has no effect: ${why}`),
  };
}

/** A side without a default has an empty one. */
function withDefaults(profiles: readonly TlsProfile[]): readonly TlsProfile[] {
  const lacking = (['server', 'client'] as const).filter(
    (side) => !profiles.some((profile) => profile.side === side && profile.at.kind === 'default'),
  );
  return [...profiles, ...lacking.map((side) => ({ side, at: { kind: 'default' }, settings: {} }) as const)];
}

function profilesOfParams(params: TlsHost['params']): readonly TlsProfile[] {
  const settings: { [K in TlsSetting]?: string } = {};
  const take = (name: TlsSetting, value: string | number | undefined): void => {
    if (value !== undefined) settings[name] = String(value);
  };
  take('method', params.tls_method);
  for (const name of ['certificate', 'private_key', 'ca_list', 'ca_path', 'crl', 'cipher_list'] as const) {
    take(name, params[name]);
  }
  for (const name of ['verify_certificate', 'require_certificate', 'verify_client'] as const) take(name, params[name]);
  const both: TlsSettings = settings;
  return (['server', 'client'] as const).map((side) => ({ side, at: { kind: 'default' }, settings: both }));
}

function pvsFrom(sessionOf: (ctx: Context) => TlsSession | undefined): Record<keyof typeof declaration.pvs, PvBinding> {
  const of = (read: (session: TlsSession) => string | number | undefined): PvBinding => ({
    read(ctx) {
      const session = sessionOf(ctx);
      return session === undefined ? null : (read(session) ?? null);
    },
  });
  const pvs: Record<string, PvBinding> = {};
  for (const [whose, side] of [
    ['peer', 'peer'],
    ['my', 'own'],
  ] as const) {
    pvs[`tls_${whose}_serial`] = of((session) => session[side]?.serial);
    for (const role of ['subject', 'issuer'] as const) {
      pvs[`tls_${whose}_${role}`] = of((session) => oneLine(session[side]?.[role]));
      for (const [suffix, part] of Object.entries(nameParts)) {
        pvs[`tls_${whose}_${role}${suffix}`] = of((session) => session[side]?.[role][part]);
      }
    }
  }
  return {
    ...pvs,
    tls_version: of(({ version }) => version),
    tls_cipher_info: of(({ cipher }) => cipher),
    tls_peer_verified: of(({ verified }) => (verified ? 1 : 0)),
    tls_peer_server_name: of(({ serverName }) => serverName),
  };
}

const oneLine = (name: TlsCertificate['subject'] | undefined): string | undefined =>
  name &&
  Object.entries(name)
    .map(([part, value]) => `/${part}=${value}`)
    .join('');
