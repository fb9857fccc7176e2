/** The commands `topos.*`: what is known of calls here and in the store. Nothing here changes anything. */
import { RpcFault } from '../../engine/rpc-fault.ts';
import { latin1 } from '../../sip/field.ts';
import type { Clock } from '../../world/world.ts';
import { audit, DEFAULT_AUDIT, MAX_AUDIT } from './audit.ts';
import type { Dialog, Phase } from './dialog.ts';
import type { Dialogs } from './dialogs.ts';
import { readKey } from './keys.ts';
import { DIALOGS, dialogsOfCall } from './places.ts';
import type { Owned } from './record-fields.ts';
import { readDialog } from './record.ts';
import type { Storage } from './storage.ts';

type Params = readonly (string | number)[];

/** Dialogs in one answer. */
const MAX_SHOWN = 100;
/** Keys that `topos.lookup` goes through in the store. */
const MAX_SEARCHED = 1_000_000;

export interface ToposRpcParts {
  readonly dialogs: Dialogs;
  readonly storage: Storage;
  readonly clock: Clock;
}

export class ToposRpc {
  readonly #parts: ToposRpcParts;

  constructor(parts: ToposRpcParts) {
    this.#parts = parts;
  }

  stats(): unknown {
    const { dialogs, storage } = this.#parts;
    const phases: Record<Phase, number> = { early: 0, confirmed: 0, ended: 0 };
    for (const { phase } of dialogs.values()) phases[phase]++;
    const { store, ledger, lookups } = storage;
    const shown = store && {
      label: store.label,
      up: store.isUp,
      ...store.counters,
      turns: ledger?.turns,
      oversized: ledger?.oversized,
      ...lookups?.counts,
    };
    return { dialogs: dialogs.size, ...phases, store: shown ?? 'memory' };
  }

  async dialog([callId]: Params): Promise<unknown> {
    if (callId === undefined) throw new RpcFault(400, 'Parameter: Call-ID');
    const id = latin1(String(callId));
    const own = this.#parts.dialogs.ofCall(id);
    const stored: Owned<Dialog>[] = [];
    await this.#stored(dialogsOfCall(id), (one) => {
      if (one.value.callId === id && !own.some((other) => other.id === one.value.id)) stored.push(one);
      return stored.length < MAX_SHOWN;
    });
    if (own.length + stored.length === 0) throw new RpcFault(404, 'there is no dialog of this Call-ID');
    return {
      dialogs: own.slice(0, MAX_SHOWN).map((one) => shownDialog(one, 'here')),
      stored: stored.map(({ value, owner }) => shownDialog(value, owner)),
    };
  }

  async lookup([text]: Params): Promise<unknown> {
    const key = readKey(String(text ?? ''));
    if (key === undefined) throw new RpcFault(400, 'Parameter: key, atpsh-... or btpsh-...');
    const own = this.#parts.dialogs.get(key.id, this.#parts.clock.now());
    if (own !== undefined) return { shownTo: key.side, ...shownDialog(own, 'here') };
    const found: Owned<Dialog>[] = [];
    await this.#stored(
      DIALOGS,
      (one) => {
        found.push(one);
        return false;
      },
      (place) => place.endsWith(`:${key.id}`),
    );
    const [first] = found;
    if (first === undefined) throw new RpcFault(404, 'there is no dialog of this key');
    return { shownTo: key.side, ...shownDialog(first.value, first.owner) };
  }

  async audit([limit]: Params): Promise<unknown> {
    const { store } = this.#parts.storage;
    if (store === undefined) throw new RpcFault(400, 'there is no store: dialogs are in memory');
    const most = Number(limit ?? DEFAULT_AUDIT);
    if (!Number.isInteger(most) || most < 1 || most > MAX_AUDIT) {
      throw new RpcFault(400, `Parameter: records to look at, 1 to ${MAX_AUDIT}`);
    }
    const report = await audit(store, most);
    if (report === undefined) throw new RpcFault(503, 'the store is away');
    return report;
  }

  async #stored(
    prefix: string,
    each: (one: Owned<Dialog>) => boolean,
    wanted: (place: string) => boolean = () => true,
  ): Promise<void> {
    const { store } = this.#parts.storage;
    let searched = 0;
    await store?.scan(prefix, async (keys) => {
      searched += keys.length;
      for (const key of keys.filter(wanted)) {
        const seen = await store.look(key);
        const read =
          seen.kind === 'value' && seen.value.record !== undefined ? readDialog(seen.value.record.value) : undefined;
        if (read !== undefined && !each(read)) return false;
      }
      return searched < MAX_SEARCHED;
    });
  }
}

function shownDialog({ id, callId, method, phase, a, legs, ownRoutes, faces }: Dialog, node: string) {
  const face = (side: 'a' | 'b'): string | undefined =>
    faces[side]?.kind === 'masked' ? faces[side].uri : faces[side]?.kind;
  const end = ({ tag, target, state }: Dialog['a']) => ({ tag, state, contact: target.contact, routes: target.routes });
  return {
    node,
    id,
    callId,
    method,
    phase,
    a: end(a),
    b: legs.map(end),
    ownRoutes,
    shown: { a: face('a'), b: face('b') },
  };
}
