/** What other modules may know of usrloc: who is where. */
import type { Listener } from '../../transport/flow.ts';
import type { Instant, WallTime } from '../../util/time.ts';

/** What tells one binding of a user from another, and orders the requests that change it. */
export interface BindingKey {
  readonly uri: string;
  /** `+sip.instance`, with its angle brackets; '' without one. */
  readonly instance: string;
  /** 0 without one. */
  readonly regId: number;
  readonly callId: string;
  /** As it stood in the REGISTER; '' without one. */
  readonly path: string;
}

/** What a REGISTER says of a binding. Texts are as on the wire, one character a byte. */
export interface BindingValues extends BindingKey {
  readonly cseq: number;
  /** undefined: for ever. */
  readonly expires: Instant | undefined;
  /** From 0 to 1000; -1 when nobody said. */
  readonly q: number;
  readonly userAgent: string;
  /** Where the REGISTER came from, as a URI, when that is not where Contact says; '' otherwise. */
  readonly received: string;
  readonly flags: number;
  /** Branch flags that a call to this contact begins with. */
  readonly branchFlags: number;
  /** Bits of `methods.ts` in registrar. */
  readonly methods: number;
  /** Where the REGISTER came in. */
  readonly listener: Listener | undefined;
  /** The connection that it came on; 0 for none. */
  readonly connection: number;
}

/** A contact of a user. What is handed out stays the same object as long as the binding lives. */
export interface Binding extends BindingValues {
  readonly aor: string;
  /** Names it in this proxy. */
  readonly ruid: string;
  readonly modified: WallTime;
}

/** A table of users by address of record, as routes name it: `location`. */
export interface Location {
  readonly name: string;
  readonly users: number;
  readonly bindings: number;
  /** The live ones: by q, highest first, then in the order they came. */
  list(aor: string): readonly Binding[];
  /**
   * Lets a store that other nodes share say what it has of a user, who is then in `list`. A promise only when memory has
   * nothing and there is a store to wait for; it never rejects.
   */
  fetch(aor: string): Promise<void> | undefined;
  all(): Iterable<Binding>;
  find(aor: string, key: BindingKey): Binding | undefined;
  /** How many more contacts of this user find a place; not above 0 when there is none. */
  roomFor(aor: string): number;
  /** `full`: no place for one more, here or for this user. */
  insert(aor: string, values: BindingValues): Binding | 'full';
  update(binding: Binding, values: BindingValues): void;
  /** False when it is gone already. */
  remove(binding: Binding): boolean;
  /** How many there were. */
  removeAll(aor: string): number;
}

export type LocationEvent = {
  readonly kind: 'inserted' | 'updated' | 'removed' | 'expired';
  readonly location: Location;
  readonly binding: Binding;
};

export interface UsrlocApi {
  readonly useDomain: boolean;
  /** Branch flag of contacts behind a NAT; 0 when there is none. */
  readonly natFlag: number;
  /** Within this time the same CSeq is a retransmission. */
  readonly cseqDelayMs: number;
  /** Whether both name the same binding of a user. */
  same(a: BindingKey, b: BindingKey): boolean;
  /** The table of this name; made when it is first asked for. */
  location(name: string): Location;
  /** Seconds until a binding expires, rounded up; undefined when it never does. */
  secondsLeft(binding: Binding): number | undefined;
  /** Kamailio's hash of an address of record. */
  aorHash(aor: string): number;
  /** To be called in `setup`. */
  on(listener: (event: LocationEvent) => void): void;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly usrloc: UsrlocApi;
  }
}
