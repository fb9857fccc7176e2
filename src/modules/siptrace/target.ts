/** One target, or a group of targets of which the first that is up is used: the state, the switches and the numbers. */
import type { HepFrame } from '../../hep/packet.ts';
import type { Transport } from '../../transport/flow.ts';
import type { Endpoint, TlsOptions } from '../../world/world.ts';
import { FrameQueue, type QueueLimits } from './queue.ts';
import { type DropReason, DrainWaiters, type Sender, type SenderOptions, type SenderWorld } from './sender.ts';
import { type SenderState, TargetCounters } from './sender.ts';
import { StreamSender } from './stream-sender.ts';
import type { CorrelationMode, HepVersion, Profile, TargetSpec, TargetTransport } from './target-uri.ts';
import { UdpSender } from './udp-sender.ts';
import { encode, lengthOf, longestOf } from './wire.ts';

/** What a target has where its URI says nothing. */
export interface TargetDefaults {
  readonly hep: HepVersion;
  readonly captureId: number;
  readonly authKey: string | undefined;
  readonly node: string | undefined;
  readonly profile: Profile;
  readonly correlation: CorrelationMode;
}

/** What all targets of one proxy share. */
export interface TargetSetting {
  readonly world: SenderWorld;
  readonly defaults: TargetDefaults;
  readonly limits: QueueLimits;
  readonly coalesceMs: number;
  readonly local: Endpoint | undefined;
  readonly tls: TlsOptions | undefined;
  readonly isOwnListener: (transport: Transport, address: string, port: number) => boolean;
}

/** Numbers are those of `TargetCounters`; of a group they tell what passed through it, `sent` meaning given to a member. */
export interface TargetStatus {
  readonly kind: 'single' | 'group';
  readonly name: string | undefined;
  /** Without options: they may hold an authentication key. */
  readonly uri: string;
  readonly on: boolean;
  readonly up: boolean;
  readonly state: SenderState;
  readonly queueFrames: number;
  readonly queueBytes: number;
  readonly counters: Readonly<TargetCounters>;
  readonly trouble: string | undefined;
}

export class SingleTarget {
  readonly kind = 'single';
  readonly name: string | undefined;
  /** What it was made from. */
  readonly text: string;
  readonly spec: TargetSpec;
  readonly hep: HepVersion;
  readonly profile: Profile;
  readonly captureId: number;
  readonly authKey: string | undefined;
  readonly node: string | undefined;
  readonly correlation: CorrelationMode;
  readonly counters = new TargetCounters();
  readonly sender: Sender;
  /** Groups that want to know when it is up. */
  readonly groups = new Set<GroupTarget>();
  #on = true;
  #retired = false;

  constructor(name: string | undefined, text: string, spec: TargetSpec, setting: TargetSetting) {
    const { defaults } = setting;
    this.name = name;
    this.text = text;
    this.spec = spec;
    this.hep = spec.hep ?? defaults.hep;
    this.profile = spec.profile ?? defaults.profile;
    this.captureId = spec.captureId ?? defaults.captureId;
    this.authKey = spec.authKey ?? defaults.authKey;
    this.node = spec.node ?? defaults.node;
    this.correlation = spec.correlation ?? defaults.correlation;
    this.sender = this.#makeSender(setting);
  }

  get on(): boolean {
    return this.#on;
  }

  /** True once it made room for another one. */
  get retired(): boolean {
    return this.#retired;
  }

  switch(on: boolean): void {
    this.#on = on;
    if (!on) this.sender.discard('off');
  }

  /** Sends what waits, for at most `ms`, and ends. */
  retire(ms: number): void {
    this.#retired = true;
    void this.sender.drain(ms).then(() => this.sender.close());
  }

  drain(ms: number): Promise<void> {
    return this.sender.drain(ms);
  }

  close(): void {
    this.sender.close();
  }

  drop(reason: DropReason): 'dropped' {
    this.counters.submitted++;
    this.counters.dropped[reason]++;
    return 'dropped';
  }

  status(): TargetStatus {
    const { sender } = this;
    return {
      kind: this.kind,
      name: this.name,
      uri: uriOf(this.spec),
      on: this.#on,
      up: sender.up,
      state: sender.state,
      queueFrames: sender.queueFrames,
      queueBytes: sender.queueBytes,
      counters: this.counters,
      trouble: sender.trouble,
    };
  }

  #makeSender(setting: TargetSetting): Sender {
    const { transport, overflow } = this.spec;
    if (transport !== 'udp') return new StreamSender(this.#optionsFor(transport, setting));
    const beside = overflow ? new StreamSender(this.#optionsFor('tcp', setting)) : undefined;
    return new UdpSender(this.#optionsFor('udp', setting), beside);
  }

  #optionsFor(transport: TargetTransport, setting: TargetSetting): SenderOptions {
    const { host, isName, port } = this.spec;
    return {
      world: setting.world,
      host,
      isName,
      port,
      transport,
      version: this.hep,
      counters: this.counters,
      limits: setting.limits,
      coalesceMs: setting.coalesceMs,
      local: setting.local,
      tls: setting.tls,
      refuses: (address) => setting.isOwnListener(transport, address, port),
      onUp: () => {
        for (const group of this.groups) group.memberIsUp(this);
      },
    };
  }
}

export class GroupTarget {
  readonly kind = 'group';
  readonly name: string;
  readonly members: readonly SingleTarget[];
  readonly counters = new TargetCounters();
  /** While no member has a connection: frames go to the first that gets one. */
  readonly #queue: FrameQueue;
  readonly #waiters: DrainWaiters;
  #on = true;

  /** All members have the same HEP version. */
  constructor(name: string, members: readonly SingleTarget[], setting: TargetSetting) {
    this.name = name;
    this.members = members;
    this.#queue = new FrameQueue(setting.limits);
    this.#waiters = new DrainWaiters(setting.world.clock);
    for (const member of members) member.groups.add(this);
  }

  get on(): boolean {
    return this.#on;
  }

  switch(on: boolean): void {
    this.#on = on;
    if (!on) this.close();
  }

  /** The first member that is up, else the first that will be; undefined when all are switched off. */
  pick(): SingleTarget | undefined {
    let connected: SingleTarget | undefined;
    let first: SingleTarget | undefined;
    for (const member of this.members) {
      if (!member.on) continue;
      if (member.sender.up) return member;
      // A UDP member under suspicion is better than none.
      if (member.sender.state === 'open') connected ??= member;
      member.sender.wake();
      first ??= member;
    }
    return connected ?? first;
  }

  submit(member: SingleTarget, frame: HepFrame): boolean {
    const { counters } = this;
    counters.submitted++;
    if (member.sender.state === 'open') {
      counters.sent++;
      return member.sender.submit(frame);
    }
    const length = lengthOf(member.hep, frame);
    if (length > longestOf(member.hep) || length === 0) {
      counters.dropped.tooBig++;
      return false;
    }
    const dropped = this.#queue.makeRoom(length);
    counters.dropped.queue += Math.abs(dropped);
    if (dropped < 0) return false;
    const slab = this.#queue.reserve(length);
    this.#queue.commit(encode(member.hep, slab.bytes, slab.end, frame));
    return true;
  }

  memberIsUp(member: SingleTarget): void {
    if (!member.on) return;
    for (let frame = this.#queue.takeOne(); frame !== undefined; frame = this.#queue.takeOne()) {
      this.counters.sent++;
      member.sender.adopt(frame);
    }
    this.#waiters.release();
  }

  async drain(ms: number): Promise<void> {
    if (this.#queue.frames > 0) await this.#waiters.wait(ms);
  }

  /** Forgets what waits. */
  close(): void {
    this.counters.dropped.off += this.#queue.clear();
    this.#waiters.release();
  }

  drop(reason: DropReason): 'dropped' {
    this.counters.submitted++;
    this.counters.dropped[reason]++;
    return 'dropped';
  }

  status(): TargetStatus {
    const active = this.members.find((member) => member.on && member.sender.up);
    return {
      kind: this.kind,
      name: this.name,
      uri: this.members.map((member) => member.name ?? uriOf(member.spec)).join(','),
      on: this.#on,
      up: active !== undefined,
      state: active?.sender.state ?? 'waiting',
      queueFrames: this.#queue.frames,
      queueBytes: this.#queue.bytes,
      counters: this.counters,
      trouble: active === undefined ? 'no member is up' : undefined,
    };
  }
}

/** Two texts with the same key mean the same target. */
export function keyOf(spec: TargetSpec): string {
  const { filter } = spec;
  if (filter === undefined) return JSON.stringify(spec);
  const { methods, addresses } = filter;
  const lists = { methods: methods && [...methods].sort(), addresses: addresses && [...addresses].sort() };
  return JSON.stringify({ ...spec, filter: { ...filter, ...lists } });
}

function uriOf({ host, port, transport }: TargetSpec): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return `sip:${shown}:${port};transport=${transport}`;
}
