// A store that is copied from SQLite to PostgreSQL and back is what it was, to the byte.
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CompiledQuery } from "kysely";
import { copyStore } from "../../src/store/copy.ts";
import type { Engine } from "../../src/store/engine.ts";
import { entities, type Kind } from "../../src/store/entities.ts";
import { openPostgresEngine } from "../../src/store/postgres-engine.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import { openSqliteEngine } from "../../src/store/sqlite-engine.ts";
import type { Store } from "../../src/store/store.ts";
import { newDatabase, type TestDatabase } from "../postgres/database.ts";
import { newFolder, removeFoldersAfterAll } from "./folder.ts";
import { appendAudit, audit, idsOf, image, insertImages, sample } from "./sample.ts";

removeFoldersAfterAll();

let database: TestDatabase;
let sqlite: Engine;
let postgres: Engine;

beforeAll(async () => {
  database = await newDatabase("nothing");
  sqlite = openSqliteEngine(newFolder(), "off");
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
  await appendAudit(store, [audit(1), audit(2, { reason: "\0 and é" })]);
}

const prefix = { cidr: "c", family: "IPv6", network: "n", parent: "", first: 1n, last: 9n };

const tables = ["entity", "term", "audit", "free_range", "free_block", "prefix", "tally"];

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
  const counts = await copyStore(sqlite, postgres);
  expect(counts).toEqual(
    Object.fromEntries(Object.entries(before).map(([table, rows]) => [table, rows.length])),
  );
  expect(counts.entity).toBeGreaterThan(1_200);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
  expect(await contents(postgres)).toEqual(before);

  const back = openSqliteEngine(newFolder(), "off");
  await copyStore(postgres, back);
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
  await expect(copyStore(sqlite, postgres)).rejects.toThrow(
    "there is a store already: copy into an empty database",
  );
  expect(await contents(postgres)).toEqual(before);
});

test("a copy that breaks off leaves nothing behind", async () => {
  const folder = newFolder();
  mkdirSync(folder);
  const target = openSqliteEngine(folder, "off");
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
  await expect(copyStore(sqlite, breaking)).rejects.toThrow("no power");
  const { entity, audit: records } = await contents(target);
  expect([entity, records]).toEqual([[], []]);
  await copyStore(sqlite, target);
  expect(await contents(target)).toEqual(await contents(sqlite));
  await target.close();
});
