/** What siptrace offers: Kamailio's names and meanings; where a default differs, README.md says why. */
import type { ModuleDecl } from '../../engine/declaration.ts';
import { choice, int, list, str } from '../../engine/spec.ts';

const switchInt = (standard: 0 | 1, doc: string) => int({ default: standard, min: 0, max: 1, doc });
const runtimeSwitch = (standard: 0 | 1, doc: string) => int({ default: standard, min: 0, max: 1, runtime: true, doc });
const correlationId = str({ optional: true, doc: 'Correlation id, HEP chunk 0x11.' });
const scope = choice({
  optional: true,
  choices: { message: ['m', 'M'], transaction: ['t', 'T'], dialog: ['d', 'D'] },
  doc: 'How far tracing reaches: this message (and the stateless replies to it), or all that its transaction causes.',
});
const target = list({ optional: true, doc: 'URIs or names of targets; without one, duplicate_uri.' });
const outcomes = { traced: 1, off: -1, noTarget: -1, badTarget: -1, tooMany: -1 };

const routes = ['request', 'failure', 'branch_failure', 'onreply', 'branch', 'onsend', 'reply'] as const;

export const declaration = {
  name: 'siptrace',
  doc: 'Copies of messages, as HEP or as they are, to the targets that the route chose.',
  params: {
    target: list({
      default: [],
      doc: 'A named target `name=sip:host:port;options`, or a failover group `name=first,second`.',
    }),
    duplicate_uri: str({ doc: 'The default target: for traces without a target, and for trace_mode.' }),
    trace_on: int({ default: 1, cfgDefault: 0, min: 0, max: 1, runtime: true, doc: 'Tracing is on at the start.' }),
    hep_mode_on: int({
      default: 1,
      cfgDefault: 0,
      min: 0,
      max: 1,
      doc: 'Targets get HEP unless they say `hep=0`; 0: raw copies unless they say `hep=3`.',
    }),
    hep_version: int({
      default: 3,
      min: 1,
      max: 3,
      doc: 'HEP version for targets that name none. 1 and 2 go over UDP only.',
    }),
    hep_capture_id: int({ default: 1, min: 0, max: 0xffff_ffff, doc: 'Capture agent id, chunk 0x0c.' }),
    hep_node_name: str({ doc: 'Capture agent name, chunk 0x13.' }),
    auth_key: str({ secret: true, doc: 'Authentication key, chunk 0x0e.' }),
    profile: choice({
      default: 'transport',
      choices: { transport: ['transport'], kamailio: ['kamailio'], opensips: ['opensips'] },
      doc: 'How chunk 0x02 shows TLS and WebSocket: as 6 (TCP), as Kamailio (22) or as OpenSIPS (22 and 50).',
    }),
    correlation: choice({
      default: 'given',
      choices: { given: ['given'], callid: ['callid'], none: ['none'] },
      doc: 'Correlation id of messages: the one given to trace, else the Call-ID of the caller, or never one.',
    }),
    trace_flag: int({
      default: -1,
      min: -1,
      max: 31,
      doc: 'A message flag that makes scope `transaction` the default scope.',
    }),
    trace_mode: int({
      default: 0,
      min: 0,
      max: 7,
      doc: 'Not 0: every message on the wire goes to duplicate_uri (Kamailio bit 1; there is no database).',
    }),
    trace_init_mode: int({
      default: 0,
      min: 0,
      max: 2,
      doc: '0: routes and trace_mode may trace; 1: trace_mode only; 2: routes only.',
    }),
    trace_local_ip: str({ doc: 'Shown as the local side instead of the real address: `udp:192.0.2.1:5060`.' }),
    data_mode: int({ default: 0, min: 0, max: 1, doc: '1: advertised addresses are shown instead of the real ones.' }),
    trace_sl_replies: runtimeSwitch(1, 'Stateless replies follow the request they answer. 0 is the way of Kamailio.'),
    trace_sl_acks: runtimeSwitch(0, 'An ACK that belongs to no traced request goes to duplicate_uri.'),
    trace_to_database: switchInt(0, 'Accepted for Kamailio; there is no database.'),
    send_sock_addr: str({ doc: 'Local address that copies are sent from.' }),
    xheaders_write: switchInt(0, 'Copies carry X-Siptrace headers with their addresses and time.'),
    xheaders_read: switchInt(
      0,
      'Messages are copies with X-Siptrace headers: traced with those addresses and that time, without the headers; others are not traced.',
    ),
    queue_frames: int({
      default: 10_000,
      min: 1,
      doc: 'Frames that wait for one target; beyond, the oldest is dropped.',
    }),
    queue_bytes: int({ default: 16 * 1024 * 1024, min: 65_536, doc: 'Bytes that wait for one target.' }),
    coalesce_ms: int({
      default: 5,
      min: 0,
      max: 1_000,
      doc: 'How long frames wait for each other, so that they leave together.',
    }),
  },
  functions: {
    trace: {
      cfg: ['sip_trace'],
      routes,
      args: { options: { to: target, correlationId, scope } },
      returns: outcomes,
      doc: 'Traces this message and, by scope, what it causes, to each of the targets.',
    },
    traceMode: {
      cfg: ['sip_trace_mode'],
      routes,
      args: [choice({ choices: scope.choices, doc: scope.doc })],
      returns: outcomes,
      doc: 'Traces to duplicate_uri in this scope.',
    },
    hlog: {
      cfg: ['hlog'],
      routes,
      args: [str({ doc: 'Text.' }), correlationId],
      returns: outcomes,
      doc: 'Sends a log line (payload type 100) to duplicate_uri, under the Call-ID unless another id is given.',
    },
    traceMessage: {
      cfg: ['sip_trace_msg'],
      routes,
      args: {
        options: {
          text: str({ doc: 'Text.' }),
          from: str({ doc: 'Source, `proto:ip:port`.' }),
          to: str({ doc: 'Destination, `proto:ip:port`.' }),
          target: str({ optional: true, doc: 'Target; without one, duplicate_uri.' }),
          correlationId,
        },
      },
      returns: { ...outcomes, badAddress: -1 },
      doc: 'Sends arbitrary text as if it had gone from one address to another.',
    },
  },
  pvs: {
    siptrace: {
      type: 'any',
      inner: 'required',
      doc: 'Ends of the message in event_route[siptrace:msg]: `src_addr` and `dst_addr` (`udp:10.0.0.1:5060`), `src_hostip`, `dst_hostip`, `src_port`, `dst_port`, `src_proto`, `dst_proto`; null elsewhere.',
    },
  },
  eventRoutes: {
    'siptrace:msg': {
      doc: 'Runs on each message that is about to be traced, in every mode. `drop` keeps it back.',
      may: 'drop',
    },
  },
  rpc: {
    'siptrace.status': {
      doc: '`on`, `off` or `check`, and perhaps a target: switches tracing, or that target, at once; `Enabled` or `Disabled`.',
    },
    'siptrace.targets': { doc: 'Every target with its state, queue and counters.' },
    'siptrace.start': {
      named: true,
      doc: 'Traces what `filter=` says (`caller=`, `callee=`, `ruri=`, `user=`, `ip=`, `callid=`, `method=`, joined by commas) to `uri=` for `ttl=` seconds in `scope=` m, t or d; without a URI to duplicate_uri, without a scope in t.',
    },
    'siptrace.stop': { doc: 'Ends the rule with this id, or `all`, at once.' },
    'siptrace.list': { doc: 'The rules in force, with the seconds that are left and the requests traced.' },
  },
} as const satisfies ModuleDecl;
