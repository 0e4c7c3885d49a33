// Creates and changes the tables. A migration that was released never changes; the next one follows under the next
// number. New kinds of entities need none, but a new term of an existing kind needs one that indexes what is there.
import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Engine, TableParts } from "./engine.ts";
import type { Schema } from "./schema.ts";

const migrationsOf = (parts: TableParts): Record<string, Migration> => ({
  "0001_entity": { up: (db: Kysely<Schema>) => createEntity(db, parts) },
  "0002_term": { up: (db: Kysely<Schema>) => createTerm(db, parts) },
  "0003_audit": { up: (db: Kysely<Schema>) => createAudit(db, parts) },
});

/**
 * Brings the tables to what this version needs, all or nothing. Throws if a newer version has changed them already.
 */
export async function migrate({ write, parts }: Engine): Promise<void> {
  const migrations = migrationsOf(parts);
  const provider = { getMigrations: async () => migrations };
  const { error } = await new Migrator({ db: write, provider }).migrateToLatest();
  if (error === undefined) return;
  const unknown = (await doneMigrations(write)).filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length === 0) throw error;
  throw new Error(
    `it was written by a newer version, which did "${unknown.join('", "')}": start that version or a newer one`,
    { cause: error },
  );
}

async function doneMigrations(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map(({ name }) => name);
}

async function createEntity(db: Kysely<Schema>, { text, bytes }: TableParts): Promise<void> {
  await db.schema
    .createTable("entity")
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("created", "bigint", (column) => column.notNull())
    .addColumn("changed", "bigint", (column) => column.notNull())
    .addColumn("body", bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint("entity_key", ["kind", "id"])
    .execute();
}

async function createTerm(db: Kysely<Schema>, { text, allKey }: TableParts): Promise<void> {
  await db.schema
    .createTable("term")
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("field", text, (column) => column.notNull())
    .addColumn("value", text, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("term_key", ["kind", "field", "value", "id"])
    .$call((table) => (allKey === undefined ? table : table.modifyEnd(allKey)))
    .execute();
  await createIndex(db, "term", ["kind", "id"]);
}

async function createAudit(db: Kysely<Schema>, parts: TableParts): Promise<void> {
  const { text, bytes } = parts;
  await db.schema
    .createTable("audit")
    .addColumn("trace_id", text, (column) => column.notNull().primaryKey())
    .addColumn("time", "bigint", (column) => column.notNull())
    .addColumn("procedure", text, (column) => column.notNull())
    .addColumn("principal", text, (column) => column.notNull())
    .addColumn("code", text, (column) => column.notNull())
    .addColumn("refused", "integer", (column) => column.notNull())
    .addColumn("body", bytes, (column) => column.notNull())
    .execute();
  await createIndex(db, "audit", ["time"]);
  for (const filter of ["code", "procedure", "principal", "refused"]) {
    await createIndex(db, "audit", [filter, "trace_id"]);
  }
  for (const statement of parts.appendOnly("audit")) await statement.execute(db);
}

async function createIndex(db: Kysely<Schema>, table: string, columns: string[]): Promise<void> {
  await db.schema.createIndex(`${table}_${columns[0]}`).on(table).columns(columns).execute();
}
