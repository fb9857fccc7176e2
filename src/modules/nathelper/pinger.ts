/**
 * Keeps the NATs of registered contacts open: each binding gets one ping per interval, spread over its seconds. A contact
 * that does not answer SIP pings for too long is removed. Only UDP needs this; streams keep themselves open.
 */
import type { Engine } from '../../engine/engine.ts';
import type { Cause } from '../../engine/exchange.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import { parseNameAddrList } from '../../sip/name-addr.ts';
import type { SipResponse } from '../../sip/message.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Flow, Listener } from '../../transport/flow.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Binding, Location } from '../usrloc/api.ts';
import { answeredPing, EMPTY_PING, type PingSettings, sipPing } from './ping-message.ts';

const TICK_MS = 1_000;
/** Pings in one tick: a bigger location is pinged more slowly. */
export const MAX_PINGS_PER_TICK = 10_000;

export interface PingerSettings extends PingSettings {
  readonly intervalSeconds: number;
  /** Branch flags of which one must be set; 0 pings all. */
  readonly onlyFlags: number;
  readonly neverFlags: number;
  readonly sipFlags: number;
  /** 0 for never. */
  readonly timeoutMs: number;
  /** Whether this is the one to send from, whatever the binding came on. */
  readonly isSocket: (listener: Listener) => boolean;
}

export interface PingerCounters {
  readonly pings: { value: number };
  readonly ping_answers: { value: number };
  readonly unreachable: { value: number };
}

const CAUSE: Cause = { kind: 'local', module: 'nathelper' };

export class Pinger implements Waiting {
  enabled = true;
  readonly #settings: PingerSettings;
  readonly #location: Location;
  readonly #engine: Engine;
  readonly #counters: PingerCounters;
  /** Since when a binding has not answered, by ruid. */
  readonly #silent = new Map<string, { readonly binding: Binding; readonly since: Instant }>();
  #round: Iterator<Binding> | undefined = undefined;
  #ticks = 0;
  #number = 0;
  #timer: TimerEntry | undefined = undefined;

  constructor(settings: PingerSettings, parts: { location: Location; engine: Engine; counters: PingerCounters }) {
    this.#settings = settings;
    this.#location = parts.location;
    this.#engine = parts.engine;
    this.#counters = parts.counters;
  }

  start(): void {
    this.#arm(this.#engine.world.clock.now());
  }

  stop(): void {
    this.#timer = this.#engine.timers.set(this.#timer, undefined, this);
  }

  onDeadline(now: Instant): void {
    this.#arm(now);
    if (this.#ticks++ % this.#settings.intervalSeconds === 0) this.#begin();
    if (this.enabled) this.#tick(now);
    else this.#round = undefined;
  }

  /** Whether the response answers a ping; then it ends here. */
  answered(response: SipResponse): boolean {
    const ruid = answeredPing(response, this.#settings);
    if (ruid === undefined) return false;
    this.#counters.ping_answers.value++;
    this.#silent.delete(ruid);
    return true;
  }

  #arm(now: Instant): void {
    this.#timer = this.#engine.timers.set(undefined, after(now, TICK_MS), this);
  }

  /** A new round through all bindings. Who is not there any more is not waited for. */
  #begin(): void {
    this.#round = this.#location.all()[Symbol.iterator]();
    for (const [ruid, { binding }] of this.#silent) {
      if (this.#location.find(binding.aor, binding) !== binding) this.#silent.delete(ruid);
    }
  }

  #tick(now: Instant): void {
    const share = Math.ceil(this.#location.bindings / this.#settings.intervalSeconds);
    for (let left = Math.min(share, MAX_PINGS_PER_TICK); left > 0; left--) {
      const next = this.#round?.next();
      if (next === undefined || next.done === true) return;
      this.#ping(next.value, now);
    }
  }

  #ping(binding: Binding, now: Instant): void {
    const { onlyFlags, neverFlags, sipFlags } = this.#settings;
    const { branchFlags } = binding;
    if (onlyFlags !== 0 && (branchFlags & onlyFlags) === 0) return;
    if ((branchFlags & neverFlags) !== 0) return;
    const withSip = sipFlags !== 0 && ((branchFlags & sipFlags) !== 0 || onlyFlags === 0);
    if (withSip && this.#gaveUp(binding, now)) return;
    const target = targetOf(binding, withSip);
    if (target === undefined) return;
    const listener = this.#engine.transport.listeners.find(this.#settings.isSocket) ?? binding.listener;
    const hop = this.#engine.hops.resolve(
      parseUri(target),
      { uri: undefined, listener, flow: undefined, route: undefined },
      undefined,
    );
    const send = (found: Awaited<typeof hop>): void => {
      if (found.kind === 'hop' && found.flow.transport === 'udp') this.#send(binding, found.flow, withSip);
      else this.#counters.unreachable.value++;
    };
    if (hop instanceof Promise) void hop.then(send);
    else send(hop);
  }

  #gaveUp(binding: Binding, now: Instant): boolean {
    const { timeoutMs } = this.#settings;
    if (timeoutMs === 0) return false;
    const silent = this.#silent.get(binding.ruid);
    if (silent === undefined) this.#silent.set(binding.ruid, { binding, since: now });
    else if (now - silent.since >= timeoutMs) {
      this.#silent.delete(binding.ruid);
      this.#location.remove(binding);
      return true;
    }
    return false;
  }

  #send({ uri, path, ruid }: Binding, flow: Flow, withSip: boolean): void {
    const { door, branches } = this.#engine;
    this.#number++;
    const hop = { flow, branch: branches.branch(branches.nextId(), 0), number: this.#number };
    const bytes = withSip ? sipPing(this.#settings, { uri, path, ruid }, hop) : EMPTY_PING;
    const counter = door.send(bytes, flow, CAUSE) === 'sent' ? this.#counters.pings : this.#counters.unreachable;
    counter.value++;
  }
}

/** Where the ping goes: a SIP ping along the Path, else to where the REGISTER came from. Undefined unless over UDP. */
function targetOf({ uri, received, path }: Binding, withSip: boolean): string | undefined {
  const first = withSip && path !== '' ? parseNameAddrList(path)?.[0]?.uri : undefined;
  const target = first ?? (received === '' ? uri : received);
  const parsed = parseUri(target);
  if (parsed?.kind !== 'sip' || parsed.scheme === 'sips') return undefined;
  return (parsed.params.get('transport')?.toLowerCase() ?? 'udp') === 'udp' ? target : undefined;
}
