// PostgreSQL keeps the contract of the store, and what it promises beyond: an audit that stays, sessions that heal.
import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "@jest/globals";
import { CompiledQuery } from "kysely";
import type { Engine, Executor } from "../../src/store/engine.ts";
import { openPostgresStore } from "../../src/store/postgres.ts";
import { openPostgresEngine } from "../../src/store/postgres-engine.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import type { Store } from "../../src/store/store.ts";
import { newDatabase, openPostgresTestStore, type TestDatabase } from "../postgres/database.ts";
import { storeContract } from "./contract.ts";
import { appendAudit, audit, image, insertImages } from "./sample.ts";

storeContract("postgres", openPostgresTestStore);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function database(contents?: "store" | "nothing"): Promise<TestDatabase> {
  const created = await newDatabase(contents);
  ends.push(() => created.drop());
  return created;
}

/** A store with its engine and database, for questions that the store does not answer. */
async function open(): Promise<{ store: Store; engine: Engine; db: TestDatabase }> {
  const db = await database();
  const engine = await openPostgresEngine({ url: db.url, durability: "off" });
  const store = await openSqlStore(engine);
  ends.push(() => store.close());
  return { store, engine, db };
}

const endSessions = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;
const doesNotAnswer = { code: Code.Unavailable, rawMessage: "the store does not answer" };

describe("the audit", () => {
  const changes = [
    "update audit set code = 'ok'",
    "delete from audit",
    "truncate audit",
    "insert into audit select * from audit on conflict (trace_id) do update set code = 'ok'",
  ];
  test.each(changes)("refuses to %s", async (change) => {
    const { store, db } = await open();
    const record = audit(1, { code: "not_found" });
    await appendAudit(store, [record]);
    await expect(db.query(change)).rejects.toThrow("append only");
    expect(await store.read.audit.list({ where: {}, limit: 9 })).toEqual([record]);
  });

  test("if it cannot be written, what it would record does not happen", async () => {
    const { store, db } = await open();
    await db.query("alter table audit add constraint broken check (false)");
    const work = store.transaction(async (tx) => {
      await tx.image.insert(image("a", { os: "ubuntu" }));
      await tx.audit.append([audit(1)]);
    });
    await expect(work).rejects.toThrow("broken");
    expect(await store.read.image.count({})).toBe(0);
    await insertImages(store, [image("b")]);
    expect(await store.read.image.count({})).toBe(1);
  });
});

describe("sessions", () => {
  test("those that read cannot write", async () => {
    const { engine } = await open();
    const write = engine.read.executeQuery(CompiledQuery.raw("delete from entity"));
    await expect(write).rejects.toThrow("read-only");
  });

  test("those of transactions write nothing beside a transaction", async () => {
    const { store, engine } = await open();
    const run = (db: Executor, text: string) => db.executeQuery(CompiledQuery.raw(text));
    const work = engine.transact(async (db) => {
      await run(db, "rollback");
      await run(db, "insert into tally values ('t', 1)");
    });
    await expect(work).rejects.toThrow("read-only");
    expect(await store.read.tally.get("t")).toBe(0);
  });

  test("work whose session ends before its commit runs again, once", async () => {
    const { store, db } = await open();
    let attempts = 0;
    const insert = (id: string, interruptions: number) =>
      store.transaction(async (tx) => {
        attempts += 1;
        await tx.image.insert(image(id));
        if (attempts <= interruptions) await db.query(endSessions);
        await tx.image.insert(image(`${id} too`));
      });
    await insert("a", 1);
    expect(attempts).toBe(2);
    expect(await store.read.image.count({})).toBe(2);
    attempts = 0;
    await expect(insert("b", 9)).rejects.toMatchObject(doesNotAnswer);
    expect(attempts).toBe(2);
    expect(await store.read.image.count({})).toBe(2);
  });

  test("of a commit that is not answered nobody says that it did not happen, or does it again", async () => {
    const { store, db } = await open();
    // The commit itself ends the session, after which nobody knows.
    await db.query(`create function die() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
      create constraint trigger last after insert on entity deferrable initially deferred
      for each row execute function die()`);
    let attempts = 0;
    const work = store.transaction(async (tx) => {
      attempts += 1;
      await tx.image.insert(image("a"));
    });
    await expect(work).rejects.toMatchObject(doesNotAnswer);
    expect(attempts).toBe(1);
  });

  test("a refusal stays what it is, even if the session ends before the rollback", async () => {
    const { store, db } = await open();
    const work = store.transaction(async () => {
      await db.query(endSessions);
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error("after all not");
    });
    await expect(work).rejects.toThrow("after all not");
    await store.ping();
  });

  test("those that end while nobody uses them are not noticed", async () => {
    const { store, db } = await open();
    for (const id of ["a", "b", "c"]) {
      await insertImages(store, [image(id)]);
      await store.ping();
      await db.query(endSessions);
      // Until the ends of the connections have arrived.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await store.read.image.count({})).toBe(3);
  });

  test("more transactions than sessions all get their turn, and no session is lost by failures", async () => {
    const { store, db } = await open();
    const work = (n: number) =>
      store.transaction(async (tx) => {
        await tx.image.insert(image(`${n}`));
        if (n % 2 === 1) throw new Error("odd");
      });
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, n) => work(round * 100 + n)),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
    }
    const left = await db.query(`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`);
    expect(left).toEqual([{ n: 0 }]);
  });

  test("a damaged table is an error of its own", async () => {
    const { store, db } = await open();
    await db.query("drop table term");
    const error: unknown = await insertImages(store, [image("a", { os: "x" })]).catch((e) => e);
    expect(error).not.toHaveProperty("code", Code.Unavailable);
    expect(error).toHaveProperty("message", expect.stringContaining('"term" does not exist'));
  });
});

describe("conflicts", () => {
  test("work in conflict runs again, alone, and has its effect once", async () => {
    const { store } = await open();
    await insertImages(store, [image("a", { name: "0" })]);
    const [read, changed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let attempts = 0;
    const slow = store.transaction(async (tx) => {
      attempts += 1;
      const found = await tx.image.get("a");
      read.resolve();
      await changed.promise;
      if (found) await tx.image.update({ ...found, name: `${found.name}!` });
    });
    await read.promise;
    await store.transaction(async (tx) => {
      const found = await tx.image.get("a");
      if (found) await tx.image.update({ ...found, name: "1" });
    });
    changed.resolve();
    await slow;
    expect(attempts).toBe(2);
    expect(await store.read.image.get("a")).toMatchObject({ name: "1!", generation: 2n });
  });

  test("while work runs again alone, others wait for it and none of them fails", async () => {
    const { store } = await open();
    await store.transaction((tx) => tx.tally.add("t", 1));
    const adds = Array.from({ length: 100 }, (_, n) =>
      store.transaction(async (tx) => {
        await tx.tally.add("t", 1);
        await tx.tally.add(`of ${n % 3}`, 1);
      }),
    );
    await Promise.all(adds);
    expect(await store.read.tally.get("t")).toBe(101);
  });
});

describe("opening", () => {
  test("many servers at once on an empty database create its tables once", async () => {
    const { url, query } = await database("nothing");
    const stores = await Promise.all(
      Array.from({ length: 6 }, () => openPostgresStore({ url, durability: "off" })),
    );
    ends.push(() => Promise.all(stores.map((store) => store.close())));
    await Promise.all(stores.map((store, n) => insertImages(store, [image(`${n}`)])));
    for (const store of stores) expect(await store.read.image.count({})).toBe(6);
    const done = await query(
      "select (count(*) - count(distinct name))::int as twice from kysely_migration",
    );
    expect(done).toEqual([{ twice: 0 }]);
  });

  test("a database in which a newer version has worked is refused, and left as it is", async () => {
    const { db } = await open();
    await db.query(
      "insert into kysely_migration values ('9999_later', '2099-01-01T00:00:00.000Z')",
    );
    const opening = openPostgresStore({ url: db.url, durability: "off" });
    await expect(opening).rejects.toThrow(
      'it was written by a newer version, which did "9999_later": start that version or a newer one',
    );
    await db.query("delete from kysely_migration where name = '9999_later'");
    await (await openPostgresStore({ url: db.url, durability: "off" })).close();
  });

  test("tables that cannot be created leave nothing behind", async () => {
    const { url, query } = await database("nothing");
    await query("create table audit (mine text)");
    const opening = openPostgresStore({ url, durability: "off" });
    await expect(opening).rejects.toThrow('relation "audit" already exists');
    const tables = "select tablename from pg_tables where tablename in ('entity', 'term', 'turn')";
    expect(await query(tables)).toEqual([]);
  });

  test("a server that does not wait for the disk is refused", async () => {
    const { url } = await database();
    await expect(openPostgresStore({ url })).rejects.toThrow(
      "it does not wait for the disk: set fsync and full_page_writes to on",
    );
  });

  test("a server that is too old is refused", async () => {
    const { url, query } = await database();
    // What a server says about itself, said by somebody before it.
    await query(`create function public.current_setting(text) returns text language sql as
      $$ select case $1 when 'server_version_num' then '140012' else pg_catalog.current_setting($1) end $$`);
    const search = "options=-c%20search_path%3Dpublic,pg_catalog";
    await expect(openPostgresStore({ url: `${url}?${search}`, durability: "off" })).rejects.toThrow(
      "it is PostgreSQL 14: use 15 or newer",
    );
  });

  const unreachable: readonly (readonly [what: string, change: (url: URL) => void, RegExp])[] = [
    [
      "where nobody listens",
      (url) => void (url.port = "1"),
      /no connection to the database: .*REFUSED/,
    ],
    [
      "that does not exist",
      (url) => void (url.pathname = "/none"),
      /database "none" does not exist/,
    ],
    [
      "behind TLS that is not there",
      (url) => url.searchParams.set("sslmode", "verify-full"),
      /no connection.*SSL/,
    ],
  ];
  test.each(unreachable)(
    "a database %s is refused without its password",
    async (_, change, reason) => {
      const url = new URL((await database()).url);
      change(url);
      const error: unknown = await openPostgresStore({ url: url.href }).catch((e) => e);
      expect(error).toHaveProperty("message", expect.stringMatching(reason));
      expect(error).toHaveProperty("message", expect.not.stringContaining("secret"));
    },
  );
});
