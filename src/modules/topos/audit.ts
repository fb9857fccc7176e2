/**
 * An audit of the store: looks at the records of topos, a portion at a time, and tells what should not be there. It reads
 * and changes nothing.
 */
import type { Store } from '../../world/store.ts';
import { CROSSINGS, DIALOGS, INVITES, KEYLESS, TICKETS } from './places.ts';
import { ownerOf } from './record-fields.ts';
import { readCrossing, readDialog, readKeyless } from './record.ts';
import { readInvites } from './sent-invite.ts';
import { readTicket } from './tickets.ts';

export const DEFAULT_AUDIT = 100_000;
export const MAX_AUDIT = 1_000_000;
/** Records read at a time. */
const PORTION = 64;
/** Keys named for each fault. */
const NAMED = 10;
/** Nodes told apart. */
const MAX_OWNERS = 1_000;

interface Fault {
  count: number;
  /** Some of their keys. */
  readonly keys: string[];
}

const PLACES = [
  [DIALOGS, 'dialogs'],
  [CROSSINGS, 'crossings'],
  [INVITES, 'invites'],
  [KEYLESS, 'keyless'],
  [TICKETS, 'tickets'],
] as const;
const READERS = {
  dialogs: readDialog,
  crossings: readCrossing,
  invites: readInvites,
  keyless: readKeyless,
  tickets: readTicket,
} as const;

const newFault = (): Fault => ({ count: 0, keys: [] });

export type AuditReport = ReturnType<typeof newReport>;

const newReport = () => ({
  dialogs: 0,
  crossings: 0,
  invites: 0,
  keyless: 0,
  tickets: 0,
  /** Whether there may be more than were looked at. */
  complete: true,
  /** They stay for ever. */
  withoutEnd: newFault(),
  /** Not of this form, not whole, or not of topos. */
  foreign: newFault(),
  /** Requests whose dialog is not there. */
  orphans: newFault(),
  /** Records by the life of the node that wrote them. */
  owners: new Map<string, number>(),
});

/** undefined when the store could not be read to the end. */
export async function audit(store: Store, most: number): Promise<unknown> {
  const report = newReport();
  for (const [prefix] of PLACES) {
    const outcome = await store.scan(prefix, async (keys) => {
      for (let at = 0; at < keys.length; at += PORTION) {
        const room = most - PLACES.reduce((sum, [, kind]) => sum + report[kind], 0);
        if (room <= 0) {
          report.complete = false;
          return false;
        }
        const portion = keys.slice(at, at + Math.min(PORTION, room));
        if (portion.length < Math.min(PORTION, keys.length - at)) report.complete = false;
        await Promise.all(portion.map((key) => inspect(store, key, report)));
      }
      return true;
    });
    if (outcome !== 'ok') return undefined;
  }
  return { ...report, owners: Object.fromEntries(report.owners) };
}

async function inspect(store: Store, key: string, report: AuditReport): Promise<void> {
  const seen = await store.look(key);
  if (seen.kind !== 'value') return;
  const [, kind] = PLACES.find(([prefix]) => key.startsWith(prefix)) ?? PLACES[0];
  report[kind]++;
  const { ttlMs, record } = seen.value;
  if (ttlMs === undefined) note(report.withoutEnd, key);
  const owner = record && ownerOf(record.value);
  if (owner !== undefined && (report.owners.size < MAX_OWNERS || report.owners.has(owner))) {
    report.owners.set(owner, (report.owners.get(owner) ?? 0) + 1);
  }
  const read = record && READERS[kind](record.value);
  if (read === undefined) note(report.foreign, key);
  const crossing = kind === 'crossings' && record !== undefined ? readCrossing(record.value) : undefined;
  const role = crossing?.value.role;
  if (role?.kind !== 'opens' && role?.kind !== 'inside') return;
  if ((await store.look(siblingOf(key, role.dialog))).kind === 'none') note(report.orphans, key);
}

/** Where the dialog of a crossing is: its key begins as that of the crossing goes on. */
function siblingOf(key: string, id: string): string {
  const tag = key.slice(CROSSINGS.length, key.lastIndexOf(':') + 1);
  return `${DIALOGS}${tag}${id}`;
}

function note(fault: Fault, key: string): void {
  fault.count++;
  if (fault.keys.length < NAMED) fault.keys.push(key);
}
