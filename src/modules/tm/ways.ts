/** What a route may say of its transaction before or while it is relayed: how it is answered, repeated, cancelled, and how long it lives. */
import { int, choice } from '../../engine/spec.ts';
import type { AnyContext, Transactions } from './transactions.ts';

const routes = ['request', 'failure', 'branch', 'branch_failure', 'onreply'] as const;
const set = { set: 1 } as const;
const reset = { reset: 1 } as const;
const on = choice({ choices: { no: ['0'], yes: ['1'] }, doc: '1 for yes, 0 for no.' });
const ms = (doc: string) => int({ min: 0, doc });

const change = <const C extends readonly string[]>(cfg: C, doc: string) =>
  ({ cfg, routes, args: [on], returns: set, doc }) as const;

export const wayFunctions = {
  resetTimers: {
    cfg: ['t_reset_fr'],
    routes,
    args: [],
    returns: reset,
    doc: 'Sets the timers back to `fr_timer` and `fr_inv_timer`.',
  },
  setRepetition: {
    cfg: ['t_set_retr'],
    routes,
    args: [ms('T1 in milliseconds; 0 leaves it.'), ms('T2 in milliseconds; 0 leaves it.')],
    returns: set,
    doc: 'Sets how the requests of the branches relayed next are repeated.',
  },
  resetRepetition: {
    cfg: ['t_reset_retr'],
    routes,
    args: [],
    returns: reset,
    doc: 'Sets T1 and T2 back to `retr_timer1` and `retr_timer2`.',
  },
  setLifetime: {
    cfg: ['t_set_max_lifetime'],
    routes,
    args: [ms('For an INVITE, in milliseconds; 0 leaves it.'), ms('For another request; 0 leaves it.')],
    returns: set,
    doc: 'Branches relayed next get no more time than this from now on, whatever rings.',
  },
  resetLifetime: {
    cfg: ['t_reset_max_lifetime'],
    routes,
    args: [],
    returns: reset,
    doc: 'Sets that back to `max_inv_lifetime` and `max_noninv_lifetime`.',
  },
  setAuto100: {
    ...change(['t_set_auto_inv_100'], 'Whether the INVITE is answered with 100 when relaying begins.'),
    routes: ['request'],
  },
  disable6xx: change(['t_set_disable_6xx'], 'Whether a 6xx is treated as any other refusal.'),
  disableFailover: change(['t_set_disable_failover'], 'Whether only the first address of a name is tried.'),
  dropCallerReason: change(
    ['t_set_no_e2e_cancel_reason', 't_disable_e2e_cancel_reason'],
    'Whether the Reason of a CANCEL that comes stays out of ours.',
  ),
  disableInternalReply: change(
    ['t_set_disable_internal_reply'],
    'Whether the request goes without an answer when relaying it failed and the route answers nothing.',
  ),
} as const;

/** What stands behind them. */
export const waysOf = (transactions: Transactions) => ({
  resetTimers: (ctx: AnyContext) => transactions.resetTimers(ctx),
  setRepetition: (ctx: AnyContext, t1: number, t2: number) => transactions.setRepetition(ctx, t1, t2),
  resetRepetition: (ctx: AnyContext) => transactions.resetRepetition(ctx),
  setLifetime: (ctx: AnyContext, inviteMs: number, otherMs: number) => transactions.setLifetime(ctx, inviteMs, otherMs),
  resetLifetime: (ctx: AnyContext) => transactions.resetLifetime(ctx),
  setAuto100: (ctx: AnyContext, yes: Answer) => transactions.change(ctx, { auto100: yes === 'yes' }),
  disable6xx: (ctx: AnyContext, yes: Answer) => transactions.change(ctx, { sixHundredEnds: yes === 'no' }),
  disableFailover: (ctx: AnyContext, yes: Answer) => transactions.change(ctx, { failover: yes === 'no' }),
  dropCallerReason: (ctx: AnyContext, yes: Answer) => transactions.change(ctx, { callerReason: yes === 'no' }),
  disableInternalReply: (ctx: AnyContext, yes: Answer) => transactions.change(ctx, { answersFailure: yes === 'no' }),
});

type Answer = 'yes' | 'no';
