/** One binding as it is kept: fixed shape, and texts of its own that hold no message in memory. */
import type { Listener } from '../../transport/flow.ts';
import type { Deadline } from '../../util/deadlines.ts';
import type { Instant, WallTime } from '../../util/time.ts';
import type { Binding, BindingValues } from './api.ts';

/** Who keeps it. */
export interface BindingOwner {
  /** Its time is over, or its connection is lost. */
  expire(binding: Binding): void;
}

export class StoredBinding implements Binding {
  readonly aor: string;
  readonly ruid: string;
  readonly owner: BindingOwner;
  uri: string;
  instance: string;
  regId: number;
  callId: string;
  path: string;
  cseq: number;
  expires: Instant | undefined;
  q: number;
  userAgent: string;
  received: string;
  flags: number;
  branchFlags: number;
  methods: number;
  listener: Listener | undefined;
  connection: number;
  modified: WallTime;
  /** Its place in the queue of what expires. */
  deadline: Deadline<StoredBinding> | undefined = undefined;

  constructor(
    owner: BindingOwner,
    name: { readonly aor: string; readonly ruid: string; readonly modified: WallTime },
    values: BindingValues,
  ) {
    this.owner = owner;
    this.aor = name.aor;
    this.ruid = name.ruid;
    this.uri = ownText(values.uri);
    this.instance = ownText(values.instance);
    this.regId = values.regId;
    this.callId = ownText(values.callId);
    this.path = ownText(values.path);
    this.cseq = values.cseq;
    this.expires = values.expires;
    this.q = values.q;
    this.userAgent = values.userAgent;
    this.received = ownText(values.received);
    this.flags = values.flags;
    this.branchFlags = values.branchFlags;
    this.methods = values.methods;
    this.listener = values.listener;
    this.connection = values.connection;
    this.modified = name.modified;
  }

  /** Texts that a refresh does not change stay the ones that are kept. */
  take(values: BindingValues, modified: WallTime): void {
    if (values.uri !== this.uri) this.uri = ownText(values.uri);
    if (values.instance !== this.instance) this.instance = ownText(values.instance);
    this.regId = values.regId;
    if (values.callId !== this.callId) this.callId = ownText(values.callId);
    if (values.path !== this.path) this.path = ownText(values.path);
    this.cseq = values.cseq;
    this.expires = values.expires;
    this.q = values.q;
    this.userAgent = values.userAgent;
    if (values.received !== this.received) this.received = ownText(values.received);
    this.flags = values.flags;
    this.branchFlags = values.branchFlags;
    this.methods = values.methods;
    this.listener = values.listener;
    this.connection = values.connection;
    this.modified = modified;
  }

  isLive(now: Instant): boolean {
    return this.expires === undefined || this.expires > now;
  }
}

/** A copy: a slice of a message would keep all of it in memory. */
export const ownText = (text: string): string => (text === '' ? '' : Buffer.from(text, 'latin1').toString('latin1'));
