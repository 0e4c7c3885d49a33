// SQLite keeps the contract of the store, and what it promises beyond: durability, private files, an audit that stays.
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "@jest/globals";
import { CompiledQuery } from "kysely";
import type { Engine } from "../../src/store/engine.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import { openMemoryStore, openSqliteStore } from "../../src/store/sqlite.ts";
import { openSqliteEngine, sqliteFiles } from "../../src/store/sqlite-engine.ts";
import type { Store } from "../../src/store/store.ts";
import { storeContract } from "./contract.ts";
import { newFolder, openDatabase, removeFoldersAfterAll, withDatabase } from "./folder.ts";
import { appendAudit, audit, idsOf, image, insertImages } from "./sample.ts";

storeContract("sqlite", openMemoryStore);
removeFoldersAfterAll();

const opened: Store[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

async function open(folder = newFolder()): Promise<{ store: Store; folder: string }> {
  const store = await openSqliteStore(folder);
  opened.push(store);
  return { store, folder };
}

/** A store with its engine, for questions that the store does not answer. */
async function openWithEngine(): Promise<{ store: Store; engine: Engine; folder: string }> {
  const folder = newFolder();
  const engine = openSqliteEngine(folder);
  const store = await openSqlStore(engine);
  opened.push(store);
  return { store, engine, folder };
}

async function run(engine: Engine, text: string): Promise<unknown> {
  const { rows } = await engine.write.executeQuery<object>(CompiledQuery.raw(text));
  return Object.values(rows[0] ?? {})[0];
}

describe("files", () => {
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test("the folder and all files in it are the server's alone", async () => {
    const { store, folder } = await open(join(newFolder(), "below"));
    await insertImages(store, [image("a")]);
    expect([modeOf(dirname(folder)), modeOf(folder)]).toEqual(["700", "700"]);
    const files = readdirSync(folder).toSorted();
    expect(files).toEqual(
      [
        sqliteFiles.lock,
        ...["", "-shm", "-wal"].flatMap((suffix) => [
          sqliteFiles.database + suffix,
          sqliteFiles.firstUses + suffix,
        ]),
      ].toSorted(),
    );
    for (const file of files) expect([file, modeOf(join(folder, file))]).toEqual([file, "600"]);
  });

  test("a database that others could read is made private, a folder that exists is left as it is", async () => {
    const folder = newFolder();
    mkdirSync(folder, { mode: 0o750 });
    chmodSync(folder, 0o750);
    writeFileSync(join(folder, sqliteFiles.database), "", { mode: 0o644 });
    await open(folder);
    expect(modeOf(folder)).toBe("750");
    for (const file of readdirSync(folder)) expect(modeOf(join(folder, file))).toBe("600");
  });

  test("what was committed is there after reopening, also as a single file", async () => {
    const { store, folder } = await open();
    await insertImages(store, [image("a", { os: "ubuntu" })]);
    await store.close();
    expect(readdirSync(folder).toSorted()).toEqual(Object.values(sqliteFiles).toSorted());
    const again = await open(folder);
    expect(idsOf(await again.store.read.image.list({ where: { os: "ubuntu" }, limit: 9 }))).toEqual(
      ["a"],
    );
  });

  test("a store in memory leaves nothing behind", async () => {
    const [one, two] = [await openMemoryStore(), await openMemoryStore()];
    await insertImages(one, [image("a")]);
    expect(await two.read.image.count({})).toBe(0);
    await Promise.all([one.close(), two.close()]);
  });
});

describe("settings", () => {
  test("a commit waits for the disk, and readers do not wait for writers", async () => {
    const { engine } = await openWithEngine();
    expect(await run(engine, "pragma journal_mode")).toBe("wal");
    expect(await run(engine, "pragma synchronous")).toBe(2);
    expect(await run(engine, "pragma foreign_keys")).toBe(1);
  });

  test("the connection that reads cannot write", async () => {
    const { engine } = await openWithEngine();
    const write = engine.read.executeQuery(CompiledQuery.raw("delete from entity"));
    await expect(write).rejects.toThrow("readonly");
  });
});

test("who runs one transaction after the other keeps nobody else waiting", async () => {
  const { store } = await openWithEngine();
  let turns = 0;
  const count = () => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  for (let at = 0; at < 100; at += 1) {
    const until = performance.now() + 1;
    await store.transaction(async () => {
      while (performance.now() < until);
    });
  }
  clearImmediate(counting);
  expect(turns).toBeGreaterThan(5);
});

describe("the audit", () => {
  const changes = [
    "update audit set code = 'ok'",
    "delete from audit",
    "insert or replace into audit select * from audit",
  ];
  test.each(changes)("refuses to %s", async (change) => {
    const { store, engine } = await openWithEngine();
    const record = audit(1, { code: "not_found" });
    await appendAudit(store, [record]);
    await expect(run(engine, change)).rejects.toThrow("append only");
    expect(await store.read.audit.list({ where: {}, limit: 9 })).toEqual([record]);
  });

  test("if it cannot be written, what it would record does not happen", async () => {
    const { store, folder } = await open();
    withDatabase(folder, (db) =>
      db.exec(
        "create trigger broken before insert on audit begin select raise(abort, 'broken'); end",
      ),
    );
    const work = store.transaction(async (tx) => {
      await tx.image.insert(image("a", { os: "ubuntu" }));
      await tx.audit.append([audit(1)]);
    });
    await expect(work).rejects.toThrow("broken");
    expect(await store.read.image.count({})).toBe(0);
    expect(await store.read.image.count({ os: "ubuntu" })).toBe(0);
    await insertImages(store, [image("b")]);
    expect(await store.read.image.count({})).toBe(1);
  });
});

const doesNotAnswer = { code: Code.Unavailable, rawMessage: "the store does not answer" };

describe("an engine that cannot", () => {
  test("a full disk makes the store unavailable, undoes the transaction and is survived", async () => {
    const { store, engine } = await openWithEngine();
    await insertImages(store, [image("a")]);
    await run(engine, `pragma max_page_count = ${Number(await run(engine, "pragma page_count"))}`);
    const many = Array.from({ length: 200 }, (_, n) => image(`b${n}`, { os: "x".repeat(200) }));
    const work = insertImages(store, many);
    await expect(work).rejects.toMatchObject({ ...doesNotAnswer, cause: { errcode: 13 } });
    expect(await store.read.image.count({})).toBe(1);
    await run(engine, "pragma max_page_count = 100000");
    await insertImages(store, many);
    expect(await store.read.image.count({ os: "x".repeat(200) })).toBe(200);
  });

  test("work that makes light of a full disk is not committed", async () => {
    const { store, engine } = await openWithEngine();
    await run(engine, `pragma max_page_count = ${Number(await run(engine, "pragma page_count"))}`);
    const work = store.transaction(async (tx) => {
      for (let n = 0; n < 200; n += 1) {
        const big = image(`b${n}`, { description: "x".repeat(2000) });
        await tx.image.insert(big).catch(() => undefined);
      }
    });
    await expect(work).rejects.toMatchObject(doesNotAnswer);
    expect(await store.read.image.count({})).toBe(0);
  });

  test("what is written behind a failure that ended the transaction is not committed by itself", async () => {
    const { store, folder } = await open();
    const end = "create trigger full before insert on audit when new.code = 'full'";
    withDatabase(folder, (db) => db.exec(`${end} begin select raise(rollback, 'disk full'); end`));
    const records = [audit(1, { code: "full" }), audit(2)];
    await expect(appendAudit(store, records)).rejects.toThrow("disk full");
    expect(await store.read.audit.list({ where: {}, limit: 9 })).toEqual([]);
  });

  test("another program's lock makes writing unavailable, not reading", async () => {
    const { store, folder } = await open();
    const other = openDatabase(folder);
    other.exec("begin immediate");
    const insert = insertImages(store, [image("a")]);
    await expect(insert).rejects.toMatchObject({ ...doesNotAnswer, cause: { errcode: 5 } });
    expect(await store.read.image.count({})).toBe(0);
    other.close();
    await insertImages(store, [image("a")]);
    expect(await store.read.image.count({})).toBe(1);
  });

  test("a transaction that has only read yet keeps other programs from writing", async () => {
    const { store, folder } = await open();
    await store.transaction(async (tx) => {
      expect(await tx.image.count({})).toBe(0);
      const other = () => withDatabase(folder, (db) => db.exec("delete from entity"));
      expect(other).toThrow("locked");
      await tx.image.insert(image("a"));
    });
    expect(await store.read.image.count({})).toBe(1);
  });

  test("a damaged table is an error of its own", async () => {
    const { store, folder } = await open();
    withDatabase(folder, (db) => db.exec("drop table term"));
    const error: unknown = await insertImages(store, [image("a", { os: "x" })]).catch((e) => e);
    expect(error).not.toHaveProperty("code", Code.Unavailable);
    expect(error).toHaveProperty("message", expect.stringContaining("no such table"));
    expect(await store.read.image.count({})).toBe(0);
  });
});

describe("opening", () => {
  test("a folder in which a newer version has worked is refused, and left as it is", async () => {
    const { store, folder } = await open();
    await store.close();
    const future = "insert into kysely_migration values ('9999_later', '2099-01-01T00:00:00.000Z')";
    withDatabase(folder, (db) => db.exec(future));
    await expect(openSqliteStore(folder)).rejects.toThrow(
      `cannot open the store in "${folder}": it was written by a newer version, which did "9999_later"`,
    );
    withDatabase(folder, (db) => db.exec("delete from kysely_migration where name like '9999%'"));
    await open(folder);
  });

  test("tables that cannot be created leave nothing behind", async () => {
    const folder = newFolder();
    mkdirSync(folder);
    withDatabase(folder, (db) => db.exec("create table audit (mine text)"));
    await expect(openSqliteStore(folder)).rejects.toThrow('table "audit" already exists');
    const tables = "select name from sqlite_schema where name in ('entity', 'term')";
    expect(withDatabase(folder, (db) => db.prepare(tables).all())).toEqual([]);
    withDatabase(folder, (db) => db.exec("drop table audit"));
    await open(folder);
  });

  test("a path that is no folder is refused by name", async () => {
    const path = newFolder();
    writeFileSync(path, "");
    await expect(openSqliteStore(path)).rejects.toThrow(path);
  });

  test("a database that is none is refused by the name of its folder", async () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, sqliteFiles.database), "x".repeat(5000));
    await expect(openSqliteStore(folder)).rejects.toThrow(`cannot open the store in "${folder}"`);
  });
});
