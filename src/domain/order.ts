// The natural order of plain values, for comparers that are composed of it.

/** Negative, 0 or positive as `a` is below, equal to or above `b`; texts by code unit, whatever the locale. */
export function ascending<T extends bigint | number | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
