/** The order in which to try the servers of an SRV record set (RFC 2782): by priority, then by weighted chance. */
import type { Random, SrvRecord } from '../world/world.ts';

export function orderSrv(records: readonly SrvRecord[], random: Pick<Random, 'u32'>): readonly SrvRecord[] {
  const byPriority = [...records].sort((a, b) => a.priority - b.priority);
  const ordered: SrvRecord[] = [];
  for (let from = 0; from < byPriority.length; ) {
    const priority = byPriority[from]?.priority;
    const group = byPriority.filter((record) => record.priority === priority);
    drawAll(group, random, ordered);
    from += group.length;
  }
  return ordered;
}

/**
 * RFC 2782: records of weight 0 first; a random number between 0 and the sum of the weights, inclusive; the first record
 * whose running sum reaches it is next; again with those that are left.
 */
function drawAll(group: readonly SrvRecord[], random: Pick<Random, 'u32'>, into: SrvRecord[]): void {
  const left = [...group].sort((a, b) => Number(a.weight !== 0) - Number(b.weight !== 0));
  let total = left.reduce((sum, { weight }) => sum + weight, 0);
  while (left.length > 0) {
    const drawn = random.u32() % (total + 1);
    let sum = 0;
    const place = left.findIndex(({ weight }) => {
      sum += weight;
      return sum >= drawn;
    });
    const [record] = left.splice(Math.max(0, place), 1);
    if (record === undefined) return;
    into.push(record);
    total -= record.weight;
  }
}
