import type { Random } from '@intermix/kernel';

export interface SrvRecord {
  priority: number;
  weight: number;
  port: number;
  name: string;
}

/** The order in which to try SRV records: by priority, and within one by weighted lot. RFC 2782. */
export function orderSrv(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
  for (const priority of priorities) {
    // Those of weight 0 stand first, so that they have their small chance.
    const left = records.filter((record) => record.priority === priority).sort((a, b) => a.weight - b.weight);
    while (left.length > 0) ordered.push(...left.splice(drawOne(left, random), 1));
  }
  return ordered;
}

function drawOne(records: readonly SrvRecord[], random: Random): number {
  const total = records.reduce((sum, { weight }) => sum + weight, 0);
  let lot = random.fraction() * total;
  for (let at = 0; at < records.length; at++) {
    lot -= records[at]!.weight;
    if (lot < 0) return at;
  }
  return 0; // All weights are 0.
}
