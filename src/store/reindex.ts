// Indexes what is there by the terms of this version, and counts those of counted fields. For migrations: nobody else
// works on the store meanwhile.
import { fromBinary } from "@bufbuild/protobuf";
import type { Kysely } from "kysely";
import { type Entity, entities, type Kind, type Term } from "./entities.ts";
import type { EntityRow, Schema, TermRow } from "./schema.ts";
import { tallyName } from "./counted.ts";
import { indexedTerms } from "./term.ts";

/** So many entities are read together. */
const pageSize = 500;
/** So many rows are written with one statement: each of their columns is a parameter, of which there may be 32766. */
const rowsAtOnce = 2_000;

/** Indexes all entities of a kind, a page at a time. */
export async function indexAnew(db: Kysely<Schema>, kind: Kind): Promise<void> {
  const entity: Entity = entities[kind];
  const isCounted = new Set<string>(entity.counted);
  const tallies = new Map<string, number>();
  await db.deleteFrom("term").where("kind", "=", kind).execute();
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page = await entitiesAfter(db, kind, after);
    const rows = page.flatMap((row) => termsOf(entity, row));
    for (const { field, value } of rows.filter((row) => isCounted.has(row.field))) {
      const name = tallyName(kind, [field, value]);
      tallies.set(name, (tallies.get(name) ?? 0) + 1);
    }
    await insertInto(db, "term", rows);
    after = page.length === pageSize ? page.at(-1)?.id : undefined;
  }
  await insertInto(
    db,
    "tally",
    Array.from(tallies, ([name, count]) => ({ name, count })),
  );
}

function entitiesAfter(db: Kysely<Schema>, kind: Kind, after: string): Promise<EntityRow[]> {
  const all = db.selectFrom("entity").selectAll().where("kind", "=", kind);
  return all.where("id", ">", after).orderBy("id").limit(pageSize).execute();
}

function termsOf({ schema, terms }: Entity, { kind, id, body }: EntityRow): TermRow[] {
  const all = indexedTerms(terms(fromBinary(schema, body)));
  return all.map(([field, value]: Term) => ({ kind, field, value, id }));
}

async function insertInto<T extends "term" | "tally">(
  db: Kysely<Schema>,
  table: T,
  rows: readonly Schema[T][],
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsAtOnce)
    await db
      .insertInto(table)
      .values(rows.slice(start, start + rowsAtOnce) as never)
      .execute();
}
