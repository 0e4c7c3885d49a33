// JSON in one form only, as RFC 8785 has it, so that everybody who hashes the same values gets the same hash.
import { createHash } from "node:crypto";
import type { JsonValue } from "@bufbuild/protobuf";

/** `value` as text: names in the order of their UTF-16 code units, no white space, numbers as ECMAScript writes them. */
export function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`;
}

/** SHA-256 of the text in UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
