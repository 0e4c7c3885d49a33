// Copies a store from one database to another, whatever their engines: row by row, so that versions, times, what is
// handed out and what is free are in the new one what they were in the old one.
import { type Kysely, type RawBuilder, sql } from "kysely";
import { type Digest, DigestOfRows, type Row } from "./digest.ts";
import type { Engine, Executor } from "./engine.ts";
import { doneMigrations, migrateLike } from "./migrations.ts";
import type { Original } from "./original.ts";
import type { Schema } from "./schema.ts";

/** The tables, and the key that each is ordered by. */
const keys = {
  entity: ["kind", "id"],
  term: ["kind", "field", "value", "id"],
  audit: ["trace_id"],
  // After the audit, whose every new record is noted as not sealed.
  audit_unsealed: ["trace_id"],
  audit_seal: ["number"],
  audit_leaves: ["seal"],
  free_range: ["pool", "first"],
  free_block: ["pool", "bits", "first"],
  prefix: ["cidr"],
  tally: ["name"],
  change: ["seq"],
  change_range: ["id"],
} as const satisfies { readonly [T in keyof Schema]: readonly (keyof Schema[T])[] };

type Table = keyof typeof keys;

/** What nobody but a server that has worked writes. The other tables are not empty in a new store either. */
const written: readonly Table[] = ["entity", "audit", "audit_seal", "audit_leaves", "change"];

/** How many rows are copied with one statement. */
const pageSize = 500;

/** What a store holds, by table. One of an older version has fewer tables. */
export type Contents = Readonly<Partial<Record<Table, Digest>>>;

/** How to copy. */
export interface CopyOptions {
  /** Called now and then with the number of rows that have been copied. */
  readonly onProgress?: (rows: number) => void;
  /** What must be in the original; whatever it holds unless told. */
  readonly expected?: Contents;
  /**
   * Whether the copy takes up an earlier state, while somebody may have seen changes that are not in it: then it forgets
   * all changes, and numbers of those to come are beyond all that anybody has seen.
   */
  readonly anew?: boolean;
}

/** More changes than a store sees in its life; there is room for 8000 times as many. */
const beyondAll = 2 ** 40;

/** A database within a transaction. */
interface Side {
  readonly dialect: Kysely<Schema>;
  readonly db: Executor;
}

/**
 * Copies everything of one moment, in one transaction, reads it back, and returns what that was. The copy has the
 * tables of the version that wrote the original: `migrate` brings them up to date. Throws if `to` holds data or tables
 * of a newer version, if a newer version has worked in the original or none has, or if it is not what is expected.
 */
export function copyStore(
  from: Original,
  to: Engine,
  options: CopyOptions = {},
): Promise<Contents> {
  return from.look(async (image) => {
    await migrateLike(to, await doneMigrations(image));
    const tables = await tablesOf(image);
    const source = { dialect: image, db: image };
    return to.transact(async (db) => {
      const target = { dialect: to.write, db };
      const copied = await copyTables(source, target, { ...options, tables });
      assertSame(copied, options.expected ?? copied);
      assertSame(copied, await contentsOf(target, tables));
      if (options.anew === true && tables.includes("change_range")) await forgetChanges(target);
      return copied;
    });
  });
}

/** Who follows changes from a number that was given before is refused from now on, and reads everything again. */
async function forgetChanges(side: Side): Promise<void> {
  await run(side, sql<Row>`delete from change`);
  const end = sql`head + ${beyondAll}`;
  await run(side, sql<Row>`update change_range set head = ${end}, floor = ${end}`);
}

/** What a store holds. */
export function readContents(original: Original): Promise<Contents> {
  return original.look(async (image) =>
    contentsOf({ dialect: image, db: image }, await tablesOf(image)),
  );
}

/** Throws, naming the table, unless both are the same. */
export function assertSame(found: Contents, expected: Contents): void {
  for (const table of Object.keys(keys) as Table[])
    if (found[table]?.sha256 !== expected[table]?.sha256)
      throw new Error(`the table "${table}" is damaged: its rows are not those that were written`);
}

/** Of our tables those that the version had which wrote there. */
async function tablesOf(db: Kysely<Schema>): Promise<Table[]> {
  const there = new Set((await db.introspection.getTables()).map(({ name }) => name));
  return (Object.keys(keys) as Table[]).filter((table) => there.has(table));
}

interface Selection extends CopyOptions {
  readonly tables: readonly Table[];
}

async function copyTables(from: Side, to: Side, selection: Selection): Promise<Contents> {
  const { tables, onProgress = () => {} } = selection;
  for (const table of tables) if (written.includes(table)) await assertEmpty(to, table);
  let rows = 0;
  return byTable(tables, async (table) => {
    if (!written.includes(table)) await run(to, sql<Row>`delete from ${sql.table(table)}`);
    const digest = new DigestOfRows();
    for await (const page of pages(from, table)) {
      await run(to, insertion(table, page));
      digest.add(page);
      rows += page.length;
      onProgress(rows);
    }
    return digest.value();
  });
}

function contentsOf(side: Side, tables: readonly Table[]): Promise<Contents> {
  return byTable(tables, async (table) => {
    const digest = new DigestOfRows();
    for await (const page of pages(side, table)) digest.add(page);
    return digest.value();
  });
}

async function byTable(
  tables: readonly Table[],
  digestOf: (table: Table) => Promise<Digest>,
): Promise<Contents> {
  const entries: (readonly [Table, Digest])[] = [];
  for (const table of tables) entries.push([table, await digestOf(table)]);
  return Object.fromEntries(entries);
}

async function assertEmpty(side: Side, table: Table): Promise<void> {
  const rows = await run(side, sql<Row>`select 1 from ${sql.table(table)} limit 1`);
  if (rows.length > 0) throw new Error("there is a store already: copy into an empty database");
}

/** All rows of a table, in the order of its key. */
async function* pages(side: Side, table: Table): AsyncGenerator<Row[]> {
  for (let last: Row | undefined; ; ) {
    const rows = await run(side, pageAfter(table, last));
    last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
  }
}

function pageAfter(table: Table, last: Row | undefined): RawBuilder<Row> {
  const key = keys[table];
  const columns = sql.join(key.map((column) => sql.id(column)));
  const after = last && sql`where (${columns}) > (${sql.join(key.map((column) => last[column]))})`;
  return sql<Row>`select * from ${sql.table(table)} ${after ?? sql``}
    order by ${columns} limit ${pageSize}`;
}

function insertion(table: Table, rows: readonly Row[]) {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
  const names = sql.join(columns.map((column) => sql.id(column)));
  return sql<Row>`insert into ${sql.table(table)} (${names}) values ${sql.join(values)}`;
}

async function run({ dialect, db }: Side, query: RawBuilder<Row>): Promise<Row[]> {
  return (await db.executeQuery(query.compile(dialect))).rows;
}
