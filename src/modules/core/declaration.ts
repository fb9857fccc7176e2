/** What Kamailio's core has without any module, under its names; control flow is the compiler's. */
import type { ModuleDecl } from '../../engine/declaration.ts';
import { int, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'failure', 'branch_failure', 'reply', 'onreply', 'event'] as const;
const requests = ['request', 'branch', 'failure', 'branch_failure'] as const;

const flag = int({ min: 0, max: 31, doc: 'Number of the flag.' });
const count = int({ min: 0, max: 65_535, doc: 'How many characters.' });
const edited = { changed: 1, malformed: -1 } as const;
const text = (doc: string) => str({ doc });

/** A change of the Request-URI. */
const edit = <const C extends readonly string[], const A extends readonly [] | readonly [ReturnType<typeof str>]>(
  cfg: C,
  args: A,
  doc: string,
) => ({ cfg, routes: requests, args, returns: edited, doc }) as const;

const forwardOver = <const C extends string>(cfg: C, transport: string) =>
  ({
    cfg: [cfg],
    routes: ['request'],
    args: [
      str({ optional: true, doc: 'Host; that of the Request-URI when absent.' }),
      str({ optional: true, doc: 'Its port.' }),
    ],
    async: true,
    returns: { forwarded: 1, failed: -1 },
    doc: `Sends the request on over ${transport}, without keeping state.`,
  }) as const;

const flagFunction = <const C extends readonly string[]>(cfg: C) => ({ cfg, routes: anywhere, args: [flag] }) as const;

export const declaration = {
  name: 'core',
  doc: 'Functions of the core.',
  functions: {
    forward: {
      cfg: ['forward'],
      routes: ['request'],
      args: [
        str({ optional: true, doc: 'Next hop as a SIP URI or host, instead of the Request-URI or destination.' }),
        str({ optional: true, doc: 'Its port, where the first one is a host.' }),
      ],
      async: true,
      returns: { forwarded: 1, failed: -1 },
      doc: 'Sends the request on without keeping state; replies follow its Via.',
    },
    forwardUdp: forwardOver('forward_udp', 'UDP'),
    forwardTcp: forwardOver('forward_tcp', 'TCP'),
    forwardTls: forwardOver('forward_tls', 'TLS'),
    appendBranchText: {
      cfg: ['append_branch'],
      routes: ['request', 'failure', 'branch_failure'],
      args: [
        str({
          optional: true,
          doc: 'URI of the branch; when absent the Request-URI, and what leads it elsewhere goes with it.',
        }),
        str({ optional: true, doc: 'Preference from 0 to 1, `0.5`; 1 when absent.' }),
      ],
      returns: { appended: 1, malformed: -1 },
      doc: 'One more destination for the next relay, as kamailio.cfg writes it.',
    },
    appendBranch: {
      cfg: [],
      routes: ['request', 'failure', 'branch_failure'],
      args: [
        str({ optional: true, doc: 'URI of the branch; a copy of the Request-URI when absent.' }),
        int({ min: 0, max: 1000, optional: true, doc: 'Preference in thousandths; 1000 when absent.' }),
      ],
      returns: { appended: 1 },
      doc: 'One more destination for the next relay.',
    },
    removeBranch: {
      cfg: ['remove_branch'],
      routes: ['request', 'failure', 'branch_failure'],
      args: [int({ optional: true, min: 0, max: 1000, doc: 'Which of those appended; the last when absent.' })],
      returns: { removed: 1, absent: -1 },
      doc: 'Takes an appended branch back.',
    },
    clearBranches: {
      cfg: ['clear_branches'],
      routes: ['request', 'failure', 'branch_failure'],
      args: [],
      returns: { cleared: 1 },
      doc: 'Takes all appended branches back.',
    },
    setFlag: {
      ...flagFunction(['setflag']),
      returns: { set: 1 },
      doc: 'Sets a message flag; it stays with the transaction.',
    },
    resetFlag: { ...flagFunction(['resetflag']), returns: { reset: 1 }, doc: 'Clears a message flag.' },
    isFlagSet: { ...flagFunction(['isflagset']), returns: 'boolean', doc: 'Whether a message flag is set.' },
    forceRport: {
      cfg: ['force_rport', 'add_rport'],
      routes: ['request', 'failure', 'onreply'],
      args: [],
      returns: { forced: 1 },
      doc: 'Replies go to the port that the request came from, as if its Via had asked for it (RFC 3581).',
    },
    addLocalRport: {
      cfg: ['add_local_rport'],
      routes: requests,
      args: [],
      returns: { added: 1 },
      doc: 'Our Via asks that replies come to the port that the request came from (RFC 3581).',
    },
    setAdvertisedAddress: {
      cfg: ['set_advertised_address'],
      routes: requests,
      args: [text('Host.')],
      returns: { set: 1 },
      doc: 'Our Via shows this host.',
    },
    setAdvertisedPort: {
      cfg: ['set_advertised_port'],
      routes: requests,
      args: [int({ min: 1, max: 65_535, doc: 'Port.' })],
      returns: { set: 1 },
      doc: 'Our Via shows this port.',
    },
    forceSendSocket: {
      cfg: ['force_send_socket'],
      routes: requests,
      args: [text('`[proto:]address[:port]` of a listener.')],
      returns: { set: 1, unknown: -1 },
      doc: 'Sends from this listener.',
    },
    forceTcpAlias: {
      cfg: ['force_tcp_alias', 'add_tcp_alias'],
      routes: ['request'],
      args: [int({ optional: true, min: 1, max: 65_535, doc: 'Port of the peer; that of its Via when absent.' })],
      returns: { added: 1, noConnection: -1 },
      doc: 'Requests to this port of the peer use the connection that this one came on.',
    },
    rewriteUri: edit(['rewriteuri', 'seturi'], [text('SIP URI.')], 'Sets the Request-URI.'),
    revertUri: edit(['revert_uri'], [], 'Sets the Request-URI to what came.'),
    rewriteHost: edit(['rewritehost', 'sethost', 'seth'], [text('Host.')], 'Sets the host of the Request-URI.'),
    rewriteHostPort: edit(
      ['rewritehostport', 'sethostport', 'sethp'],
      [text('Host and port.')],
      'Sets host and port of the Request-URI.',
    ),
    rewriteHostPortTrans: edit(
      ['rewritehostporttrans', 'sethostporttrans', 'sethpt'],
      [text('Host, port and parameters.')],
      'Sets host, port and transport of the Request-URI.',
    ),
    rewriteUser: edit(['rewriteuser', 'setuser', 'setu'], [text('User.')], 'Sets the user of the Request-URI.'),
    rewriteUserPass: edit(
      ['rewriteuserpass', 'setuserpass', 'setup'],
      [text('`user:password`.')],
      'Sets user and password of the Request-URI.',
    ),
    rewritePort: edit(['rewriteport', 'setport', 'setp'], [text('Port.')], 'Sets the port of the Request-URI.'),
    prefix: edit(['prefix'], [text('Text.')], 'Puts a text in front of the user of the Request-URI.'),
    strip: {
      cfg: ['strip'],
      routes: requests,
      args: [count],
      returns: edited,
      doc: 'Takes characters from the beginning of the user of the Request-URI.',
    },
    stripTail: {
      cfg: ['strip_tail'],
      routes: requests,
      args: [count],
      returns: edited,
      doc: 'Takes characters from the end of the user of the Request-URI.',
    },
    userphone: edit(['userphone'], [], 'Adds `user=phone` to the Request-URI when its user is a number.'),
    log: {
      cfg: ['log'],
      routes: anywhere,
      args: [int({ min: -5, max: 10, doc: 'Level: 3 debug, 2 info, 1 notice, 0 warning, -1 error.' }), text('Text.')],
      cfgForms: { 1: [{ is: 1 }, 0] },
      returns: { written: 1 },
      doc: 'Writes a line to the log.',
    },
    error: {
      cfg: ['error'],
      routes: anywhere,
      args: [text('Where.'), text('What.')],
      returns: { written: 1 },
      doc: 'Writes a line to the log; Kamailio does nothing else either.',
    },
    udpMtuTryProto: {
      cfg: ['udp_mtu_try_proto'],
      routes: anywhere,
      args: [text('Protocol.')],
      returns: { accepted: 1 },
      doc: 'Accepted: requests that are too large for UDP go over TCP. Has no effect.',
    },
    setForwardNoConnect: {
      cfg: ['set_forward_no_connect'],
      routes: anywhere,
      args: [],
      returns: { set: 1 },
      doc: 'The request leaves only on a connection that exists: without one, relaying fails.',
    },
    setReplyNoConnect: {
      cfg: ['set_reply_no_connect'],
      routes: anywhere,
      args: [],
      returns: { set: 1 },
      doc: 'Replies to this request go only to the connection that it came on: none is opened for them.',
    },
    setForwardClose: {
      cfg: ['set_forward_close'],
      routes: anywhere,
      args: [],
      returns: { set: 1 },
      doc: 'The connection that the request leaves on is closed when the request was sent.',
    },
    setReplyClose: {
      cfg: ['set_reply_close'],
      routes: anywhere,
      args: [],
      returns: { set: 1 },
      doc: 'The connection that this request came on is closed behind its final reply.',
    },
  },
  eventRoutes: {
    'core:worker-one-init': { doc: 'Runs once when the proxy starts.' },
    'core:worker-init': { doc: 'Runs once when the proxy starts: there is one worker.' },
  },
} as const satisfies ModuleDecl;
