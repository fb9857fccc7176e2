/** lookup(): from an address of record to its contacts, as Request-URI and branches (RFC 3261 section 16.5). */
import type { BranchTarget, NextHop, RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import { hostAddress, parseUri } from '../../sip/uri.ts';
import type { Binding, Location, UsrlocApi } from '../usrloc/api.ts';
import { type AorRules, aorOf } from './aor.ts';
import { methodBit } from './methods.ts';
import type { RegistrarXavps } from './xavps.ts';
import { wayAlong } from './path.ts';

export type LookupOutcome = 'found' | 'notFound' | 'methodNotAllowed' | 'error';

export interface LookupSettings {
  readonly aor: AorRules;
  readonly appendBranches: boolean;
  readonly methodFiltering: boolean;
  readonly pathCheckLocal: boolean;
  /** Only contacts with one of the branch flags that the script names. */
  readonly byFlags: boolean;
  /** No contact whose connection is closed. */
  readonly byConnection: boolean;
}

/** A contact as a target: what becomes of Request-URI and destination. */
interface Target {
  readonly uri: string;
  readonly destination: NextHop;
  readonly q: number;
  readonly flags: number;
  readonly binding: Binding;
}

export class Lookup {
  readonly #engine: Engine;
  readonly #usrloc: UsrlocApi;
  readonly #xavps: RegistrarXavps;
  readonly #settings: LookupSettings;

  constructor(parts: { engine: Engine; usrloc: UsrlocApi; xavps: RegistrarXavps; settings: LookupSettings }) {
    this.#xavps = parts.xavps;
    this.#engine = parts.engine;
    this.#usrloc = parts.usrloc;
    this.#settings = parts.settings;
  }

  /** To wait for before one of the others is called; undefined where memory knows the user. */
  fetch({ message }: RequestContext, table: string, uri: string | undefined): Promise<void> | undefined {
    const found = aorOf(uri || message.uri, this.#settings.aor);
    return found.kind === 'aor' ? this.#usrloc.location(table).fetch(found.aor) : undefined;
  }

  /** The best contact becomes the Request-URI, the others become branches. */
  toRequest(ctx: RequestContext, table: string, uri: string | undefined): LookupOutcome {
    const targets = this.#targets(ctx, this.#usrloc.location(table), uri || ctx.message.uri);
    if (typeof targets === 'string') return targets;
    const [first, ...others] = targets;
    if (first === undefined) return 'notFound';
    this.#set(ctx, first);
    this.#xavps.locate(ctx, first.binding);
    this.#xavps.describe(ctx, first.binding);
    if (this.#settings.appendBranches) ctx.branches = [...ctx.branches, ...others];
    return 'found';
  }

  /** All contacts become branches; the Request-URI stays. */
  toBranches(ctx: RequestContext, table: string, uri: string | undefined): LookupOutcome {
    const targets = this.#targets(ctx, this.#usrloc.location(table), uri || ctx.message.uri);
    if (typeof targets === 'string') return targets;
    ctx.branches = [...ctx.branches, ...(this.#settings.appendBranches ? targets : targets.slice(0, 1))];
    return 'found';
  }

  /** The Request-URI, and every branch that nobody gave a destination, are looked up. */
  ofBranches(ctx: RequestContext, table: string): LookupOutcome {
    const given = ctx.branches;
    ctx.branches = [];
    const outcome = this.toRequest(ctx, table, undefined);
    const own = ctx.branches;
    const location = this.#usrloc.location(table);
    let isFound = outcome === 'found';
    const looked = given.flatMap((branch): readonly BranchTarget[] => {
      const { uri, flow, listener } = branch.destination;
      const isPlain = uri === undefined && flow === undefined && listener === undefined && branch.flags === 0;
      const targets = isPlain ? this.#targets(ctx, location, branch.uri) : 'notFound';
      if (typeof targets === 'string') return [branch];
      isFound = true;
      return this.#settings.appendBranches ? targets : targets.slice(0, 1);
    });
    ctx.branches = [...looked, ...own];
    return isFound ? 'found' : outcome;
  }

  #targets(ctx: RequestContext, location: Location, uri: string): readonly Target[] | LookupOutcome {
    const found = aorOf(uri, this.#settings.aor);
    if (found.kind === 'refused') return found.fault === 'noUser' ? 'notFound' : 'error';
    const contacts = this.#filtered(ctx, location.list(found.aor));
    if (contacts.length === 0) return 'notFound';
    const fit = this.#settings.methodFiltering ? contacts.filter((contact) => accepts(contact, ctx)) : contacts;
    return fit.length === 0 ? 'methodNotAllowed' : fit.map((contact) => this.#target(contact));
  }

  #filtered(ctx: RequestContext, contacts: readonly Binding[]): readonly Binding[] {
    const { byFlags, byConnection } = this.#settings;
    const flags = byFlags ? (this.#xavps.number(ctx, 'rlf_bflags') ?? 0) : 0;
    if (flags === 0 && !byConnection) return contacts;
    return contacts.filter(
      ({ branchFlags, connection }) =>
        (flags === 0 || (branchFlags & flags) !== 0) &&
        (!byConnection || connection === 0 || this.#engine.transport.flowOf(connection) !== undefined),
    );
  }

  #set(ctx: RequestContext, target: Target): void {
    ctx.message.uri = target.uri;
    ctx.destination.set(target.destination);
    ctx.branchFlags |= target.flags;
    ctx.uriQ = target.q;
  }

  /**
   * Along its Path if it has one; else back on the connection it registered on, while that is open; else to where it
   * registered from, or where it says it is.
   */
  #target(binding: Binding): Target {
    const { uri, path, received, connection, listener, q, branchFlags } = binding;
    const way = path === '' ? undefined : wayAlong(path, (hop) => this.#settings.pathCheckLocal && this.#isOurs(hop));
    const named = q < 0 ? 1000 : q;
    if (way !== undefined) {
      const destination = { uri: way.hop, listener, flow: undefined, route: way.route };
      return { uri, q: named, flags: branchFlags, destination, binding };
    }
    const flow = connection === 0 ? undefined : this.#engine.transport.flowOf(connection);
    const destination = { uri: received || undefined, listener, flow, route: undefined };
    return { uri, q: named, flags: branchFlags, destination, binding };
  }

  #isOurs(text: string): boolean {
    const uri = parseUri(text);
    return uri?.kind === 'sip' && this.#engine.transport.isLocal(hostAddress(uri.host), uri.port);
  }
}

/** A request within a dialog goes to a device that has taken part in it: it is not asked. */
function accepts({ methods }: Binding, { message }: RequestContext): boolean {
  const { toTag } = message;
  return (toTag !== undefined && toTag !== '') || (methods & methodBit(message.method)) !== 0;
}
