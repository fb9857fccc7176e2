/** What corex declares: sockets, flags, files and sending by hand, under Kamailio's names. */
import { choice, int, list, pv, str } from '../../engine/spec.ts';

const requests = ['request', 'branch', 'failure', 'branch_failure'] as const;
const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
/** Kamailio lets them be called, and nothing comes of it: a reply goes where its Via says. */
const sockets = [...requests, 'reply', 'onreply'] as const;
const incoming = ['request', 'failure', 'branch_failure', 'reply', 'onreply'] as const;

/** Numbers of flags beyond those of setflag(). */
export const MAX_XFLAG = 63;

const socket = str({ doc: '`proto:address:port` of a listener.' });
const socketName = str({ doc: 'Name of a listener.' });
const set = { set: 1, unknown: -1 } as const;
const xflag = int({ min: 0, max: MAX_XFLAG, doc: 'Number of the flag.' });
const internalFlag = choice({
  choices: { useUacFrom: ['USE_UAC_FROM'], useUacTo: ['USE_UAC_TO'], uacAuth: ['UAC_AUTH'] },
  doc: 'Name of the flag.',
});
const sent = { sent: 1, failed: -1 } as const;
const to = str({ optional: true, doc: '`host:port`; the destination or the Request-URI when absent.' });
const data = str({ doc: 'What is sent, as it is.' });
const uri = str({ doc: 'SIP URI of who gets it.' });

const socketFunctions = {
  setSendSocket: {
    cfg: ['set_send_socket'],
    routes: sockets,
    args: [socket],
    returns: set,
    doc: 'Sends from this listener.',
  },
  setSendSocketName: {
    cfg: ['set_send_socket_name'],
    routes: sockets,
    args: [socketName],
    returns: set,
    doc: 'Sends from the listener of this name.',
  },
  isSocketName: {
    cfg: ['is_socket_name'],
    routes: anywhere,
    args: [str({ doc: 'Name of a listener.' })],
    returns: 'boolean',
    doc: 'Whether a listener has this name.',
  },
  hasRuriUser: {
    cfg: ['has_ruri_user'],
    routes: requests,
    args: [],
    returns: 'boolean',
    doc: 'Whether the Request-URI has a user.',
  },
  hasUserAgent: {
    cfg: ['has_user_agent'],
    routes: anywhere,
    args: [],
    returns: 'boolean',
    doc: 'Whether there is a User-Agent that says something.',
  },
  setRecvSocket: {
    cfg: ['set_recv_socket'],
    routes: incoming,
    args: [socket],
    returns: set,
    doc: 'The message counts as one that came to this listener: replies leave from there.',
  },
  setRecvSocketName: {
    cfg: ['set_recv_socket_name'],
    routes: incoming,
    args: [socketName],
    returns: set,
    doc: 'The same, by the name of the listener.',
  },
  setSourceAddress: {
    cfg: ['set_source_address'],
    routes: incoming,
    args: [str({ doc: '`[proto:]address:port`.' })],
    returns: { set: 1, malformed: -1 },
    doc: 'The message counts as one that came from there: replies go there. The transport stays what it is.',
  },
} as const;

const flagFunctions = {
  setXFlag: {
    cfg: ['setxflag'],
    routes: anywhere,
    args: [xflag],
    returns: { set: 1 },
    doc: 'Sets a further message flag; it stays with the transaction.',
  },
  resetXFlag: {
    cfg: ['resetxflag'],
    routes: anywhere,
    args: [xflag],
    returns: { reset: 1 },
    doc: 'Clears a further message flag.',
  },
  isXFlagSet: {
    cfg: ['isxflagset'],
    routes: anywhere,
    args: [xflag],
    returns: 'boolean',
    doc: 'Whether a further message flag is set.',
  },
  setInternalFlag: {
    cfg: ['msg_iflag_set'],
    routes: anywhere,
    args: [internalFlag],
    returns: { set: 1 },
    doc: 'Accepted: only msg_iflag_is_set asks for it.',
  },
  resetInternalFlag: {
    cfg: ['msg_iflag_reset'],
    routes: anywhere,
    args: [internalFlag],
    returns: { reset: 1 },
    doc: 'Accepted: only msg_iflag_is_set asks for it.',
  },
  isInternalFlagSet: {
    cfg: ['msg_iflag_is_set'],
    routes: anywhere,
    args: [internalFlag],
    returns: { set: 1, unset: -2 },
    doc: 'Whether msg_iflag_set has set it.',
  },
  isFakedMsg: {
    cfg: ['is_faked_msg'],
    routes: anywhere,
    args: [],
    returns: 'boolean',
    doc: 'Whether nobody sent the message: a timer or an event runs the route.',
  },
} as const;

const sendingFunctions = {
  sendUdp: {
    cfg: ['send_udp'],
    routes: ['request', 'failure'],
    args: [to],
    async: true,
    returns: sent,
    doc: 'Sends the message as it came, over UDP: without a Via of ours, so that no reply comes back here.',
  },
  sendTcp: {
    cfg: ['send_tcp'],
    routes: ['request', 'failure'],
    args: [to],
    async: true,
    returns: sent,
    doc: 'The same over TCP.',
  },
  sendData: {
    cfg: ['send_data'],
    routes: anywhere,
    args: [uri, data],
    async: true,
    returns: sent,
    doc: 'Sends a text to somebody.',
  },
  sendDataFrom: {
    cfg: ['sendx'],
    routes: anywhere,
    args: [uri, str({ doc: 'Listener to send from; any when empty.' }), data],
    async: true,
    returns: sent,
    doc: 'The same from a listener of our choice.',
  },
  forwardReply: {
    cfg: ['forward_reply'],
    routes: ['reply', 'onreply'],
    args: [],
    returns: { forwarded: 1, failed: -1 },
    doc: 'Sends the reply on by its Via, without keeping state.',
  },
  fileRead: {
    cfg: ['file_read'],
    routes: anywhere,
    args: [str({ doc: 'Path of a file.' }), pv({ writable: true, doc: 'Gets the text.' })],
    async: true,
    returns: { read: 1, failed: -1 },
    doc: 'Reads a file; one of more than 64 KiB is refused.',
  },
} as const;

export const declaration = {
  name: 'corex',
  doc: 'Sockets and flags of the core, and sending by hand.',
  params: {
    alias_subdomains: list({
      default: [],
      doc: 'Has no effect, and says so at the start: subdomains are not taken for ours.',
    }),
  },
  functions: { ...socketFunctions, ...flagFunctions, ...sendingFunctions },
  rpc: {
    'corex.list_sockets': { doc: 'Listeners.' },
    'corex.list_aliases': { doc: 'Further names of this proxy; port 0 is any.' },
  },
} as const;
