// Values that are shared, which nobody may change.

/** `value`, frozen with all that is in it, but for the bytes of arrays of them. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
