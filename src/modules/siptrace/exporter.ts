/**
 * All trace targets of one proxy: the named ones and those that routes make from a URI. Gives each message to a target as that target
 * wants it: filtered, masked, stamped, encoded.
 */
import { PayloadType } from '../../hep/chunks.ts';
import type { HepFrame } from '../../hep/packet.ts';
import type { Transport } from '../../transport/flow.ts';
import { after, type WallTime } from '../../util/time.ts';
import type { Endpoint, TlsOptions } from '../../world/world.ts';
import { type FilteredMessage, passes, readCallId } from './filter.ts';
import { maskCredentials } from './mask.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from './queue.ts';
import type { DropReason, SenderWorld } from './sender.ts';
import {
  GroupTarget,
  keyOf,
  SingleTarget,
  type TargetDefaults,
  type TargetSetting,
  type TargetStatus,
} from './target.ts';
import { type InvalidTarget, parseNamedTarget, parseTarget, type TargetGroup, type TargetSpec } from './target-uri.ts';
import { protocolNumber } from './wire.ts';

/** Targets that routes made from URIs; beyond them the one that was not used for the longest time is closed. */
export const MAX_DYNAMIC_TARGETS = 64;
/** How long a target that had to make room may take to send what waits. */
export const EVICTION_DRAIN_MS = 5_000;
export const DEFAULT_COALESCE_MS = 5;

export interface ExporterOptions {
  readonly world: SenderWorld;
  readonly defaults: TargetDefaults;
  readonly limits?: QueueLimits;
  readonly coalesceMs?: number;
  /** `send_sock_addr`: where senders send from; targets of the other IP family are then out of reach. */
  readonly local?: Endpoint;
  readonly tls?: TlsOptions;
  /** A target that is one of these would trace its own traces for ever. */
  readonly isOwnListener: (transport: Transport, address: string, port: number) => boolean;
}

/** A message on the wire. What is unknown of it is read from the bytes where a target asks for it. */
export interface TracedMessage extends FilteredMessage {
  readonly transport: Transport;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Taken at the socket. */
  readonly at: WallTime;
  /** 1 is SIP, 100 a log line. */
  readonly type: number;
  readonly correlationId?: string | undefined;
}

export type TraceTarget = SingleTarget | GroupTarget;

interface Entry {
  readonly result: TraceTarget | InvalidTarget;
  /** Named targets stay. */
  readonly isNamed: boolean;
  used: number;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Exporter {
  readonly #setting: TargetSetting;
  readonly #entries = new Map<string, Entry>();
  /** Encoded before the next message comes: one object is enough. */
  readonly #frame: Mutable<HepFrame>;
  readonly #stamped: Stamped;
  #dynamic = 0;
  #uses = 0;

  constructor(options: ExporterOptions) {
    this.#setting = {
      world: options.world,
      defaults: options.defaults,
      limits: options.limits ?? DEFAULT_QUEUE_LIMITS,
      coalesceMs: options.coalesceMs ?? DEFAULT_COALESCE_MS,
      // The port may be that of a listener, and several senders share the address.
      local: options.local === undefined ? undefined : { address: options.local.address, port: 0 },
      tls: options.tls,
      isOwnListener: options.isOwnListener,
    };
    const payload = new Uint8Array(0);
    const at = options.world.clock.wall();
    this.#stamped = { bytes: payload, at, source: 0, destination: 0, stamp: 0 as WallTime };
    this.#frame = {
      protocol: 0,
      sourceAddress: '',
      sourcePort: 0,
      destinationAddress: '',
      destinationPort: 0,
      at,
      type: PayloadType.sip,
      captureId: 0,
      correlationId: undefined,
      authKey: undefined,
      nodeName: undefined,
      payload,
    };
  }

  /** Adds `name=uri`, or the group `name=first,second` of targets that were declared before. */
  declare(text: string): TraceTarget | InvalidTarget {
    const parsed = parseNamedTarget(text);
    if (parsed.kind === 'invalid') return parsed;
    const { name } = parsed;
    if (this.#entries.get(name)?.isNamed) return invalid(`${name} is declared twice`);
    const result = parsed.kind === 'group' ? this.#group(parsed) : this.#single(name, parsed.uri, parsed.spec);
    if (result.kind !== 'invalid') this.#entries.set(name, { result, isNamed: true, used: 0 });
    return result;
  }

  /** The target of this name or URI, the same one each time. Costs one lookup when it is known. */
  target(text: string): TraceTarget | InvalidTarget {
    const entry = this.#entries.get(text) ?? this.#learn(text);
    entry.used = ++this.#uses;
    return entry.result;
  }

  export(target: TraceTarget, message: TracedMessage): 'queued' | 'dropped' {
    if (target.kind === 'single') {
      const single = target.retired ? this.#revive(target) : target;
      const why = refusalOf(single, message);
      if (why !== undefined) return single.drop(why);
      return single.sender.submit(this.#frameFor(single, message)) ? 'queued' : 'dropped';
    }
    const member = target.on ? target.pick() : undefined;
    if (member === undefined) return target.drop('off');
    const why = refusalOf(member, message);
    if (why !== undefined) return target.drop(why);
    return target.submit(member, this.#frameFor(member, message)) ? 'queued' : 'dropped';
  }

  /** Switches one target on or off; false when there is no such target. Off forgets what waits. */
  switch(text: string, on: boolean): boolean {
    const target = this.find(text);
    target?.switch(on);
    return target !== undefined;
  }

  /** The target of this name or URI, if it is in use. */
  find(text: string): TraceTarget | undefined {
    const result = this.#entries.get(text)?.result;
    return result?.kind === 'invalid' ? undefined : result;
  }

  status(): readonly TargetStatus[] {
    return this.#targets().map((target) => target.status());
  }

  /** Sends what waits at every target. Resolves when all is sent, or after `ms`. */
  async drain(ms: number): Promise<void> {
    const { clock } = this.#setting.world;
    const end = after(clock.now(), ms);
    const targets = this.#targets();
    // What waits in a group goes to a member first.
    for (const kind of ['group', 'single']) {
      const left = Math.max(0, end - clock.now());
      await Promise.all(targets.filter((target) => target.kind === kind).map((target) => target.drain(left)));
    }
  }

  /** Ends all connections at once; what waits is dropped. */
  close(): void {
    for (const target of this.#targets()) target.close();
  }

  #targets(): readonly TraceTarget[] {
    const found = new Set<TraceTarget>();
    for (const { result } of this.#entries.values()) if (result.kind !== 'invalid') found.add(result);
    return [...found];
  }

  #learn(text: string): Entry {
    const result = this.#resolve(text);
    if (this.#dynamic >= MAX_DYNAMIC_TARGETS) this.#evict();
    const entry: Entry = { result, isNamed: false, used: 0 };
    this.#entries.set(text, entry);
    this.#dynamic++;
    return entry;
  }

  #resolve(text: string): TraceTarget | InvalidTarget {
    const spec = parseTarget(text);
    if (spec.kind === 'invalid') {
      return /^[\w.-]+$/.test(text) ? invalid(`no target is named ${text.slice(0, 64)}`) : spec;
    }
    const key = keyOf(spec);
    const known = this.#targets().find((target) => target.kind === 'single' && keyOf(target.spec) === key);
    return known ?? this.#single(undefined, text, spec);
  }

  #single(name: string | undefined, text: string, spec: TargetSpec): SingleTarget | InvalidTarget {
    const { host, port, isName, transport, overflow } = spec;
    const { isOwnListener } = this.#setting;
    // A host name is looked at when its addresses are known.
    if (!isName && (isOwnListener(transport, host, port) || (overflow && isOwnListener('tcp', host, port)))) {
      return invalid(`${host} port ${port} is one of our own listeners: traces sent there would come back for ever`);
    }
    const hep = spec.hep ?? this.#setting.defaults.hep;
    if ((hep === 1 || hep === 2) && (transport !== 'udp' || overflow)) {
      return invalid(`HEPv${hep}, the default here, goes over udp datagrams only; write hep=3`);
    }
    return new SingleTarget(name, text, spec, this.#setting);
  }

  #group({ name, members }: TargetGroup): GroupTarget | InvalidTarget {
    const found: SingleTarget[] = [];
    for (const member of members) {
      const entry = this.#entries.get(member);
      if (!entry?.isNamed || entry.result.kind !== 'single') {
        return invalid(`${name}: ${member} is not a target that was declared before`);
      }
      found.push(entry.result);
    }
    if (new Set(found.map((target) => target.hep)).size > 1) {
      return invalid(`${name}: all members of a group have the same hep version`);
    }
    return new GroupTarget(name, found, this.#setting);
  }

  #evict(): void {
    let oldest: { readonly text: string; readonly entry: Entry } | undefined;
    for (const [text, entry] of this.#entries) {
      if (!entry.isNamed && (oldest === undefined || entry.used < oldest.entry.used)) oldest = { text, entry };
    }
    if (oldest === undefined) return;
    this.#entries.delete(oldest.text);
    this.#dynamic--;
    const { result } = oldest.entry;
    // Another text may mean the same target.
    if (result.kind === 'single' && !this.#targets().includes(result)) result.retire(EVICTION_DRAIN_MS);
  }

  /** A running call may still hold a target that made room for another one. */
  #revive(target: SingleTarget): SingleTarget {
    const found = this.target(target.text);
    return found.kind === 'single' ? found : target;
  }

  #frameFor(target: SingleTarget, message: TracedMessage): HepFrame {
    const frame = this.#frame;
    frame.protocol = protocolNumber(target.profile, message.transport);
    frame.sourceAddress = message.source.address;
    frame.sourcePort = message.source.port;
    frame.destinationAddress = message.destination.address;
    frame.destinationPort = message.destination.port;
    frame.at = stamp(this.#stamped, message);
    frame.type = message.type;
    frame.captureId = target.captureId;
    frame.correlationId = correlationOf(target, message);
    frame.authKey = target.authKey;
    frame.nodeName = target.node;
    frame.payload = target.spec.mask ? maskCredentials(message.bytes) : message.bytes;
    return frame;
  }
}

function refusalOf(target: SingleTarget, message: TracedMessage): DropReason | undefined {
  if (!target.on) return 'off';
  const { filter } = target.spec;
  if (message.type !== PayloadType.sip) {
    // Who takes raw copies takes SIP and nothing else.
    return target.hep === 0 ? 'filtered' : undefined;
  }
  return filter === undefined || passes(filter, message) ? undefined : 'filtered';
}

function correlationOf(target: SingleTarget, message: TracedMessage): string | undefined {
  switch (target.correlation) {
    case 'none':
      return undefined;
    case 'given':
      return message.correlationId;
    case 'callid':
      return message.correlationId ?? readCallId(message);
  }
}

interface Stamped {
  bytes: Uint8Array;
  at: WallTime;
  source: number;
  destination: number;
  stamp: WallTime;
}

/** Strictly later than every message before; the copies of one message for several targets have the same time. */
function stamp(last: Stamped, { bytes, at, source, destination }: TracedMessage): WallTime {
  const isCopy = last.bytes === bytes && last.at === at;
  if (isCopy && last.source === source.port && last.destination === destination.port) return last.stamp;
  last.bytes = bytes;
  last.at = at;
  last.source = source.port;
  last.destination = destination.port;
  last.stamp = (at > last.stamp ? at : last.stamp + 1) as WallTime;
  return last.stamp;
}

const invalid = (why: string): InvalidTarget => ({ kind: 'invalid', why });
