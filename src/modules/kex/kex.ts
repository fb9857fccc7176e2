/** kex: branch flags, script flags and the destination URI, under Kamailio's names. It keeps no state. */
import { type BranchTarget, type ReplyContext, RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { int, pv, str } from '../../engine/spec.ts';
import type { World } from '../../world/world.ts';
import { hostAddress, parseUri, readHostPort } from '../../sip/uri.ts';

const requests = ['request', 'branch', 'onsend', 'failure', 'branch_failure'] as const;
/** In a reply they are those of the branch that it answers. */
const flagRoutes = [...requests, 'reply', 'onreply'] as const;
const flag = int({ min: 0, max: 31, doc: 'Number of the flag.' });
const branch = int({
  optional: true,
  min: 0,
  max: 1_000,
  doc: 'Which branch: 0 is the Request-URI, 1 the first that was appended.',
});

/** A script flag of whichever context this is. */
const scriptFlag = { routes: flagRoutes, args: [flag] } as const;

export const kex = defineModule(
  {
    name: 'kex',
    doc: 'Flags of branches and of the script, and the destination URI.',
    functions: {
      setBranchFlag: {
        cfg: ['setbflag'],
        routes: flagRoutes,
        args: [flag, branch],
        returns: { set: 1, noBranch: -1 },
        doc: 'Sets a flag of a branch.',
      },
      resetBranchFlag: {
        cfg: ['resetbflag'],
        routes: flagRoutes,
        args: [flag, branch],
        returns: { reset: 1, noBranch: -1 },
        doc: 'Clears a flag of a branch.',
      },
      isBranchFlagSet: {
        cfg: ['isbflagset'],
        routes: flagRoutes,
        args: [flag, branch],
        returns: 'boolean',
        doc: 'Whether a flag of a branch is set.',
      },
      setScriptFlag: {
        ...scriptFlag,
        cfg: ['setsflag'],
        returns: { set: 1 },
        doc: 'Sets a flag of this run of the script.',
      },
      resetScriptFlag: {
        ...scriptFlag,
        cfg: ['resetsflag'],
        returns: { reset: 1 },
        doc: 'Clears a flag of this run of the script.',
      },
      isScriptFlagSet: {
        ...scriptFlag,
        cfg: ['issflagset'],
        returns: 'boolean',
        doc: 'Whether a flag of this run of the script is set.',
      },
      isDstUriSet: {
        cfg: ['isdsturiset'],
        routes: flagRoutes,
        args: [],
        returns: 'boolean',
        doc: 'Whether there is a destination besides the Request-URI.',
      },
      setDstUri: {
        cfg: ['setdsturi'],
        routes: flagRoutes,
        args: [str({ doc: 'SIP URI of the next hop.' })],
        returns: { set: 1, malformed: -1 },
        doc: 'Sets the destination: the Request-URI stays.',
      },
      resetDstUri: {
        cfg: ['resetdsturi'],
        routes: flagRoutes,
        args: [],
        returns: { reset: 1 },
        doc: 'Forgets the destination.',
      },
      printTo: {
        cfg: ['pv_printf', 'avp_printf'],
        routes: [...requests, 'reply', 'onreply', 'event'],
        args: [pv({ writable: true, doc: 'Gets the text.' }), str({ doc: 'A text with pseudo-variables.' })],
        returns: { printed: 1 },
        doc: 'Writes a text into a pseudo-variable.',
      },
      isMyself: {
        cfg: ['is_myself'],
        routes: [...requests, 'reply', 'onreply', 'event'],
        args: [str({ doc: 'A SIP URI, or a host with or without a port.' })],
        returns: 'boolean',
        doc: 'Whether this is an address or a name of ours.',
      },
    },
    pvs: { sruid: { type: 'str', doc: 'An identifier that no other read gives.' } },
  },
  (host) => {
    const { transport } = host.engine;
    const ids = host.state<Ids>('ids', () => ({ start: host.world.random.u32(), count: 0 }));
    return {
      pvs: { sruid: { read: () => nextId(host.world, ids) } },
      functions: {
        setBranchFlag: (ctx, number, index) =>
          changeFlags(ctx, index, (flags) => flags | (1 << number)) ? 'set' : 'noBranch',
        resetBranchFlag: (ctx, number, index) =>
          changeFlags(ctx, index, (flags) => flags & ~(1 << number)) ? 'reset' : 'noBranch',
        isBranchFlagSet(ctx, number, index = 0) {
          const of = requestOf(ctx);
          return isSet((index === 0 ? of?.branchFlags : of?.branches[index - 1]?.flags) ?? 0, number);
        },
        setScriptFlag(ctx, number) {
          const of = requestOf(ctx);
          if (of !== undefined) of.scriptFlags |= 1 << number;
          return 'set';
        },
        resetScriptFlag(ctx, number) {
          const of = requestOf(ctx);
          if (of !== undefined) of.scriptFlags &= ~(1 << number);
          return 'reset';
        },
        isScriptFlagSet: (ctx, number) => isSet(requestOf(ctx)?.scriptFlags ?? 0, number),
        isDstUriSet: (ctx) => requestOf(ctx)?.destination.uri !== undefined,
        setDstUri(ctx, uri) {
          if (parseUri(uri)?.kind !== 'sip') return 'malformed';
          const of = requestOf(ctx);
          if (of !== undefined) of.destination.uri = uri;
          return 'set';
        },
        resetDstUri(ctx) {
          const of = requestOf(ctx);
          if (of !== undefined) of.destination.uri = undefined;
          return 'reset';
        },
        printTo(ctx: RequestContext | ReplyContext, place, text) {
          place.write?.(ctx, text);
          return 'printed';
        },
        isMyself(_: RequestContext | ReplyContext, text) {
          const uri = parseUri(text);
          const named = uri?.kind === 'sip' ? uri : readHostPort(text);
          if (named === undefined || !transport.isLocal(hostAddress(named.host), named.port ?? 'any')) return false;
          const wanted = uri?.kind === 'sip' ? uri.params.get('transport')?.toLowerCase() : undefined;
          return wanted === undefined || transport.listeners.some((listener) => listener.transport === wanted);
        },
      },
    };
  },
);

/** What identifiers are made of: the start of the proxy, chance, and a count. */
interface Ids {
  readonly start: number;
  count: number;
}

function nextId({ clock }: Pick<World, 'clock'>, ids: Ids): string {
  ids.count++;
  const seconds = Math.trunc(clock.wall() / 1000);
  return `srid-${seconds.toString(16)}-${ids.start.toString(16)}-${ids.count.toString(16)}`;
}

/** Undefined for a reply that answers nothing of ours. */
const requestOf = (ctx: RequestContext | ReplyContext): RequestContext | undefined =>
  ctx instanceof RequestContext ? ctx : ctx.request;

const isSet = (flags: number, number: number): boolean => (flags & (1 << number)) !== 0;

/** False when there is no such branch. */
function changeFlags(
  given: RequestContext | ReplyContext,
  index: number | undefined,
  change: (flags: number) => number,
): boolean {
  const ctx = requestOf(given);
  if (ctx === undefined) return false;
  if (index === undefined || index === 0) {
    ctx.branchFlags = change(ctx.branchFlags);
    return true;
  }
  const target: BranchTarget | undefined = ctx.branches[index - 1];
  if (target === undefined) return false;
  ctx.branches = ctx.branches.with(index - 1, { ...target, flags: change(target.flags) });
  return true;
}
