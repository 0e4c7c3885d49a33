// Creates and changes the tables. A migration that was released never changes; the next one follows under the next
// number, and only adds: servers of the version before go on working meanwhile. New kinds of entities need none, but a
// new term of an existing kind needs one that indexes what is there.
import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Engine, TableParts } from "./engine.ts";
import { indexAnew } from "./reindex.ts";
import type { Schema } from "./schema.ts";

const migrationsOf = (parts: TableParts): Record<string, Migration> => ({
  "0001_entity": { up: (db: Kysely<Schema>) => createEntity(db, parts) },
  "0002_term": { up: (db: Kysely<Schema>) => createTerm(db, parts) },
  "0003_audit": { up: (db: Kysely<Schema>) => createAudit(db, parts) },
  "0004_free_range": { up: (db: Kysely<Schema>) => createFreeRange(db, parts) },
  "0005_free_block": { up: (db: Kysely<Schema>) => createFreeBlock(db, parts) },
  "0006_prefix": { up: (db: Kysely<Schema>) => createPrefix(db, parts) },
  "0007_tally": { up: (db: Kysely<Schema>) => createTally(db, parts) },
  "0008_change": { up: (db: Kysely<Schema>) => createChange(db, parts) },
  "0009_own": { up: (db: Kysely<Schema>) => createOwn(db, parts) },
  "0010_audit_seal": { up: (db: Kysely<Schema>) => createSeals(db, parts) },
  "0011_place": { up: (db: Kysely<Schema>) => indexAnew(db, "machine") },
});

/** What was done to the tables of a database, and what this version would still do, in the order of their numbers. */
export interface MigrationState {
  readonly done: readonly string[];
  readonly pending: readonly string[];
}

/** What an engine's tables have seen. Changes nothing, and throws if a newer version has changed them. */
export async function migrationState({ write, parts }: Migratable): Promise<MigrationState> {
  const done = await doneMigrations(write);
  assertKnown(done, parts);
  return { done, pending: namesOf(parts).filter((name) => !done.includes(name)) };
}

type Migratable = Pick<Engine, "write" | "parts">;

/**
 * Brings the tables to what this version needs, all or nothing. Throws if a newer version has changed them already.
 */
export async function migrate({ write, parts }: Migratable): Promise<void> {
  const { error } = await migratorOf({ write, parts }).migrateToLatest();
  if (error === undefined) return;
  assertKnown(await doneMigrations(write), parts);
  throw error;
}

/**
 * Brings the tables to where those of another database are, in which `done` was done. Throws if that is nowhere, or if
 * either has seen a newer version.
 */
export async function migrateLike(engine: Migratable, done: readonly string[]): Promise<void> {
  const last = done.at(-1);
  if (last === undefined) throw new Error("there is no store");
  assertKnown(done, engine.parts);
  const { done: own } = await migrationState(engine);
  if (own.some((name) => !done.includes(name)))
    throw new Error("the tables there are newer than those of the store: use an empty database");
  const { error } = await migratorOf(engine).migrateTo(last);
  if (error !== undefined) throw error;
}

/** The names of what was done, in their order; none in an empty database. */
export async function doneMigrations(db: Kysely<Schema>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return [];
  const done = sql<{ name: string }>`select name from kysely_migration order by name`;
  return (await done.execute(db)).rows.map(({ name }) => name);
}

function migratorOf({ write, parts }: Migratable): Migrator {
  const migrations = migrationsOf(parts);
  return new Migrator({ db: write, provider: { getMigrations: async () => migrations } });
}

const namesOf = (parts: TableParts): string[] => Object.keys(migrationsOf(parts));

function assertKnown(done: readonly string[], parts: TableParts): void {
  const unknown = done.filter((name) => !namesOf(parts).includes(name));
  if (unknown.length === 0) return;
  throw new Error(
    `it was written by a newer version, which did "${unknown.join('", "')}": start that version or a newer one`,
  );
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

/** What pools of numbers have from the beginning, in hexadecimal. Pools of addresses come with their prefixes. */
const initialRanges = [
  // VRFs, which are VXLAN network identifiers as well: 24 bits (RFC 7348, section 5), as far as switches take them.
  { pool: "vrf", first: "1", last: "fffffe" },
  // Autonomous systems: 4210000001 to the last one for private use (RFC 6996, section 5).
  { pool: "asn", first: "faef8081", last: "fffffffe" },
];

async function createFreeRange(db: Kysely<Schema>, { text }: TableParts): Promise<void> {
  await db.schema
    .createTable("free_range")
    .addColumn("pool", text, (column) => column.notNull())
    .addColumn("first", text, (column) => column.notNull())
    .addColumn("last", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("free_range_key", ["pool", "first"])
    .execute();
  const rows = initialRanges.map(({ pool, first, last }) => ({
    pool,
    first: first.padStart(32, "0"),
    last: last.padStart(32, "0"),
  }));
  await db.insertInto("free_range").values(rows).execute();
}

async function createFreeBlock(db: Kysely<Schema>, { text, allKey }: TableParts): Promise<void> {
  await db.schema
    .createTable("free_block")
    .addColumn("pool", text, (column) => column.notNull())
    .addColumn("bits", "integer", (column) => column.notNull())
    .addColumn("first", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("free_block_key", ["pool", "bits", "first"])
    .$call((table) => (allKey === undefined ? table : table.modifyEnd(allKey)))
    .execute();
  await createIndex(db, "free_block", ["pool", "first"]);
}

async function createPrefix(db: Kysely<Schema>, { text }: TableParts): Promise<void> {
  await db.schema
    .createTable("prefix")
    .addColumn("cidr", text, (column) => column.notNull().primaryKey())
    .addColumn("family", text, (column) => column.notNull())
    .addColumn("first", text, (column) => column.notNull())
    .addColumn("last", text, (column) => column.notNull())
    .addColumn("network", text, (column) => column.notNull())
    .addColumn("parent", text, (column) => column.notNull())
    .addColumn("addresses", "bigint", (column) => column.notNull())
    .addColumn("children", "bigint", (column) => column.notNull())
    .addColumn("quads", text, (column) => column.notNull())
    .execute();
  await createIndex(db, "prefix", ["parent", "family", "first"]);
  await createIndex(db, "prefix", ["network"]);
}

async function createTally(db: Kysely<Schema>, { text }: TableParts): Promise<void> {
  await db.schema
    .createTable("tally")
    .addColumn("name", text, (column) => column.notNull().primaryKey())
    .addColumn("count", "bigint", (column) => column.notNull())
    .execute();
}

async function createChange(db: Kysely<Schema>, { text, bytes }: TableParts): Promise<void> {
  await db.schema
    .createTable("change")
    .addColumn("seq", "bigint", (column) => column.notNull().primaryKey())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("id", text, (column) => column.notNull())
    .addColumn("op", text, (column) => column.notNull())
    .addColumn("time", "bigint", (column) => column.notNull())
    .addColumn("before", bytes)
    .execute();
  await db.schema
    .createTable("change_range")
    .addColumn("id", "integer", (column) => column.notNull().primaryKey())
    .addColumn("head", "bigint", (column) => column.notNull())
    .addColumn("floor", "bigint", (column) => column.notNull())
    .execute();
  await db.insertInto("change_range").values({ id: 1, head: 0, floor: 0 }).execute();
}

async function createOwn(db: Kysely<Schema>, { own }: TableParts): Promise<void> {
  for (const statement of own) await statement.execute(db);
}

async function createSeals(db: Kysely<Schema>, parts: TableParts): Promise<void> {
  const { text, bytes, allKey } = parts;
  await db.schema
    .createTable("audit_unsealed")
    .addColumn("trace_id", text, (column) => column.notNull().primaryKey())
    .$call((table) => (allKey === undefined ? table : table.modifyEnd(allKey)))
    .execute();
  await db.schema
    .createTable("audit_seal")
    .addColumn("number", "bigint", (column) => column.notNull().primaryKey())
    .addColumn("forgotten", "bigint", (column) => column.notNull())
    .addColumn("horizon", "bigint", (column) => column.notNull())
    .addColumn("body", bytes, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("audit_leaves")
    .addColumn("seal", "bigint", (column) => column.notNull().primaryKey())
    .addColumn("body", bytes, (column) => column.notNull())
    .execute();
  await sql`insert into audit_unsealed select trace_id from audit`.execute(db);
  const newest = sql.raw("from audit_seal order by number desc limit 1");
  const statements = [
    ...parts.noteNew("audit", "trace_id", "audit_unsealed"),
    ...parts.appendOnly("audit_seal"),
    ...parts.appendOnly("audit_leaves"),
    // What the newest seal says was old enough, and nothing else.
    ...parts.removable("audit", sql`old.time < coalesce((select horizon ${newest}), 0)`),
    ...parts.removable("audit_leaves", sql`old.seal <= coalesce((select forgotten ${newest}), 0)`),
  ];
  for (const statement of statements) await statement.execute(db);
}

async function createIndex(db: Kysely<Schema>, table: string, columns: string[]): Promise<void> {
  await db.schema.createIndex(`${table}_${columns[0]}`).on(table).columns(columns).execute();
}
