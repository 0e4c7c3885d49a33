// The fields that the blob of an SSH key consists of, each preceded by its length (RFC 4251, section 5).
import { Buffer } from "node:buffer";

/** Why the content of a field is wrong, or undefined. */
export type FieldCheck = (content: Buffer) => string | undefined;

/** Exactly this text. */
export const text =
  (expected: string): FieldCheck =>
  (content) =>
    content.equals(Buffer.from(expected)) ? undefined : `it does not say "${expected}"`;

/** So many bytes; without a number, one or more. */
export const octets =
  (length?: number): FieldCheck =>
  ({ length: actual }) => {
    if (length === undefined) return actual === 0 ? "it has an empty field" : undefined;
    return actual === length ? undefined : `it has ${actual} bytes instead of ${length}`;
  };

/** A positive number of at least so many bits, in two's complement and no longer than needed. */
export const number =
  (minBits: number): FieldCheck =>
  (content) => {
    const [first = 0, second = 0] = content;
    const isPadded = first === 0 && second < 0x80;
    if (content.length === 0 || first >= 0x80 || isPadded) return "it has no positive number";
    const bits = BigInt(`0x${content.toString("hex")}`).toString(2).length;
    return bits >= minBits ? undefined : `it has ${bits} bits, ${minBits} are the least`;
  };

/** A point of a curve whose coordinates have so many bytes, not compressed (SEC 1, section 2.3.3). */
export const point =
  (coordinateBytes: number): FieldCheck =>
  (content) =>
    content[0] === 4 && content.length === 1 + 2 * coordinateBytes
      ? undefined
      : "it has no point of its curve";

/** Why a blob does not consist of exactly these fields, or undefined. */
export function fieldsFault(blob: Buffer, checks: readonly FieldCheck[]): string | undefined {
  const [check, ...others] = checks;
  if (check === undefined) return blob.length === 0 ? undefined : "something follows it";
  const end = blob.length < 4 ? Number.POSITIVE_INFINITY : 4 + blob.readUInt32BE();
  if (end > blob.length) return "it is cut off";
  return check(blob.subarray(4, end)) ?? fieldsFault(blob.subarray(end), others);
}
