/** What the file says about the proxy around its routes: sockets, names, limits, and what has no meaning here. */
import { levelOf, type LogLevel } from '../../engine/log.ts';
import type { Alias, Config, Constant, GlobalParam, Listen, SocketAddress, StringLiteral } from '../ast.ts';
import type { ParamSetting } from './module-uses.ts';
import { nearest } from '../registry.ts';
import { DEFAULT_LIMITS, type RunLimits } from './run.ts';
import type { TransportLimits } from '../../transport/limits.ts';
import type { LocateLimits } from '../../transport/locate.ts';
import type { Scene } from './scene.ts';

export interface ListenSetting {
  /** undefined: every transport that is on. */
  readonly proto: string | undefined;
  /** An address, a name or an interface; IPv6 without brackets. `*`: all of them. */
  readonly host: string;
  readonly port: number | undefined;
  readonly advertise: { readonly host: string; readonly port: number | undefined } | undefined;
  readonly name: string | undefined;
}

export interface ConfigSettings {
  readonly listen: readonly ListenSetting[];
  /** `host` or `host:port`. */
  readonly aliases: readonly string[];
  readonly logLevel: LogLevel | undefined;
  readonly port: number;
  readonly tlsPort: number;
  readonly tcp: boolean;
  readonly tls: boolean;
  readonly acceptAliases: boolean;
  readonly limits: RunLimits;
  readonly transport: Partial<TransportLimits>;
  readonly names: Partial<LocateLimits>;
  /** Functions, by their names in kamailio.cfg, that run on each request before its route. */
  readonly firstCalls: readonly string[];
  /** Global parameters that are parameters of modules here. */
  readonly params: readonly ParamSetting[];
  /** `server_header`: name and value, for every reply that is made here. */
  readonly replyHeader: readonly [name: string, value: string] | undefined;
  /** `user_agent_header`: the same for every request that is made here. */
  readonly requestHeader: readonly [name: string, value: string] | undefined;
  readonly logPrefix: StringLiteral | undefined;
  /** To change to before anything starts. */
  readonly folder: string | undefined;
  /** Sentences that name those which are accepted and change nothing, and say why. */
  readonly notes: readonly string[];
}

/** Which parameter of a module a global parameter is. */
export type GlobalMap = Readonly<Record<string, { readonly module: string; readonly param: string }>>;

const understood: ReadonlySet<string> = new Set(
  `debug port tls_port_no disable_tcp enable_tls disable_tls tcp_accept_aliases advertised_address advertised_port
  max_while_loops max_recursive_level server_signature`.split(/\s+/),
);

/** Those whose value is a text. */
const texts: ReadonlySet<string> = new Set([
  ...['server_header', 'user_agent_header', 'log_prefix', 'workdir', 'wdir', 'advertised_address'],
]);

/** Global parameters that are as if each request began with a call of this function. */
const firstCalls: Readonly<Record<string, string>> = { force_rport: 'force_rport', local_rport: 'add_local_rport' };

/** The limits of the transports that global parameters are, and how many of their unit one of the parameter is. */
const transportLimits: Readonly<Record<string, readonly [limit: keyof TransportLimits, unit: number]>> = {
  tcp_connection_lifetime: ['idleMs', 1000],
  tcp_connect_timeout: ['connectMs', 1000],
  tcp_send_timeout: ['writeMs', 1000],
  tcp_max_connections: ['connections', 1],
  tcp_accept_iplimit: ['connectionsPerAddress', 1],
  tcp_msg_read_timeout: ['firstMessageMs', 1000],
  tcp_conn_wq_max: ['writeBufferBytes', 1],
  msg_recv_max_size: ['messageBytes', 1],
};

/** The same for what is remembered of names. */
const nameLimits: Readonly<Record<string, readonly [limit: keyof LocateLimits, unit: number]>> = {
  dns_cache_min_ttl: ['minTtlMs', 1000],
  dns_cache_max_ttl: ['maxTtlMs', 1000],
  dns_cache_negative_ttl: ['noneMs', 1000],
};

/** Those that do what they do in Kamailio, beside those that are parameters of modules here. */
export const effective: ReadonlySet<string> = new Set([
  ...understood,
  ...texts,
  ...Object.keys(firstCalls),
  ...Object.keys(transportLimits),
  ...Object.keys(nameLimits),
]);

/** Accepted and without effect, by the reason why. */
export const withoutEffect: Readonly<Record<string, string>> = {
  'There is one process, and it stays in the foreground.': `
    children fork tcp_children tcp_main_pool sctp_children route_locks_size kemi modinit_delay exit_timeout
    ser_kill_timeout wait_worker1_mode wait_worker1_time wait_worker1_usleep async_workers async_workers_group
    async_usleep async_nonblock async_tkv_evcb async_tkv_gname socket_workers tls_threads_mode timer_deadline
    cfgengine max_grpid rpc_exec_delta onsend_route_callback tcp_children_by_sock`,
  'Memory is that of Node.': `
    memlog memdbg memsum memsafety memjoin mem_summary dns_cache_mem pv_buffer_size pv_buffer_slots shm_mem_size
    shm_force_alloc mlock_pages shm shm_mem_limit pkg_mem_size udp4_raw udp4_raw_mtu udp4_raw_ttl sql_buffer_size`,
  'The log goes to stderr, as `-d` and `--json` say.': `
    log_stderror log_facility log_name log_color log_level_color log_engine_type
    log_engine_data latency_cfg_log latency_log latency_limit_db latency_limit_action latency_limit_cfg
    event_timeout verbose_startup sip_parser_log sip_parser_log_oneline`,
  'log_prefix is evaluated for each line.': 'log_prefix_mode',
  'The user and the limits of the process are those of who starts it.': `
    mpath loadpath real_time rt_prio rt_policy rt_timer1_prio rt_timer1_policy rt_timer2_prio rt_timer2_policy
    user uid group gid chroot open_files_limit disable_core_dump rundir loadmodulex`,
  'Names are resolved as RFC 3263 says, NAPTR and SRV included, and remembered for their time to live.': `
    auto_aliases use_dns_cache disable_dns_blacklist disable_dns_blocklist use_dst_blacklist use_dst_blocklist
    dns_try_naptr dns_srv_lb dns_srv_loadbalancing dns_try_ipv6 dns_retr_no dns_retr_time dns_servers_no
    dns_use_search_list dns_search_full_match dns_reinit dns_naptr_ignore_rfc dns_udp_pref dns_tcp_pref
    dns_tls_pref dns_sctp_pref dns_cache_init dns_cache_flags dns_cache_gc_interval dns_cache_del_nonexp dns_cache_rec_pref dns rev_dns
    uri_host_extra_chars hdr_name_extra_chars virtual_dom nameinfo_error_mode aliases_scan_mode`,
  'SCTP and multicast are not spoken.': `
    enable_sctp disable_sctp sctp_socket_rcvbuf sctp_socket_sndbuf sctp_autoclose mcast mcast_loopback mcast_ttl`,
  'Sockets are opened as Node opens them, and have the limits of all transports.': `
    tcp_accept_no_cl tcp_rd_buf_size tls_max_connections tcp_async tcp_crlf_ping tcp_no_connect
    tcp_wq_max tcp_wq_blk_size tcp_keepalive tcp_keepidle tcp_keepintvl tcp_keepcnt tcp_defer_accept
    tcp_delayed_ack tcp_fd_cache tcp_linger2 tcp_poll_method tcp_reuse_port tcp_source_ipv4 tcp_source_ipv6
    tcp_options tcp_syncnt tcp_accept_hep3 tcp_accept_haproxy tcp_script_mode tcp_wait_data tcp_accept_unique
    tcp_connection_match tcp_check_timer tcp_clone_rcvbuf tcp_msg_data_timeout tcp_buf_write
    auto_bind_ipv6 bind_ipv6_link_local pmtu_discovery tos udp_receiver_mode http_reply_parse ip_free_bind
    ipv6_hex_style stun_allow_stun stun_allow_fp raw_sockets poll_method rcvbuf sndbuf maxbuffer maxsndbuffer
    so_bindtodevice`,
  'Replies carry no Warning, and a file has no version of tables.': 'sip_warning server_id version_table',
  'The system is asked for a route only by waiting, and no message waits: a listener is chosen by transport and address family. force_send_socket() names another.':
    'mhomed',
  'It does not exist here; what Kamailio does without it is done.': `
    check_via phone2tel phone2tel_params return_mode received_route_mode stats_name statistics reply_to_via onsend_route_reply udp_mtu_try_proto xavp_via_params xavp_via_fields
    xavp_via_reply_params description descr desc enable_xavp_via sip_parser_mode advertise config`,
};

const accepted: ReadonlySet<string> = new Set(
  Object.values(withoutEffect).flatMap((names) => names.trim().split(/\s+/)),
);

export class SettingsReader {
  readonly #scene: Pick<Scene, 'report'>;
  readonly #map: GlobalMap;
  readonly #values = new Map<string, string | number>();
  #logPrefix: StringLiteral | undefined = undefined;
  #replyHeader: ConfigSettings['replyHeader'] = undefined;
  #requestHeader: ConfigSettings['requestHeader'] = undefined;
  readonly #params: ParamSetting[] = [];
  readonly #unused = new Set<string>();

  constructor(scene: Pick<Scene, 'report'>, map: GlobalMap) {
    this.#scene = scene;
    this.#map = map;
  }

  read({ items }: Config): ConfigSettings {
    const listens: Listen[] = [];
    const aliases: Alias[] = [];
    for (const item of items) {
      if (item.kind === 'globalParam') this.#global(item);
      else if (item.kind === 'listen') listens.push(item);
      else if (item.kind === 'alias') aliases.push(item);
    }
    const host = this.#text('advertised_address');
    const port = this.#number('advertised_port');
    const advertised = host === undefined ? undefined : { host, port };
    const debug = this.#number('debug');
    return {
      listen: listens.flatMap((one) => listenSettings(one, advertised)),
      aliases: aliases.flatMap(({ names }) => names.flatMap(aliasTexts)),
      logLevel: debug === undefined ? undefined : levelOf(debug),
      port: this.#number('port') ?? 5060,
      tlsPort: this.#number('tls_port_no') ?? 5061,
      tcp: this.#number('disable_tcp') !== 1,
      tls: this.#number('enable_tls') === 1 && this.#number('disable_tls') !== 1,
      acceptAliases: this.#number('tcp_accept_aliases') === 1,
      limits: {
        recursion: this.#number('max_recursive_level') ?? DEFAULT_LIMITS.recursion,
        loops: this.#number('max_while_loops') ?? DEFAULT_LIMITS.loops,
      },
      transport: this.#limits(transportLimits),
      names: this.#limits(nameLimits),
      firstCalls: Object.entries(firstCalls).flatMap(([name, call]) => (this.#number(name) === 1 ? [call] : [])),
      params: this.#params,
      // Kamailio's own header names it; this one is for those who want theirs.
      replyHeader: this.#number('server_signature') === 0 ? undefined : this.#replyHeader,
      requestHeader: this.#number('server_signature') === 0 ? undefined : this.#requestHeader,
      logPrefix: this.#logPrefix,
      folder: this.#text('workdir') ?? this.#text('wdir'),
      notes: idleNotes(this.#unused),
    };
  }

  /** Zero and less: Kamailio has no such limit then, and the one of viaduct stays. */
  /** Zero and less: Kamailio has no such limit then, and the one of viaduct stays. */
  #limits<L extends string>(
    table: Readonly<Record<string, readonly [limit: L, unit: number]>>,
  ): { readonly [K in L]?: number } {
    const limits: { [K in L]?: number } = {};
    for (const [name, [limit, unit]] of Object.entries(table)) {
      const value = this.#number(name);
      if (value !== undefined && value > 0) limits[limit] = value * unit;
    }
    return limits;
  }

  #number(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  #text(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : String(value);
  }

  #global({ name, value }: GlobalParam): void {
    const { text, span } = name;
    const mapped = this.#map[text];
    const given = valueOf(value);
    if (mapped !== undefined) this.#params.push({ module: mapped.module, name: mapped.param, value: given });
    else if (effective.has(text)) this.#understood(text, value, given);
    else if (accepted.has(text)) this.#unused.add(text);
    else {
      const meant = nearest(text, [...effective, ...accepted, ...Object.keys(this.#map)]);
      this.#scene.report('CFG_GLOBAL_UNKNOWN', span, `there is no global parameter ${text}`, {
        hint: meant === undefined ? undefined : `did you mean ${meant}?`,
      });
    }
  }

  #understood(name: string, value: Constant, given: string | number): void {
    const { report } = this.#scene;
    if (!texts.has(name) && typeof given !== 'number') {
      report('CFG_GLOBAL_VALUE', value.span, `${name} is a number, not ${JSON.stringify(given)}`);
      return;
    }
    if (name === 'log_prefix' && value.kind === 'string') this.#logPrefix = value;
    if (name === 'server_header' || name === 'user_agent_header') {
      const [, header, content] = HEADER.exec(String(given)) ?? [];
      if (header === undefined || content === undefined) {
        const form = name === 'server_header' ? 'Server' : 'User-Agent';
        report('CFG_GLOBAL_VALUE', value.span, `${name} is a whole header, "${form}: name"`);
      } else if (name === 'server_header') this.#replyHeader = [header, content];
      else this.#requestHeader = [header, content];
    }
    this.#values.set(name, given);
  }
}

const HEADER = /^([\w.!%*+`'~-]+)[ \t]*:[ \t]*([^\r\n]*?)\s*$/;

function idleNotes(unused: ReadonlySet<string>): readonly string[] {
  return Object.entries(withoutEffect).flatMap(([why, names]) => {
    const given = names
      .trim()
      .split(/\s+/)
      .filter((name) => unused.has(name));
    return given.length === 0 ? [] : [`without effect here: ${given.join(' ')}. ${why}`];
  });
}

function valueOf(value: Constant): string | number {
  return value.kind === 'number' || value.kind === 'string' ? value.value : value.text;
}

function listenSettings(item: Listen, advertised: ListenSetting['advertise']): readonly ListenSetting[] {
  const own = item.advertise?.hosts[0];
  const port = item.advertise?.port;
  const advertise =
    own === undefined ? advertised : { host: own.text, port: typeof port === 'number' ? port : undefined };
  const name = item.name?.value;
  return item.sockets.flatMap((socket) =>
    socket.hosts.flatMap((host) =>
      portsOf(socket).map((at) => ({
        proto: socket.proto === '*' ? undefined : socket.proto,
        host: host.text,
        port: at,
        advertise,
        name,
      })),
    ),
  );
}

/** Ports of one range. */
const MAX_PORTS = 256;

function portsOf({ port, lastPort }: SocketAddress): readonly (number | undefined)[] {
  if (typeof port !== 'number') return [undefined];
  const count = Math.max(1, Math.min(MAX_PORTS, (lastPort ?? port) - port + 1));
  return Array.from({ length: count }, (_, i) => port + i);
}

function aliasTexts({ hosts, port }: SocketAddress): readonly string[] {
  return hosts.map(({ text }) => {
    const host = text.includes(':') ? `[${text}]` : text;
    return typeof port === 'number' ? `${host}:${port}` : host;
  });
}
