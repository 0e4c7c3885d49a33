// Keeps the terms of an entity: writes only what differs from what is there, because most changes of an entity are none
// of what it is found by.
import type { Writing } from "./calls.ts";
import type { CountedTerms } from "./counted.ts";
import type { Executor } from "./engine.ts";
import type { Term } from "./entities.ts";
import type { EntityQueries, Key } from "./entity-queries.ts";

/** What terms are kept with. */
export interface TermAccess {
  readonly queries: EntityQueries;
  readonly counted: CountedTerms;
}

/** Indexes an entity that is not indexed. */
export function insertTerms(
  db: Writing,
  { queries, counted }: TermAccess,
  { terms, ...key }: Key & { readonly terms: readonly Term[] },
): void {
  if (terms.length === 0) return;
  db.send(queries.index({ ...key, terms }));
  counted.add(db, terms, 1);
}

/** Indexes an entity anew. */
export async function replaceTerms(
  db: Writing,
  access: TermAccess,
  { terms, ...key }: Key & { readonly terms: readonly Term[] },
): Promise<void> {
  const before = await termsOf(db, access, key);
  const gone = without(before, terms);
  if (gone.length > 0) {
    db.send(access.queries.unindexSome({ ...key, terms: gone }));
    access.counted.add(db, gone, -1);
  }
  insertTerms(db, access, { ...key, terms: without(terms, before) });
}

/** Takes an entity out of the index. */
export async function removeTerms(db: Writing, access: TermAccess, key: Key): Promise<void> {
  if (!access.counted.isEmpty) access.counted.add(db, await termsOf(db, access, key), -1);
  db.send(access.queries.unindex(key));
}

async function termsOf(db: Executor, { queries }: TermAccess, key: Key): Promise<Term[]> {
  const { rows } = await db.executeQuery(queries.terms(key));
  return rows.map(({ field, value }): Term => [field, value]);
}

function without(terms: readonly Term[], others: readonly Term[]): Term[] {
  const known = new Set(others.map((term) => term.join(" ")));
  return terms.filter((term) => !known.has(term.join(" ")));
}
