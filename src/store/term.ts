// Terms as they are kept and looked for: values in a form that every engine can index, filters as lists of terms.
import { createHash } from "node:crypto";
import type { Term } from "./entities.ts";

/** Longer values are kept as their hash, in UTF-16 code units: engines limit the size of an index entry. */
const longest = 256;
const hashed = "sha256:";

/**
 * The form in which a value is indexed: itself, or its SHA-256 if it is long, could be taken for such a hash, or is
 * what not every engine can keep: U+0000 or half a surrogate pair. Different values have different forms.
 */
export function indexed(value: string): string {
  const keepable = value.isWellFormed() && !value.includes("\0");
  if (keepable && value.length <= longest && !value.startsWith(hashed)) return value;
  return hashed + createHash("sha256").update(value, "utf16le").digest("base64url");
}

/** What to look for: a certain id, certain terms, or both; undefined if nothing can match. */
export interface Wanted {
  readonly id?: string;
  readonly terms: readonly Term[];
}

/** The distinct terms with a value, in the form in which they are indexed and in the order given. */
export function indexedTerms(terms: readonly Term[]): Term[] {
  const kept = terms.filter(([, value]) => value !== "").map(([f, v]): Term => [f, indexed(v)]);
  return [...new Map(kept.map((term) => [term.join("\0"), term])).values()];
}

/** What a filter asks for; undefined if nothing can match, because an entity has one id only. */
export function wanted(
  filter: Readonly<Record<string, string | readonly string[] | undefined>>,
): Wanted | undefined {
  const { id: ids = [], ...fields } = filter;
  const [id, other] = new Set([ids].flat().filter((value) => value !== ""));
  if (other !== undefined) return undefined;
  const terms = Object.entries(fields).flatMap(([field, values = []]) =>
    [values].flat().map((value): Term => [field, value]),
  );
  return { ...(id !== undefined && { id }), terms: indexedTerms(terms) };
}
