// A store that is copied from SQLite to PostgreSQL and back is what it was, to the byte.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CompiledQuery } from "kysely";
import { type AuditRecord, AuditSealSchema } from "../../gen/metal/v1/audit_pb.ts";
import { copyStore } from "../../src/store/copy.ts";
import type { Engine } from "../../src/store/engine.ts";
import { entities, type Kind } from "../../src/store/entities.ts";
import {
  type Original,
  openPostgresOriginal,
  openSqliteOriginal,
} from "../../src/store/original.ts";
import { openPostgresEngine } from "../../src/store/postgres-engine.ts";
import { migrateLike, migrationState } from "../../src/store/migrations.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import { openSqliteEngine, sqliteFiles } from "../../src/store/sqlite-engine.ts";
import type { Store } from "../../src/store/store.ts";
import { newDatabase, type TestDatabase } from "../postgres/database.ts";
import { newFolder, removeFoldersAfterAll } from "./folder.ts";
import { appendAudit, audit, idsOf, image, insertImages, sample } from "./sample.ts";

removeFoldersAfterAll();

let database: TestDatabase;
const folder = newFolder();
let sqlite: Engine;
let postgres: Engine;

/** Lends what copies are made of. */
async function original<R>(open: () => Original, work: (original: Original) => Promise<R>) {
  const opened = open();
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

const fromSqlite = (to: Engine) =>
  original(
    () => openSqliteOriginal(join(folder, sqliteFiles.database)),
    (from) => copyStore(from, to),
  );
const fromPostgres = (to: Engine) =>
  original(
    () => openPostgresOriginal(database.url),
    (from) => copyStore(from, to),
  );

beforeAll(async () => {
  database = await newDatabase("nothing");
  sqlite = openSqliteEngine(folder, "off");
  postgres = await openPostgresEngine({ url: database.url, durability: "off" });
  const store = await openSqlStore(keepOpen(sqlite));
  await fill(store);
  await store.close();
});
afterAll(async () => {
  await Promise.all([sqlite.close(), postgres.close()]);
  await database.drop();
});

/** A store may close an engine of which more is wanted. */
const keepOpen = (engine: Engine): Engine => ({ ...engine, close: async () => {} });

/** More than fits into one statement, of every kind and in every table. */
async function fill(store: Store): Promise<void> {
  await store.transaction(async (tx) => {
    for (const kind of Object.keys(entities) as Kind[]) {
      // To the types every kind is an image here: the test does the same with each.
      const stored = await tx[kind as "image"].insert(sample(kind as "image", `of ${kind}`));
      await tx[kind as "image"].update(stored);
    }
    await tx.freeNumber.takeFirst("vrf");
    await tx.freeNumber.give("p", { first: 0n, last: (1n << 128n) - 1n });
    await tx.freeNumber.take("p", { first: 7n, last: 7n });
    await tx.freeBlock.give("b", { first: 256n, bits: 8 });
    await tx.freeBlock.takeFit("b", 2);
    await tx.prefix.insert({ ...prefix, addresses: 3, children: 2, quads: 1n << 100n });
    await tx.tally.add("t", 5);
  });
  const awkward = ["á", "á".normalize("NFD"), "A", "a", "ä\u{1F600}", "%", "\\", "'"];
  const many = Array.from({ length: 1_200 }, (_, n) => `image ${n}`);
  await insertImages(
    store,
    [...awkward, ...many].map((id) => image(id, { name: id, os: "x".repeat(300) })),
  );
  const sealed = [audit(1), audit(2, { reason: "\0 and é" })];
  await appendAudit(store, [...sealed, audit(3)]);
  await store.transaction((tx) => tx.seals.append(sealOf(sealed)));
}

const prefix = { cidr: "c", family: "IPv6", network: "n", parent: "", first: 1n, last: 9n };

const sealOf = (records: readonly AuditRecord[]) =>
  create(AuditSealSchema, { number: 1n, leaves: records.map(({ traceId }) => ({ traceId })) });

const seals = ["audit_unsealed", "audit_seal", "audit_leaves"];
const tables = ["entity", "term", "audit", ...seals, "free_range", "free_block", "prefix", "tally"];

/** Everything in a database, in an order that is the same everywhere. */
async function contents(engine: Engine): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of [...tables, "change", "change_range"]) {
    const { rows } = await engine.read.executeQuery(CompiledQuery.raw(`select * from ${table}`));
    all[table] = rows.map((row) => textOf(row as object)).sort();
  }
  return all;
}

const textOf = (row: object) =>
  JSON.stringify(
    Object.entries(row)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, ArrayBuffer.isView(value) ? hexOf(value) : value]),
  );
const hexOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength).toString("hex");

test("every table is copied but those that belong to servers at work", async () => {
  const { rows } = await sqlite.read.executeQuery(
    CompiledQuery.raw("select name from sqlite_schema where type = 'table'"),
  );
  const names = rows.map((row) => String(Object.values(row as object)[0]));
  const kept = names.filter((name) => !name.startsWith("kysely_") && !name.startsWith("sqlite_"));
  expect(Object.keys(await contents(sqlite)).toSorted()).toEqual(kept.toSorted());
});

test("from SQLite to PostgreSQL and back, nothing is lost and nothing is added", async () => {
  const before = await contents(sqlite);
  const copied = await fromSqlite(postgres);
  const counts = Object.entries(copied).map(([table, { rows }]) => [table, rows]);
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries(Object.entries(before).map(([table, rows]) => [table, rows.length])),
  );
  expect(copied.entity?.rows).toBeGreaterThan(1_200);
  for (const [, count] of counts) expect(count).toBeGreaterThan(0);
  expect(await contents(postgres)).toEqual(before);

  const back = openSqliteEngine(newFolder(), "off");
  expect(await fromPostgres(back)).toEqual(copied);
  expect(await contents(back)).toEqual(before);
  await back.close();
});

test("who works in the copy goes on where the other stopped", async () => {
  const store = await openSqlStore(keepOpen(postgres));
  const head = await store.changes.head();
  expect(head).toBeGreaterThan(0);
  await store.transaction(async (tx) => {
    expect(await tx.freeNumber.takeFirst("vrf")).toBe(2n);
    const read = await tx.image.get("of image");
    if (read) await tx.image.update(read);
    await tx.machine.delete("of machine");
  });
  expect(await store.read.image.get("of image")).toMatchObject({ generation: 2n });
  expect(await store.changes.head()).toBe(head + 1);
  expect(idsOf(await store.read.image.list({ where: { name: "á" }, limit: 9 }))).toEqual(["á"]);
  await store.close();
});

test("a database in which there is a store is left as it is", async () => {
  const before = await contents(postgres);
  await expect(fromSqlite(postgres)).rejects.toThrow(
    "there is a store already: copy into an empty database",
  );
  expect(await contents(postgres)).toEqual(before);
});

test("a copy that breaks off leaves nothing behind", async () => {
  const other = newFolder();
  mkdirSync(other);
  const target = openSqliteEngine(other, "off");
  let statements = 0;
  const breaking: Engine = {
    ...target,
    transact: (work) =>
      target.transact((db) =>
        work({
          executeQuery: async (query) => {
            statements += 1;
            if (statements > 10) throw new Error("no power");
            return db.executeQuery(query);
          },
        }),
      ),
  };
  await expect(fromSqlite(breaking)).rejects.toThrow("no power");
  const { entity, audit: records } = await contents(target);
  expect([entity, records]).toEqual([[], []]);
  await fromSqlite(target);
  expect(await contents(target)).toEqual(await contents(sqlite));
  await target.close();
});

test("a row that was changed on its way is noticed, and nothing of the copy stays", async () => {
  const target = openSqliteEngine(newFolder(), "off");
  const wrong: Engine = {
    ...target,
    transact: (work) =>
      target.transact((db) =>
        work({
          executeQuery: async (query) => {
            const result = await db.executeQuery(query);
            if (query.sql.startsWith('insert into "tally"'))
              await db.executeQuery(CompiledQuery.raw("update tally set count = 6"));
            return result;
          },
        }),
      ),
  };
  await expect(fromSqlite(wrong)).rejects.toThrow('the table "tally" is damaged');
  expect(await contents(target)).toMatchObject({ entity: [], tally: [] });
  await target.close();
});

test("a copy has the tables of the version that wrote the original, and goes nowhere else", async () => {
  const old = openSqliteEngine(newFolder(), "off");
  await migrateLike(old, ["0001_entity", "0002_term", "0003_audit", "0004_free_range"]);
  expect((await migrationState(old)).pending[0]).toBe("0005_free_block");
  await expect(migrateLike(sqlite, ["0001_entity"])).rejects.toThrow(
    "the tables there are newer than those of the store: use an empty database",
  );
  await expect(migrateLike(old, ["0001_entity", "9999_future"])).rejects.toThrow(
    'it was written by a newer version, which did "9999_future"',
  );
  await expect(migrateLike(old, [])).rejects.toThrow("there is no store");
  await old.close();
});
