// Whether parts fill a whole: what is in use and what is free, of numbers that are handed out.
import type { Range } from "../cidr.ts";
import type { NumberRange } from "../../store/pools.ts";

/** What keeps `parts` from being `whole`, each number of it in exactly one of them. */
export function tilingFaults(whole: Range, parts: readonly NumberRange[]): string[] {
  const sum = parts.reduce((total, { first, last }) => total + last - first + 1n, 0n);
  const outside = parts.filter(({ first, last }) => first < whole.first || last > whole.last);
  return [
    ...overlapFaults(parts),
    ...outside.map(({ first }) => `${first} does not belong to it`),
    ...countFaults("numbers in use or free", sum, whole.last - whole.first + 1n),
  ];
}

function overlapFaults(ranges: readonly NumberRange[]): string[] {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
  return sorted
    .filter(({ first }, index) => first <= (sorted[index - 1]?.last ?? -1n))
    .map(({ first }) => `${first} is in use twice, or in use and free`);
}

/** A count that is not what was counted. */
export function countFaults(what: string, kept: bigint | number, real: bigint | number): string[] {
  return kept === real ? [] : [`${what}: ${kept}, and not ${real}`];
}

/** One number as a range. */
export const single = (value: bigint): NumberRange => ({ first: value, last: value });

const pageSize = 1000;

/** What all pages of a pool hold. */
export async function allOf<T extends { readonly first: bigint }>(
  page: (page: { readonly after: bigint; readonly limit: number }) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for (let after: bigint | undefined = -1n; after !== undefined; ) {
    const next: T[] = await page({ after, limit: pageSize });
    all.push(...next);
    after = next.length === pageSize ? next.at(-1)?.first : undefined;
  }
  return all;
}
