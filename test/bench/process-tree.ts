/** What a process and its descendants have cost so far, as /proc tells: processor time and resident memory. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of times in /proc/<pid>/stat is fixed at 10 ms on Linux for all that read it. */
const TICK_MICROSECONDS = 10_000;

export interface TreeCost {
  readonly processes: number;
  /** User and system time, that of ended and reaped children included. */
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
}

interface ProcessStat {
  readonly parent: number;
  readonly ticks: number;
}

/** Fields behind the command name, which may itself hold spaces and parentheses (proc(5)). */
function readStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const times = fields.slice(11, 15);
    return { parent, ticks: times.reduce((sum, time) => sum + time, 0) };
  } catch {
    return undefined;
  }
}

function readResident(pid: number): number {
  try {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return found === null ? 0 : Number(found[1]) * 1024;
  } catch {
    return 0;
  }
}

export function costOfTree(root: number): TreeCost {
  const known = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat !== undefined) known.set(Number(name), stat);
  }
  const tree = [root];
  for (const pid of tree) for (const [child, { parent }] of known) if (parent === pid) tree.push(child);
  const ticks = tree.reduce((sum, pid) => sum + (known.get(pid)?.ticks ?? 0), 0);
  return {
    processes: tree.length,
    cpuMicroseconds: ticks * TICK_MICROSECONDS,
    residentBytes: tree.reduce((sum, pid) => sum + readResident(pid), 0),
  };
}
