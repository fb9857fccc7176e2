/** Where the request goes next: destination URI, socket, further branches, and the flags of message, branch and script. */
import type { BranchTarget } from '../../engine/context.ts';
import type { PvValue } from '../../engine/module.ts';
import type { Uri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { branchPart, changedBranch } from './branch-parts.ts';
import type { PvEnvironment } from './environment.ts';
import { elementAt } from './stacks.ts';
import {
  asInteger,
  asText,
  either,
  type MessageContext,
  number,
  type PvEntry,
  requestOf,
  text,
  type WritePv,
} from './table.ts';
import { bracketed, socketText } from './transport.ts';
import { hostOf, portOf, transportOf, userOf } from './uri-parts.ts';

function destinationUri(ctx: MessageContext, env: PvEnvironment): Uri | undefined {
  const uri = requestOf(ctx)?.destination.uri;
  return uri === undefined ? undefined : env.destinationUri.of(uri);
}

/** Of a request `$du`, else the Request-URI; of a reply the second Via. */
function nextHop(ctx: MessageContext): string | undefined {
  const request = requestOf(ctx);
  if (request !== undefined) return request.destination.uri ?? request.message.uri;
  const via = ctx.message.vias[1];
  if (via === undefined) return undefined;
  const port = typeof via.rport === 'number' ? via.rport : (via.port ?? 5060);
  return `sip:${bracketed(via.received ?? via.host)}:${port};transport=${via.transport.toLowerCase()}`;
}

function nextHopPart(ctx: MessageContext, part: string, env: PvEnvironment): string | null {
  const hop = nextHop(ctx);
  if (hop === undefined) return null;
  if (part === 'u') return hop;
  const uri = env.otherUri.of(hop);
  switch (part) {
    case 'U':
      return userOf(uri);
    case 'd':
      return hostOf(uri);
    case 'p':
      return portOf(uri);
    case 'P':
      return transportOf(uri);
    default:
      return null;
  }
}

const writeDestination: WritePv = (ctx, _, value) => {
  const request = requestOf(ctx);
  if (request !== undefined) request.destination.uri = value === null || value === '' ? undefined : asText(value);
};

function choose(ctx: MessageContext, value: PvValue, env: PvEnvironment, is: (listener: Listener) => boolean): void {
  const request = requestOf(ctx);
  if (request === undefined) return;
  const { destination } = request;
  const found = value === null || value === '' ? undefined : env.parts.listeners().find(is);
  if (found === undefined && value !== null && value !== '') {
    env.parts.log.write('error', 'no such socket to send from', { socket: asText(value) });
    return;
  }
  destination.listener = found;
}

const writeSocket: WritePv = (ctx, _, value, env) => {
  choose(ctx, value, env, (listener) => socketText(listener) === value);
};
const writeSocketName: WritePv = (ctx, _, value, env) => choose(ctx, value, env, ({ name }) => name === value);

const writeBranch: WritePv = (ctx, { inner, index }, value, env) => {
  const request = requestOf(ctx);
  if (request === undefined) return;
  const { branches } = request;
  const target = elementAt(branches, index === undefined || index === 'all' ? 0 : index);
  if (target === undefined) return;
  const removed = inner === 'uri' && value === null;
  const changed = removed ? undefined : changedBranch(target, inner, value, env);
  request.branches = branches.flatMap((branch) => {
    if (branch !== target) return [branch];
    return changed === undefined ? [] : [changed];
  });
};

/** A branch as it stands in a Contact of a redirect. */
const contactOf = ({ uri, q }: BranchTarget): string => (q === 1000 ? uri : `<${uri}>;q=${q / 1000}`);

const contactIn = ({ uri, q }: BranchTarget): string => (q === 1000 ? `<${uri}>` : `<${uri}>;q=${q / 1000}`);

interface Flags {
  readonly read: (ctx: MessageContext) => number;
  readonly write: (ctx: MessageContext, flags: number) => void;
}

const messageFlags: Flags = {
  read: ({ state }) => state.flags,
  write({ state }, flags) {
    state.flags = flags;
  },
};
const branchFlags: Flags = {
  read: (ctx) => requestOf(ctx)?.branchFlags ?? 0,
  write(ctx, flags) {
    const request = requestOf(ctx);
    if (request !== undefined) request.branchFlags = flags;
  },
};
const scriptFlags: Flags = {
  read: (ctx) => requestOf(ctx)?.scriptFlags ?? 0,
  write(ctx, flags) {
    const request = requestOf(ctx);
    if (request !== undefined) request.scriptFlags = flags;
  },
};

/** A null clears all flags. */
const writing =
  (flags: Flags): WritePv =>
  (ctx, _, value) =>
    flags.write(ctx, (asInteger(value) ?? 0) | 0);
const decimal = (flags: Flags, doc: string): PvEntry => number(doc, { read: flags.read, write: writing(flags) });
const hexadecimal = (flags: Flags, doc: string): PvEntry =>
  text(doc, {
    read: (ctx) => (flags.read(ctx) >>> 0).toString(16).padStart(8, '0'),
    write: writing(flags),
  });

const bitOf = (flags: Flags, doc: string): PvEntry =>
  number(doc, {
    inner: 'required',
    read(ctx, { inner }) {
      const bit = asInteger(inner);
      return bit === undefined || bit < 0 || bit > 31 ? 0 : (flags.read(ctx) >>> bit) & 1;
    },
  });

const duri = { read: (ctx: MessageContext) => requestOf(ctx)?.destination.uri ?? null, write: writeDestination };

export const destination = {
  du: text('Destination URI: where the request goes instead of to the Request-URI.', duri),
  duri: text('The same as `$du`.', duri),
  dd: text('Host of the destination URI.', (ctx, _, env) => hostOf(destinationUri(ctx, env))),
  dp: text('Port of the destination URI, 5060 where none is written.', (ctx, _, env) =>
    portOf(destinationUri(ctx, env)),
  ),
  dP: text('Transport parameter of the destination URI, `UDP` where there is none.', (ctx, _, env) =>
    transportOf(destinationUri(ctx, env)),
  ),
  nh: text('Next hop: `u` all of it, `U` user, `d` host, `p` port, `P` transport.', {
    inner: 'required',
    read: (ctx, { inner }, env) => nextHopPart(ctx, inner, env),
  }),
  fs: text('Socket to send from, `udp:10.0.0.1:5060`.', {
    read(ctx) {
      const listener = requestOf(ctx)?.destination.listener;
      return listener === undefined ? null : socketText(listener);
    },
    write: writeSocket,
  }),
  fsn: text('Name of the socket to send from.', {
    read: (ctx) => requestOf(ctx)?.destination.listener?.name ?? null,
    write: writeSocketName,
  }),
  branch: either('Part of an additional branch: `uri`, `dst_uri`, `path`, `q`, `send_socket`, `flags` or `count`.', {
    inner: 'required',
    read(ctx, { inner, index }) {
      const request = requestOf(ctx);
      const target = request && elementAt(request.branches, index === undefined || index === 'all' ? 0 : index);
      if (request === undefined || target === undefined) return null;
      return inner === 'count' ? request.branches.length : branchPart(target, inner);
    },
    write: writeBranch,
  }),
  br: text('URI of the first additional branch.', (ctx) => requestOf(ctx)?.branches[0]?.uri ?? null),
  bR: text('All additional branches with their q.', (ctx) => {
    const branches = requestOf(ctx)?.branches ?? [];
    return branches.length === 0 ? null : branches.map(contactOf).join(', ');
  }),
  ds: text('The additional branches as a Contact header of a redirect.', (ctx) => {
    const branches = requestOf(ctx)?.branches ?? [];
    return branches.length === 0 ? null : `Contact: ${branches.map(contactIn).join(', ')}`;
  }),
  fsp: number('Port of the socket to send from; 0 without one.', (ctx) => {
    return requestOf(ctx)?.destination.listener?.local.port ?? 0;
  }),
  Mf: bitOf(messageFlags, '1 when the message flag of this number is set, else 0.'),
  Bf: bitOf(branchFlags, '1 when the branch flag of this number is set, else 0.'),
  Sf: bitOf(scriptFlags, '1 when the script flag of this number is set, else 0.'),
  mf: decimal(messageFlags, 'Message flags.'),
  mF: hexadecimal(messageFlags, 'Message flags, hexadecimal.'),
  bf: decimal(branchFlags, 'Branch flags.'),
  bF: hexadecimal(branchFlags, 'Branch flags, hexadecimal.'),
  sf: decimal(scriptFlags, 'Script flags.'),
  sF: hexadecimal(scriptFlags, 'Script flags, hexadecimal.'),
};
