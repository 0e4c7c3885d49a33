// The limit of a page.

/** Throws a RangeError unless the limit is a whole number, 1 or more: to some engines a negative one means no limit. */
export function assertLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`limit ${limit}`);
}
