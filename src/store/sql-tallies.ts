// Tallies in SQL: a row for each name whose count is not 0.
import type { Kysely } from "kysely";
import type { Calls, WriteCalls, Writing } from "./calls.ts";
import type { TallyReader, TallyWriter } from "./pools.ts";
import { prepare, prepareByShape, type SlotOf } from "./prepared.ts";
import type { Schema, TallyRow } from "./schema.ts";

/** All queries about tallies. */
export type TallyQueries = ReturnType<typeof createTallyQueries>;

type Name = Pick<TallyRow, "name">;
type From = Name & { readonly limit: number };

/** Compiles the queries in the engine's dialect. */
export function createTallyQueries(db: Kysely<Schema>) {
  const some = prepareByShape(
    (names: readonly string[]) => `${names.length}`,
    (names) =>
      prepare((slot: SlotOf<readonly string[]>) =>
        db
          .selectFrom("tally")
          .select(["name", "count"])
          .where(
            "name",
            "in",
            names.map((_, index) => slot(index) as string),
          ),
      ),
  );
  return {
    some: (names: readonly string[]) => some(names)(names),
    from: prepare((slot: SlotOf<From>) =>
      db
        .selectFrom("tally")
        .select(["name", "count"])
        .where("name", ">=", slot("name"))
        .orderBy("name")
        .limit(slot("limit")),
    ),
    get: prepare((slot: SlotOf<Name>) =>
      db.selectFrom("tally").select("count").where("name", "=", slot("name")),
    ),
    add: prepare((slot: SlotOf<TallyRow>) =>
      db
        .insertInto("tally")
        .values({ name: slot("name"), count: slot("count") })
        .onConflict((conflict) =>
          conflict.column("name").doUpdateSet((eb) => ({
            count: eb("tally.count", "+", eb.ref("excluded.count")),
          })),
        )
        .returning("count"),
    ),
    /** Removes a tally that is 0. */
    forget: prepare((slot: SlotOf<Name>) =>
      db.deleteFrom("tally").where("name", "=", slot("name")).where("count", "=", 0),
    ),
  };
}

/** Reads tallies. */
export function createTallyReader(calls: Calls, queries: TallyQueries): TallyReader {
  return {
    get: (name) =>
      calls.call(async (db) => {
        const { rows } = await db.executeQuery(queries.get({ name }));
        return rows[0]?.count ?? 0;
      }),
  };
}

/** Reads and changes tallies; `calls` must be those of a transaction. */
export function createTallyWriter(calls: WriteCalls, queries: TallyQueries): TallyWriter {
  return {
    ...createTallyReader(calls, queries),
    add: (name, change) =>
      calls.call(async (db) => {
        const { rows } = await db.executeQuery(queries.add({ name, count: change }));
        const count = countIn(name, rows);
        if (count === 0) db.send(queries.forget({ name }));
        return count;
      }),
  };
}

/** Adds to a tally. The transaction fails if the new count is negative. */
export function sendToTally(
  db: Writing,
  queries: TallyQueries,
  { name, count: change }: TallyRow,
): void {
  db.send(queries.add({ name, count: change }), ({ rows }) => void countIn(name, rows));
  if (change < 0) db.send(queries.forget({ name }));
}

/** What an addition says that the count is now. Throws if that is negative. */
function countIn(name: string, [row]: readonly Pick<TallyRow, "count">[]): number {
  const count = row?.count ?? 0;
  if (count < 0) throw new Error(`the tally "${name}" would be ${count}`);
  return count;
}
