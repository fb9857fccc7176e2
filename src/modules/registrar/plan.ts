/**
 * What a REGISTER changes, worked out before anything changes: RFC 3261 10.3 step 7 wants all of its contacts or none.
 */
import type { WallTime } from '../../util/time.ts';
import type { Binding, BindingKey, BindingValues } from '../usrloc/api.ts';
import type { FaultName } from './faults.ts';

/** One contact as it would be kept, or whose removal is asked for. */
export interface Wanted {
  readonly values: BindingValues;
  readonly isRemoval: boolean;
}

export type Change =
  | { readonly kind: 'insert'; readonly values: BindingValues }
  | { readonly kind: 'update'; readonly binding: Binding; readonly values: BindingValues }
  | { readonly kind: 'remove'; readonly binding: Binding };

export interface PlanRules {
  /** Contacts of one user; 0 for no limit. */
  readonly maxContacts: number;
  /** Contacts that may come in addition to those that go. */
  readonly room: number;
  readonly cseqDelayMs: number;
  /** Keep one contact a user, the first that stays. */
  readonly onlyOne: boolean;
  same(a: BindingKey, b: BindingKey): boolean;
}

/** `present` are the live bindings of the user. */
export function planChanges(
  present: readonly Binding[],
  wanted: readonly Wanted[],
  rules: PlanRules,
  now: WallTime,
): readonly Change[] | FaultName {
  const changes: Change[] = [];
  const seen: BindingKey[] = [];
  for (const { values, isRemoval } of wanted) {
    // Listed twice: the first one counts.
    if (seen.some((other) => rules.same(values, other))) continue;
    seen.push(values);
    const binding = present.find((known) => rules.same(values, known));
    const order = binding === undefined ? 'newer' : orderOf(binding, values, now, rules.cseqDelayMs);
    if (order === 'older') return 'cseq';
    if (order === 'again' || (binding === undefined && isRemoval)) continue;
    if (binding === undefined) changes.push({ kind: 'insert', values });
    else changes.push(isRemoval ? { kind: 'remove', binding } : { kind: 'update', binding, values });
    if (rules.onlyOne && !isRemoval) return fitting([...removalOfOthers(present, changes), ...changes], rules);
  }
  const count = present.length + growthOf(changes);
  return rules.maxContacts > 0 && count > rules.maxContacts ? 'tooMany' : fitting(changes, rules);
}

/** `*`: RFC 3261 10.3 step 6 holds every binding against Call-ID and CSeq. */
export function planRemovalOfAll(
  present: readonly Binding[],
  request: { readonly callId: string; readonly cseq: number },
): readonly Change[] | FaultName {
  const isLate = ({ callId, cseq }: Binding): boolean => callId === request.callId && cseq >= request.cseq;
  return present.some(isLate) ? 'cseq' : present.map((binding) => ({ kind: 'remove', binding }));
}

/**
 * RFC 3261 10.3: "If it does agree [the Call-ID], the registrar compares the CSeq value. If the value is higher than
 * that of the existing binding, it MUST update or remove the binding. If not, the update MUST be aborted". The same
 * number within a short time is a retransmission, and nothing is wrong with that.
 */
function orderOf(binding: Binding, values: BindingValues, now: WallTime, delayMs: number): 'newer' | 'older' | 'again' {
  if (binding.callId !== values.callId || values.cseq > binding.cseq) return 'newer';
  return values.cseq === binding.cseq && now - binding.modified < delayMs * 1000 ? 'again' : 'older';
}

function removalOfOthers(present: readonly Binding[], changes: readonly Change[]): readonly Change[] {
  const named = new Set(changes.map((change) => (change.kind === 'insert' ? undefined : change.binding)));
  return present.filter((binding) => !named.has(binding)).map((binding) => ({ kind: 'remove', binding }));
}

const fitting = (changes: readonly Change[], { room }: PlanRules): readonly Change[] | FaultName =>
  growthOf(changes) > Math.max(0, room) ? 'full' : changes;

function growthOf(changes: readonly Change[]): number {
  let count = 0;
  for (const { kind } of changes) count += kind === 'insert' ? 1 : kind === 'remove' ? -1 : 0;
  return count;
}
