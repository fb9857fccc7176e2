/** What nathelper declares: its parameters, functions and pseudo-variables, under Kamailio's names. */
import { choice, int, pv, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const edits = ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const edited = { set: 1, unneeded: 2, malformed: -1 } as const;

const flag = (doc: string) => int({ default: -1, min: -1, max: 31, doc: `${doc} -1 for none.` });

export const declaration = {
  name: 'nathelper',
  doc: 'Reaches peers behind a NAT: detects them, keeps their real address, and keeps their bindings open.',
  params: {
    received_avp: str({
      doc: 'AVP that gets the source of a REGISTER, `$avp(name)` or its name; the registrar reads it.',
    }),
    alias_name: str({ default: 'alias', doc: 'Name of the alias parameter.' }),
    nortpproxy_str: str({ default: 'a=nortpproxy:yes', doc: 'Line that bit 4 of fixNatedSdp adds.' }),
    append_sdp_oldmediaip: int({ default: 1, min: 0, max: 1, doc: 'Write replaced addresses as `a=oldmediaip:`.' }),
    natping_interval: int({
      default: 0,
      min: 0,
      max: 86_400,
      doc: 'Seconds in which every binding is pinged once; 0 for never.',
    }),
    ping_nated_only: int({ default: 0, min: 0, max: 1, doc: 'Ping only bindings with the NAT flag of usrloc.' }),
    natping_disable_bflag: flag('Branch flag of bindings that are not pinged.'),
    sipping_bflag: flag('Branch flag of bindings that are pinged with a SIP request instead of four zero bytes.'),
    sipping_method: str({ default: 'OPTIONS', doc: 'Method of that request.' }),
    sipping_from: str({ doc: 'From URI of that request; needed for it.' }),
    keepalive_timeout: int({
      default: 0,
      min: 0,
      max: 86_400,
      doc: 'Seconds without an answer to a SIP ping after which a binding is removed; 0 for never.',
    }),
    force_socket: str({ doc: 'Listener to ping from, `[proto:]address[:port]`.' }),
    natping_processes: int({
      default: 1,
      min: 0,
      max: 64,
      doc: 'Has no meaning here: pings are spread over the interval.',
    }),
    nat_addr_mode: int({
      default: 1,
      min: 0,
      max: 1,
      doc: 'Private besides RFC 1918 and 100.64.0.0/10: 1 all of 192.0.0.0/24, 0 only 192.0.0.0/29.',
    }),
    udpping_from_path: int({
      default: 0,
      min: 0,
      max: 1,
      doc: 'Has no meaning here: nothing is sent from foreign addresses.',
    }),
    natping_socket: str({ doc: 'Has no meaning here: nothing is sent from foreign addresses.' }),
    filter_server_id: int({
      default: 0,
      min: 0,
      max: 1,
      doc: 'Has no meaning here: bindings are pinged by the node that holds them.',
    }),
  },
  functions: {
    natUacTest: {
      cfg: ['nat_uac_test'],
      routes: anywhere,
      args: [
        int({
          min: 0,
          max: 4095,
          doc: 'Bits: 1 private address in the first Contact, 2 Via is not the source address, 4 private Via, 8 private SDP address, 16 Via port is not the source port, 32 private source, 64 WebSocket, 128 port of the first Contact is not the source port, 256 SDP address is not the source, 512 the target is not where the URI or Via says.',
        }),
      ],
      returns: 'boolean',
      doc: 'Whether one of the tests holds: the sender sits behind a NAT.',
    },
    isRfc1918: {
      cfg: ['is_rfc1918'],
      routes: anywhere,
      args: [str({ doc: 'An IPv4 address.' })],
      returns: 'boolean',
      doc: 'Whether it is an address of a private network.',
    },
    fixNatedContact: {
      cfg: ['fix_nated_contact'],
      routes: edits,
      args: [],
      returns: { set: 1, unneeded: -1, malformed: -1 },
      doc: 'Writes the source address and port into every Contact. `unneeded`: there is none.',
    },
    setContactAlias: {
      cfg: ['set_contact_alias'],
      routes: edits,
      args: [
        choice({
          optional: true,
          choices: { keep: ['0'], replace: ['1'] },
          doc: 'What becomes of an alias that is there already; `keep` when absent.',
        }),
      ],
      returns: { set: 1, unneeded: -1, malformed: -1 },
      doc: 'Adds the source as the last parameter of every Contact URI. `unneeded`: there is none.',
    },
    addContactAlias: {
      cfg: ['add_contact_alias'],
      routes: edits,
      args: [
        str({ optional: true, doc: 'Another address than the source.' }),
        int({ optional: true, min: 1, max: 65_535, doc: 'Its port.' }),
        choice({
          optional: true,
          choices: { udp: ['udp'], tcp: ['tcp'], tls: ['tls'], ws: ['ws'], wss: ['wss'] },
          doc: 'Its transport.',
        }),
      ],
      cfgArity: [0, 3],
      returns: edited,
      doc: 'Adds the source, where the Contact does not name it, as the first parameter of every Contact URI.',
    },
    handleRuriAlias: {
      cfg: ['handle_ruri_alias'],
      routes: ['request', 'branch', 'failure'],
      args: [choice({ optional: true, choices: { first: ['0'], last: ['1'] }, doc: 'Which of several aliases.' })],
      returns: { routed: 1, none: 2, malformed: -1 },
      doc: 'Takes the alias off the Request-URI and makes it the destination.',
    },
    aliasToVariable: {
      cfg: ['set_alias_to_pv'],
      routes: ['request', 'branch', 'failure'],
      args: [pv({ writable: true, doc: 'Variable that gets the URI.' })],
      returns: { written: 1, none: -1 },
      doc: 'Writes the alias of the first Contact, as a URI, into a variable.',
    },
    addRcvParam: {
      cfg: ['add_rcv_param'],
      routes: edits,
      args: [
        choice({
          optional: true,
          choices: { header: ['0'], uri: ['1'] },
          doc: 'A parameter of the header, or of the URI.',
        }),
      ],
      returns: { set: 1, unneeded: 1, malformed: -1 },
      doc: 'Adds the source as `received` to every Contact, for a registrar behind us.',
    },
    fixNatedRegister: {
      cfg: ['fix_nated_register'],
      routes: ['request', 'branch', 'failure'],
      args: [],
      returns: { stored: 1, noAvp: 1 },
      doc: 'Keeps the source in received_avp. `noAvp`: that parameter is not set, nothing was done.',
    },
    fixNatedSdp: {
      cfg: ['fix_nated_sdp'],
      routes: edits,
      args: [
        int({
          min: 0,
          max: 15,
          doc: 'Bits: 1 a=direction:active, 2 address of c=, 4 nortpproxy_str, 8 address of o=.',
        }),
        str({ optional: true, doc: 'Address to write; the source when absent.' }),
      ],
      returns: { replaced: 1, nothingToReplace: 2, malformed: -1 },
      doc: 'Writes another address into the session description. `malformed`: no body, or no address in it.',
    },
  },
  pvs: {
    rr_count: { type: 'int', doc: 'Record-Route elements of the message.' },
    rr_top_count: { type: 'int', doc: 'How many of them the topmost proxy wrote: 2 with `r2`, else 1; 0 without any.' },
  },
  stats: {
    pings: 'Keepalives sent.',
    ping_answers: 'Answers to SIP keepalives.',
    unreachable: 'Keepalives that could not be sent.',
  },
  rpc: {
    'nathelper.enable_ping': { doc: 'Switches keepalives on (1) or off (0).' },
  },
} as const;
