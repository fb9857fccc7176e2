/**
 * tm, stateful processing: transactions, forking, failure routes and timers (RFC 3261 sections 16 and 17).
 * Functions, parameters and outcomes are those of Kamailio's tm; README.md lists where they differ.
 */
import { LocalRequests } from '../../engine/local-requests.ts';
import { defineModule } from '../../engine/module.ts';
import { choice, int, str, type StrSpec } from '../../engine/spec.ts';
import { DEFAULT_TRANSACTION_LIMIT } from '../../transaction/table.ts';
import { DEFAULT_TIMERS } from '../../transaction/timers.ts';
import { contactFunctions, contactsOf } from './contacts.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import { acceptedParams } from './accepted.ts';
import { type Settings, TmCore } from './core.ts';
import { OwnRequests, sendOwn } from './own-requests.ts';
import { answersOf, questionFunctions } from './questions.ts';
import { relayFunctions, relaysOf } from './relay-functions.ts';
import { repliesOf, replyFunctions } from './reply-functions.ts';
import { TmRpc } from './rpc.ts';
import { Tables } from './tables.ts';
import { Transactions } from './transactions.ts';
import { wayFunctions, waysOf } from './ways.ts';

const routeName = (route: NonNullable<StrSpec['route']>) => str({ route, doc: 'Name of the route block.' });
const on = choice({ choices: { off: ['0'], on: ['1'] }, default: 'on', doc: '' });

export const tm = defineModule(
  {
    name: 'tm',
    doc: 'Stateful processing: transactions, forking, failure routes.',
    params: {
      fr_timer: int({
        default: 30_000,
        min: 1,
        runtime: true,
        doc: 'Milliseconds to wait for the first reply to a request.',
      }),
      fr_inv_timer: int({
        default: 120_000,
        min: 1,
        runtime: true,
        doc: 'Milliseconds to wait for a final reply to an INVITE after a provisional one; every 101 to 199 restarts it.',
      }),
      retr_timer1: int({ default: 500, min: 1, doc: 'T1 in milliseconds: the first retransmission interval.' }),
      retr_timer2: int({ default: 4_000, min: 1, doc: 'T2 in milliseconds: the longest retransmission interval.' }),
      wt_timer: int({
        default: 32_000,
        min: 0,
        doc: 'Milliseconds that an answered transaction is kept for retransmissions. RFC 3261 asks for 64*T1, which is 32000; Kamailio keeps 5000.',
      }),
      auto_inv_100: { ...on, doc: 'Answer an INVITE with 100 when relaying begins.' },
      auto_inv_100_reason: str({
        default: 'trying -- your call is important to us',
        doc: 'Reason phrase of that 100.',
      }),
      max_branches: int({ default: 12, min: 1, max: 31, doc: 'Branches of one transaction.' }),
      use_dns_failover: { ...on, doc: 'Try the next address of a name when one cannot be sent to.' },
      udp_mtu: int({
        default: 0,
        min: 0,
        max: 65_507,
        doc: 'Requests of more bytes than this go over TCP where UDP was meant (RFC 3261 18.1.1 says 1300); 0 for never. A core parameter in Kamailio.',
      }),
      aggregate_challenges: { ...on, doc: 'Put the challenges of all branches into a 401 or 407.' },
      remap_503_500: { ...on, doc: 'Relay a 503 as 500, so that the caller does not give up on us.' },
      detect_merged: {
        ...on,
        doc: 'Answer with 482 a request that came a second time on another way (RFC 3261 8.2.2.2).',
      },
      failure_reply_mode: choice({
        choices: { none: ['0'], all: ['1'], last: ['2'], ifMore: ['3'] },
        default: 'none',
        doc: 'Replies that no longer count when a failure route has run: none, all, those of the last relay, or all if it relayed again.',
      }),
      local_cancel_reason: { ...on, doc: 'Say in a CANCEL of our own why it is sent (RFC 3326).' },
      e2e_cancel_reason: { ...on, doc: 'Copy the Reason of a CANCEL that came into ours.' },
      cancel_b_method: choice({
        choices: { wait: ['1'], end: ['0'], send: ['2'] },
        default: 'wait',
        doc: 'A branch that is cancelled before any reply: wait for one and cancel then (RFC 3261 9.1), end it with 487 at once, or send the CANCEL all the same.',
      }),
      disable_6xx_block: {
        ...on,
        default: 'off',
        doc: 'Treat a 6xx as any other refusal: it does not end the other branches.',
      },
      max_inv_lifetime: int({
        default: 0,
        cfgDefault: 180_000,
        min: 0,
        doc: 'Milliseconds after which an INVITE that was relayed gets no more time, whatever rings; 0 for no end.',
      }),
      max_noninv_lifetime: int({
        default: 0,
        cfgDefault: 32_000,
        min: 0,
        doc: 'The same for other requests.',
      }),
      restart_fr_on_each_reply: {
        ...on,
        doc: 'Every 101 to 199 restarts fr_inv_timer (RFC 3261 16.7); off: only one from 180 on that is higher than those before.',
      },
      relay_100: {
        ...on,
        default: 'off',
        doc: 'Relay a 100 of a branch; RFC 3261 16.7 says that it is not to be forwarded.',
      },
      unmatched_cancel: choice({
        choices: { stateful: ['0'], stateless: ['1'], drop: ['2'] },
        default: 'stateful',
        doc: 'What `t_relay` does with a CANCEL whose INVITE it does not know: relays it, forwards it without a transaction, or drops it.',
      }),
      ac_extra_hdrs: str({
        default: '',
        doc: 'Headers of an INVITE whose names begin so are copied into its CANCEL and into the ACK to a negative reply.',
      }),
      ...acceptedParams,
      transactions: int({
        default: DEFAULT_TRANSACTION_LIMIT,
        min: 1,
        doc: 'Server transactions at a time; beyond, requests get 503.',
      }),
    },
    functions: {
      ...relayFunctions,
      ...replyFunctions,
      ...wayFunctions,
      ...questionFunctions,
      ...contactFunctions,
      newTransaction: {
        cfg: ['t_newtran'],
        routes: ['request'],
        args: [],
        returns: { created: 1, exists: 1, full: -1, merged: -1, answered: -1, ack: -1 },
        doc: 'Creates the transaction, so that replies are stateful from here on.',
      },
      onBranch: {
        cfg: ['t_on_branch'],
        routes: ['request', 'failure', 'branch_failure'],
        args: [routeName('branch')],
        returns: { armed: 1 },
        doc: 'Runs this branch route on every branch of the next relay.',
      },
      onReply: {
        cfg: ['t_on_reply'],
        routes: ['request', 'failure', 'branch', 'branch_failure', 'onreply'],
        args: [routeName('onreply')],
        returns: { armed: 1 },
        doc: 'Runs this onreply route on the replies of the branches relayed next.',
      },
      onFailure: {
        cfg: ['t_on_failure'],
        routes: ['request', 'failure', 'branch', 'branch_failure', 'onreply'],
        args: [routeName('failure')],
        returns: { armed: 1 },
        doc: 'Runs this failure route when every branch has failed.',
      },
      onBranchFailure: {
        cfg: ['t_on_branch_failure'],
        routes: ['request', 'failure', 'branch', 'onreply'],
        args: [routeName('branch_failure')],
        returns: { armed: 1 },
        doc: 'Runs this branch failure route when one of the branches relayed next fails.',
      },
      setTimers: {
        cfg: ['t_set_fr'],
        routes: ['request', 'failure', 'branch', 'branch_failure', 'onreply'],
        args: [
          int({ min: 0, doc: 'fr_inv_timer in milliseconds; 0 leaves it.' }),
          int({ min: 0, optional: true, doc: 'fr_timer in milliseconds; 0 leaves it.' }),
        ],
        returns: { set: 1 },
        doc: 'Sets the timers of the branches relayed next, and outside of a branch route of those that wait.',
      },
      hasTransaction: {
        cfg: ['t_check_trans'],
        routes: ['request', 'failure', 'branch', 'reply', 'onreply'],
        args: [],
        returns: 'boolean',
        doc: 'Whether a transaction exists for this message; for a CANCEL, whether its INVITE has one.',
      },
      isArmed: {
        cfg: ['t_is_set'],
        routes: ['request', 'failure', 'branch', 'branch_failure', 'onsend', 'onreply', 'reply'],
        args: [
          choice({
            choices: {
              branch: ['branch_route'],
              reply: ['onreply_route'],
              failure: ['failure_route'],
              branchFailure: ['branch_failure_route'],
            },
            doc: 'Kind of the route block.',
          }),
        ],
        returns: 'boolean',
        doc: 'Whether a route block of this kind is armed.',
      },
      statusMatches: {
        cfg: ['t_check_status'],
        routes: ['request', 'failure', 'branch_failure', 'onreply', 'reply'],
        args: [str({ raw: true, doc: 'Regular expression.' })],
        returns: 'boolean',
        doc: 'Whether the winning status, that of the reply, or in a request route that of the last reply sent, matches.',
      },
      saveEdits: {
        cfg: ['t_save_lumps'],
        routes: ['request'],
        args: [],
        returns: { saved: 1 },
        doc: 'Accepted: what a route has written is there in its failure route.',
      },
      send: {
        cfg: ['t_uac_send'],
        routes: ['request', 'failure', 'branch', 'branch_failure', 'onsend', 'onreply', 'reply', 'event'],
        args: [
          str({ doc: 'Method; an INVITE is acknowledged and goes no further.' }),
          str({ doc: 'Request-URI.' }),
          str({ doc: 'URI of the next hop; empty or `.` for none.' }),
          str({ doc: 'Where to send it from, `udp:host:port`; empty or `.` for any.' }),
          str({ doc: 'Headers, one a line: From and To at least.' }),
          str({ doc: 'Body; needs a Content-Type.' }),
        ],
        returns: { sent: 1, dropped: 1, malformed: -1, full: -1 },
        doc: 'Sends a request of our own. `dropped` by event_route[tm:local-request].',
      },
      useSentHeaders: {
        cfg: ['t_use_uac_headers'],
        routes: ['request', 'failure', 'branch', 'branch_failure', 'onreply', 'reply', 'event'],
        args: [],
        returns: { used: 1 },
        doc: 'Accepted: CANCEL and ACK are made from the request as it was sent.',
      },
      clean: {
        cfg: ['t_clean'],
        routes: ['request', 'failure', 'branch', 'branch_failure', 'onreply', 'reply', 'event'],
        args: [],
        returns: { cleaned: 1 },
        doc: 'Accepted: what is over is forgotten by itself.',
      },
      release: {
        cfg: ['t_release'],
        routes: ['request', 'failure'],
        args: [],
        returns: { released: 1 },
        doc: 'Accepted: a transaction ends by itself, when its final reply went out.',
      },
    },
    eventRoutes: {
      'tm:local-request': {
        may: 'drop',
        doc: 'A request of our own is about to be sent, of t_uac_send, uac_req_send or RPC: it may be changed, with its destination, or dropped.',
      },
      'tm:local-response': { doc: 'A reply of our own went out through a transaction.' },
    },
    stats: {
      transactions: 'Transactions created.',
      replies_relayed: 'Replies relayed.',
      replies_local: 'Replies made here.',
      replies_received: 'Replies that belong to a transaction.',
      final_2xx: 'Requests that ended with a 2xx.',
      final_3xx: 'Requests that ended with a 3xx.',
      final_4xx: 'Requests that ended with a 4xx.',
      final_5xx: 'Requests that ended with a 5xx.',
      final_6xx: 'Requests that ended with a 6xx.',
      retransmissions_in: 'Requests that came again.',
      retransmissions_out: 'Messages sent again.',
      replies_without_via: 'Replies that had no Via but ours: they go nowhere.',
      timeouts: 'Branches that no final reply came for.',
      cancels: 'CANCELs sent.',
      refused: 'Requests refused because the table was full.',
    },
    rpc: {
      'tm.stats': { doc: 'Counters and the number of transactions.' },
      'tm.list': { doc: 'Transactions that are under way, the oldest first.' },
      'tm.reply': {
        doc: 'Answers a transaction: status, reason, `index:label` of it, a To tag (ours is sent), and optionally headers and a body.',
      },
      'tm.reply_callid': {
        doc: 'Answers a request: status, reason, Call-ID, CSeq number, a To tag (ours is sent), and optionally headers and a body.',
      },
      'tm.t_uac_start': {
        doc: 'Sends a request of our own: method, Request-URI, next hop, socket, headers, and optionally a body.',
      },
      'tm.t_uac_wait': {
        doc: 'The same, and waits for its final reply: status, reason, target, next hop, route, headers.',
      },
      'tm.t_uac_wait_block': { doc: 'The same, and gives status and reason alone.' },
      'tm.clean': { doc: 'Does nothing: what is over is forgotten by itself.' },
      'tm.hash_stats': { doc: 'Says, as Kamailio does unless it was built for it, that there are no hash statistics.' },
      'tm.cancel': { doc: 'Ends an INVITE that has no final reply yet, as its caller would: Call-ID, CSeq number.' },
    },
  },
  (host) => {
    const { params } = host;
    const patterns = new PatternCache();
    const ours = settings(params);
    const tables = host.state('tables', () => new Tables(params.transactions));
    const locals = host.state('locals', () => new LocalRequests(host.engine));
    const core = new TmCore(host, { settings: ours, tables, locals });
    const transactions = new Transactions(core, { invite: host.slot('invite'), early: host.slot('early') });
    const own = new OwnRequests(core, core.locals);
    const rpc = new TmRpc({
      tables,
      stats: host.stats,
      clock: host.world.clock,
      running: () => transactions.running(),
      find: (callId, number) => transactions.find(callId, number),
      sentOwn: () => core.locals.sent,
    });
    return {
      functions: {
        ...relaysOf(transactions),
        ...repliesOf(transactions),
        ...waysOf(transactions),
        ...answersOf(transactions),
        ...contactsOf(host.slot('contacts')),
        newTransaction: (ctx) => transactions.create(ctx),
        onBranch: (ctx, name) => transactions.arm(ctx, 'branch', name),
        onReply: (ctx, name) => transactions.arm(ctx, 'reply', name),
        onFailure: (ctx, name) => transactions.arm(ctx, 'failure', name),
        onBranchFailure: (ctx, name) => transactions.arm(ctx, 'branchFailure', name),
        setTimers: (ctx, frInv, fr) => transactions.setTimers(ctx, frInv, fr ?? 0),
        hasTransaction: (ctx) => transactions.concerning(ctx) !== undefined,
        isArmed: (ctx, what) => transactions.isArmed(ctx, what),
        statusMatches: (ctx, pattern) => patterns.matches(pattern, String(transactions.statusOf(ctx))),
        saveEdits: () => 'saved',
        send: (_, ...described) => sendOwn(own, host.log, described),
        useSentHeaders: () => 'used',
        clean: () => 'cleaned',
        release: () => 'released',
      },
      claims: transactions,
      pending: () => tables.underWay + core.locals.size,
      routeEnded: (ctx) => transactions.of(ctx)?.routeEnded(),
      api: transactions,
      rpc: {
        ...rpc.commands,
        'tm.t_uac_start': (given) => own.start(given),
        'tm.t_uac_wait': (given) => own.wait(given),
        'tm.t_uac_wait_block': (given) => own.waitBlock(given),
      },
      statistics: () => rpc.statistics(),
      tunables: {
        fr_timer: { read: () => ours.frTimerMs, write: (ms) => void (ours.frTimerMs = ms) },
        fr_inv_timer: { read: () => ours.frInvTimerMs, write: (ms) => void (ours.frInvTimerMs = ms) },
      },
    };
  },
);

interface Given {
  readonly retr_timer1: number;
  readonly wt_timer: number;
  readonly retr_timer2: number;
  readonly fr_timer: number;
  readonly fr_inv_timer: number;
  readonly max_branches: number;
  readonly auto_inv_100: string;
  readonly auto_inv_100_reason: string;
  readonly use_dns_failover: string;
  readonly udp_mtu: number;
  readonly aggregate_challenges: string;
  readonly remap_503_500: string;
  readonly detect_merged: string;
  readonly failure_reply_mode: Settings['failureReplies'];
  readonly cancel_b_method: Settings['unansweredCancel'];
  readonly local_cancel_reason: string;
  readonly e2e_cancel_reason: string;
  readonly disable_6xx_block: string;
  readonly max_inv_lifetime: number;
  readonly max_noninv_lifetime: number;
  readonly restart_fr_on_each_reply: string;
  readonly relay_100: string;
  readonly unmatched_cancel: Settings['unmatchedCancel'];
  readonly ac_extra_hdrs: string;
}

const settings = (given: Given): Settings => {
  const timers = { t1: given.retr_timer1, t2: given.retr_timer2, t4: DEFAULT_TIMERS.t4, linger: given.wt_timer };
  return {
    timers,
    overStream: { timers, reliable: true },
    overDatagram: { timers, reliable: false },
    frTimerMs: given.fr_timer,
    frInvTimerMs: given.fr_inv_timer,
    maxBranches: given.max_branches,
    reason100: given.auto_inv_100_reason,
    ways: {
      auto100: given.auto_inv_100 === 'on',
      sixHundredEnds: given.disable_6xx_block === 'off',
      failover: given.use_dns_failover === 'on',
      callerReason: given.e2e_cancel_reason === 'on',
      answersFailure: true,
      timers,
      maxInviteMs: given.max_inv_lifetime,
      maxOtherMs: given.max_noninv_lifetime,
    },
    udpMtu: given.udp_mtu,
    aggregateChallenges: given.aggregate_challenges === 'on',
    remap503: given.remap_503_500 === 'on',
    detectMerged: given.detect_merged === 'on',
    failureReplies: given.failure_reply_mode,
    unansweredCancel: given.cancel_b_method,
    restartsTimerC: given.restart_fr_on_each_reply === 'on',
    relays100: given.relay_100 === 'on',
    unmatchedCancel: given.unmatched_cancel,
    copiedPrefix: given.ac_extra_hdrs.toLowerCase(),
    localCancelReason: given.local_cancel_reason === 'on',
  };
};
