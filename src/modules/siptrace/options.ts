/** siptrace's parameters, read once: what is wrong in them is said before anything starts. */
import { ViaductError } from '../../errors.ts';
import type { WireEvent } from '../../engine/exchange.ts';
import type { Flow } from '../../transport/flow.ts';
import { isIp } from '../../util/ip.ts';
import type { Endpoint } from '../../world/world.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Exporter } from './exporter.ts';
import type { TargetDefaults } from './target.ts';
import type { HepVersion } from './target-uri.ts';
import { readXheaders, type WireCopy, writeXheaders } from './xheaders.ts';

export interface TracerOptions {
  /** trace_init_mode lets routes trace. */
  readonly scripted: boolean;
  /** trace_mode: targets that get everything. */
  readonly everything: readonly string[];
  /** These two change at run time. */
  slReplies: boolean;
  slAcks: boolean;
  /** Names or URIs of the default target. */
  readonly duplicateUri: readonly string[];
  /** What traces show of a message; undefined when it is not to be traced. */
  readonly copyOf: (event: WireEvent) => WireCopy | undefined;
}

export interface Given {
  readonly trace_init_mode: number;
  readonly trace_mode: number;
  readonly trace_sl_replies: number;
  readonly trace_sl_acks: number;
  readonly xheaders_write: number;
  readonly xheaders_read: number;
  readonly duplicate_uri: string | undefined;
  readonly trace_local_ip: string | undefined;
  readonly data_mode: number;
  readonly hep_mode_on: number;
  readonly hep_version: number;
  readonly hep_capture_id: number;
  readonly auth_key: string | undefined;
  readonly hep_node_name: string | undefined;
  readonly correlation: string;
  readonly profile: string;
}

/** trace_init_mode: everything, the wire only, routes only. */
const WIRE_ONLY = 1;
const ROUTES_ONLY = 2;
/** Bits of trace_mode. */
const HEP_COPIES = 1;
const RAW_COPIES = 4;
/** data_mode bit: show advertised addresses. */
const ADVERTISED = 1;

export function readOptions(given: Given): TracerOptions {
  if (given.trace_init_mode === WIRE_ONLY && given.trace_mode === 0) {
    throw new ViaductError(
      'PARAM_VALUE',
      'siptrace.trace_init_mode 1 traces by trace_mode alone: set trace_mode as well',
    );
  }
  return {
    scripted: given.trace_init_mode !== WIRE_ONLY,
    everything: given.trace_init_mode === ROUTES_ONLY ? [] : modeTargets(given),
    slReplies: given.trace_sl_replies !== 0,
    slAcks: given.trace_sl_acks !== 0,
    duplicateUri: given.duplicate_uri === undefined || given.duplicate_uri === '' ? [] : [given.duplicate_uri],
    copyOf: copier(given),
  };
}

/** trace_mode says itself whether copies are HEP or raw, unless the URI does. */
function modeTargets({ trace_mode: mode, duplicate_uri: uri, hep_mode_on: hepOn, hep_version: version }: Given) {
  if (uri === undefined || uri === '') return [];
  const fixed = !/^sips?:/i.test(uri) || /;hep=/i.test(uri);
  const hep = fixed || hepOn !== 0 ? uri : `${uri};hep=${version}`;
  const raw = fixed || hepOn === 0 ? uri : `${uri};hep=0`;
  return [...((mode & HEP_COPIES) === 0 ? [] : [hep]), ...((mode & RAW_COPIES) === 0 ? [] : [raw])];
}

function copier(given: Given): TracerOptions['copyOf'] {
  const localOf = localReader(given);
  const write = given.xheaders_write !== 0;
  if (given.xheaders_read !== 0) {
    return (event) => {
      const copy = readXheaders(event.bytes);
      return copy !== undefined && write ? writeXheaders(copy, event) : copy;
    };
  }
  return (event) => {
    const { bytes, flow, direction, at } = event;
    const local = localOf(flow);
    const copy =
      direction === 'in'
        ? { bytes, source: flow.remote, destination: local, at }
        : { bytes, source: local, destination: flow.remote, at };
    return write ? writeXheaders(copy, event) : copy;
  };
}

export function readDefaults(given: Given): TargetDefaults {
  return {
    hep: given.hep_mode_on === 0 ? 0 : hepVersion(given.hep_version),
    captureId: given.hep_capture_id,
    authKey: given.auth_key,
    node: given.hep_node_name,
    profile: given.profile === 'kamailio' || given.profile === 'opensips' ? given.profile : 'transport',
    correlation: given.correlation === 'none' || given.correlation === 'callid' ? given.correlation : 'given',
  };
}

const hepVersion = (value: number): HepVersion => (value === 1 || value === 2 ? value : 3);

/** Declares the named targets and looks at the default one: a mistake is an operator's, and said at once. */
export function declareTargets(exporter: Exporter, named: readonly string[], duplicateUri: readonly string[]): void {
  for (const text of named) {
    const made = exporter.declare(text);
    if (made.kind === 'invalid')
      throw new ViaductError('TRACE_TARGET', `siptrace.target ${JSON.stringify(text)}: ${made.why}`);
  }
  for (const text of duplicateUri) {
    const found = exporter.target(text);
    if (found.kind === 'invalid') {
      throw new ViaductError('TRACE_TARGET', `siptrace.duplicate_uri ${JSON.stringify(text)}: ${found.why}`);
    }
  }
}

function localReader({ trace_local_ip: text, data_mode: mode }: Given): (flow: Flow) => Endpoint {
  if (text !== undefined && text !== '') {
    const fixed = parseEndpoint(text);
    if (fixed === undefined) {
      throw new ViaductError(
        'PARAM_VALUE',
        `siptrace.trace_local_ip takes an address, as in udp:192.0.2.1:5060, not ${JSON.stringify(text)}`,
      );
    }
    return ({ local }) => ({ address: fixed.address, port: fixed.port ?? local.port });
  }
  if ((mode & ADVERTISED) === 0) return ({ local }) => local;
  return ({ local, listener }) => {
    const { advertised } = listener;
    return advertised !== undefined && isIp(advertised.host)
      ? { address: advertised.host, port: advertised.port ?? local.port }
      : local;
  };
}
