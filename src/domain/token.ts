// Tokens that say where a list or a stream goes on. They are good for the filter they were made for, and say nothing to
// those who hold them.
import { createHash } from "node:crypto";
import { invalid } from "./errors.ts";

/** A token for `position` among what `filter` leaves. Both must survive JSON; bigints become text. */
export function writeToken(filter: unknown, position: unknown): string {
  return Buffer.from(JSON.stringify([digestOf(filter), position])).toString("base64url");
}

/** A token as it was sent. */
export interface SentToken<T> {
  /** Where it stands in the request. */
  readonly field: string;
  readonly token: string;
  /** What it is of: "a list". */
  readonly source: string;
  /** Undefined for what no token of this kind says. */
  readonly parse: (position: unknown) => T | undefined;
}

/** The position of a token; undefined if that is empty. Throws invalid_argument for one of another filter, or made up. */
export function readToken<T>(filter: unknown, sent: SentToken<T>): T | undefined {
  const { field, token, source, parse } = sent;
  if (token === "") return undefined;
  const [digest, position] = decode(token);
  const known = parse(position);
  if (known === undefined) throw invalid(`${field}: is not one that ${source} returned`);
  if (digest !== digestOf(filter))
    throw invalid(`${field}: belongs to ${source} with other filters`);
  return known;
}

function digestOf(filter: unknown): string {
  const text = JSON.stringify(filter, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}

function decode(token: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // Reported like every other token that was made up.
  }
}
