// The fewest prefixes that say the same.
import { contains, families, type Prefix, prefixAround } from "./cidr.ts";
import { ascending } from "./order.ts";

/** The smallest list of prefixes with exactly the addresses of the given ones, IPv4 first and in ascending order. */
export function compactPrefixes(prefixes: readonly Prefix[]): Prefix[] {
  const compact: Prefix[] = [];
  for (const prefix of prefixes.toSorted(byPlace)) {
    if (isCovered(prefix, compact.at(-1))) continue;
    compact.push(prefix);
    mergeLast(compact);
  }
  return compact;
}

/** Wide ones come before those that lie in them. */
function byPlace(a: Prefix, b: Prefix): number {
  return (
    families.indexOf(a.family) - families.indexOf(b.family) ||
    ascending(a.first, b.first) ||
    a.length - b.length
  );
}

function isCovered({ family, first }: Prefix, by: Prefix | undefined): boolean {
  return by !== undefined && contains(by, { family, value: first });
}

/** Two halves of a prefix become that prefix, which may be half of another one. */
function mergeLast(compact: Prefix[]): void {
  const [low, high] = compact.slice(-2);
  if (low === undefined || high === undefined || !areHalves(low, high)) return;
  const { family, first } = low;
  compact.splice(-2, 2, prefixAround({ family, value: first }, low.length - 1));
  mergeLast(compact);
}

function areHalves(low: Prefix, high: Prefix): boolean {
  if (low.family !== high.family || low.length !== high.length || low.length === 0) return false;
  const whole = prefixAround({ family: low.family, value: low.first }, low.length - 1);
  return low.first !== high.first && contains(whole, { family: high.family, value: high.first });
}
