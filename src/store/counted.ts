// Terms that are counted as they are written, so that nobody has to count entries of an index: how many entities have a
// value, and which values there are.
import type { Writing } from "./calls.ts";
import type { Executor } from "./engine.ts";
import { padded } from "./prepared.ts";
import { sendToTally, type TallyQueries } from "./sql-tallies.ts";
import type { Term } from "./entities.ts";
import { assertLimit } from "./limit.ts";
import type { Counted, ValuePage } from "./store.ts";
import { indexed } from "./term.ts";

/** Under what a term is counted. */
export function tallyName(kind: string, term: Term): string {
  return [kind, ...term].join(" ");
}

/** The counted fields of one kind. */
export class CountedTerms {
  readonly #kind: string;
  readonly #fields: ReadonlySet<string>;
  readonly #queries: TallyQueries;

  constructor(kind: string, fields: readonly string[], queries: TallyQueries) {
    this.#kind = kind;
    this.#fields = new Set(fields);
    this.#queries = queries;
  }

  get isEmpty(): boolean {
    return this.#fields.size === 0;
  }

  has(field: string): boolean {
    return this.#fields.has(field);
  }

  /** Counts terms that come or go, in an order that is the same for all: none waits for another that waits for it. */
  add(db: Writing, terms: readonly Term[], change: 1 | -1): void {
    const names = terms.filter(([field]) => this.has(field)).map((term) => this.#name(term));
    for (const name of names.toSorted()) sendToTally(db, this.#queries, { name, count: change });
  }

  /** How many entities have a term, in the form in which it is indexed. */
  async one(db: Executor, term: Term): Promise<number> {
    const { rows } = await db.executeQuery(this.#queries.get({ name: this.#name(term) }));
    return rows[0]?.count ?? 0;
  }

  /** How many entities have each of the values. Throws unless the field is counted. */
  async of(db: Executor, field: string, values: readonly string[]): Promise<number[]> {
    this.#assertCounted(field);
    if (values.length === 0) return [];
    const names = values.map((value) => this.#name([field, indexed(value)]));
    const { rows } = await db.executeQuery(this.#queries.some(padded(names)));
    const counts = new Map(rows.map(({ name, count }) => [name, count]));
    return names.map((name) => counts.get(name) ?? 0);
  }

  /** The first values that begin with a text, in order. Throws unless the field is counted. */
  async from(db: Executor, field: string, { prefix, after, limit }: ValuePage): Promise<Counted[]> {
    this.#assertCounted(field);
    assertLimit(limit);
    const start = this.#name([field, prefix]);
    // The name that comes next after another is that with the least character behind it.
    const name = after === undefined ? start : `${this.#name([field, after])}\u0001`;
    const { rows } = await db.executeQuery(this.#queries.from({ name, limit }));
    return rows
      .filter((row) => row.name.startsWith(start))
      .map((row) => ({ value: prefix + row.name.slice(start.length), count: row.count }));
  }

  #name(term: Term): string {
    return tallyName(this.#kind, term);
  }

  #assertCounted(field: string): void {
    if (!this.has(field)) throw new Error(`${this.#kind}: the field "${field}" is not counted`);
  }
}
