// Copies a store from one database to another, whatever their engines: row by row, so that versions, times, what is
// handed out and what is free are in the new one what they were in the old one.
import { type RawBuilder, sql } from "kysely";
import type { Engine, Executor } from "./engine.ts";
import { migrate } from "./migrations.ts";
import type { Schema } from "./schema.ts";

/** The tables, and the key that each is ordered by. */
const keys = {
  entity: ["kind", "id"],
  term: ["kind", "field", "value", "id"],
  audit: ["trace_id"],
  free_range: ["pool", "first"],
  free_block: ["pool", "bits", "first"],
  prefix: ["cidr"],
  tally: ["name"],
  change: ["seq"],
  change_range: ["id"],
} as const satisfies { readonly [T in keyof Schema]: readonly (keyof Schema[T])[] };

type Table = keyof typeof keys;
type Row = Readonly<Record<string, unknown>>;

/** What nobody but a server that has worked writes. The other tables are not empty in a new store either. */
const written: readonly Table[] = ["entity", "audit", "change"];

/** How many rows are copied with one statement. */
const pageSize = 500;

/** A database within a transaction. */
interface Side {
  readonly engine: Engine;
  readonly db: Executor;
}

/**
 * Copies everything, in one transaction on either side, and returns how many rows that were, by table. Creates the
 * tables where they are missing. Throws if `to` holds data, or a newer version has worked in either.
 */
export async function copyStore(from: Engine, to: Engine): Promise<Record<Table, number>> {
  await migrate(from);
  await migrate(to);
  return from.transact((source) =>
    to.transact((target) => copyTables({ engine: from, db: source }, { engine: to, db: target })),
  );
}

const tables = Object.keys(keys) as Table[];

async function copyTables(from: Side, to: Side): Promise<Record<Table, number>> {
  for (const table of written) await assertEmpty(to, table);
  const counts: (readonly [Table, number])[] = [];
  for (const table of tables) counts.push([table, await copyTable(from, to, table)]);
  // Complete, because `tables` is; the types cannot follow.
  return Object.fromEntries(counts) as Record<Table, number>;
}

async function assertEmpty(side: Side, table: Table): Promise<void> {
  const rows = await run(side, sql<Row>`select 1 from ${sql.table(table)} limit 1`);
  if (rows.length > 0) throw new Error("there is a store already: copy into an empty database");
}

async function copyTable(from: Side, to: Side, table: Table): Promise<number> {
  if (!written.includes(table)) await run(to, sql<Row>`delete from ${sql.table(table)}`);
  let count = 0;
  for (let last: Row | undefined; ; ) {
    const rows = await run(from, page(table, last));
    last = rows.at(-1);
    if (last === undefined) return count;
    await run(to, insertion(table, Object.keys(last), rows));
    count += rows.length;
  }
}

/** The rows after a row, in the order of the key. */
function page(table: Table, last: Row | undefined): RawBuilder<Row> {
  const key = keys[table];
  const columns = sql.join(key.map((column) => sql.id(column)));
  const after = last && sql`where (${columns}) > (${sql.join(key.map((column) => last[column]))})`;
  return sql<Row>`select * from ${sql.table(table)} ${after ?? sql``}
    order by ${columns} limit ${pageSize}`;
}

function insertion(table: Table, columns: readonly string[], rows: readonly Row[]) {
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
  const names = sql.join(columns.map((column) => sql.id(column)));
  return sql<Row>`insert into ${sql.table(table)} (${names}) values ${sql.join(values)}`;
}

async function run(side: Side, query: RawBuilder<Row>): Promise<Row[]> {
  return (await side.db.executeQuery(query.compile(side.engine.write))).rows;
}
