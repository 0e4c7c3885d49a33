// The SQL of the store with an engine that asks for a transaction again, as some do after a conflict.
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import type { Engine } from "../../src/store/engine.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import { openSqliteEngine } from "../../src/store/sqlite-engine.ts";
import type { Transaction } from "../../src/store/store.ts";
import { newFolder, removeFoldersAfterAll } from "./folder.ts";
import { audit, idsOf, image } from "./sample.ts";

removeFoldersAfterAll();

const conflict = new Error("conflict");

/** Rolls back the first attempt of each transaction for a conflict that it finds at the end. */
const retrying = (engine: Engine): Engine => ({
  ...engine,
  transact: async (work) => {
    const first = engine.transact(async (db) => {
      await work(db);
      throw conflict;
    });
    await expect(first).rejects.toBe(conflict);
    return engine.transact(work);
  },
});

test("work that runs twice has its effect once, and its answer is that of the last time", async () => {
  const store = await openSqlStore(retrying(openSqliteEngine(newFolder())));
  const attempts: Transaction[] = [];
  const answer = await store.transaction(async (tx) => {
    attempts.push(tx);
    await tx.image.insert(image("a"));
    await tx.audit.append([audit(1)]);
    return attempts.length;
  });
  expect(answer).toBe(2);
  expect(idsOf(await store.read.image.list({ limit: 9 }))).toEqual(["a"]);
  expect(await store.read.audit.list({ where: {}, limit: 9 })).toHaveLength(1);
  expect(attempts[0]).not.toBe(attempts[1]);
  await expect(attempts[0]?.image.get("a")).rejects.toThrow("the transaction has ended");
  await store.close();
});

test("the engine learns of its own error even if the work turns it into another one", async () => {
  const engine = openSqliteEngine(newFolder());
  const seen: unknown[] = [];
  const store = await openSqlStore({
    ...engine,
    transact: (work) =>
      engine.transact((db) => {
        const failing = { executeQuery: () => Promise.reject(conflict) };
        return work(seen.length === 0 ? failing : db).catch((error) => {
          seen.push(error);
          throw error;
        });
      }),
  });
  const work = store.transaction((tx) =>
    tx.image.get("a").catch(() => Promise.reject(new Error("something else"))),
  );
  await expect(work).rejects.toBe(conflict);
  expect(seen).toEqual([conflict]);
  await store.close();
});

test("concurrent transactions get their turn in the order in which they were asked for", async () => {
  const store = await openSqlStore(openSqliteEngine(newFolder()));
  const order: number[] = [];
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  await Promise.all(
    numbers.map((n) =>
      store.transaction(async (tx) => {
        await tx.image.count({});
        order.push(n);
      }),
    ),
  );
  expect(order).toEqual(numbers);
  await store.close();
});

test("changes that could not be read once are read the next time", async () => {
  const engine = openSqliteEngine(newFolder());
  let busy = false;
  const store = await openSqlStore({
    ...engine,
    read: {
      executeQuery: (query) => (busy ? Promise.reject(conflict) : engine.read.executeQuery(query)),
    },
  });
  await store.transaction((tx) => tx.machine.insert(create(MachineSchema, { id: "a" })));
  busy = true;
  for (const _ of [1, 2]) await expect(store.changes.after(0, 9)).rejects.toBe(conflict);
  busy = false;
  expect(await store.changes.after(0, 9)).toHaveLength(1);
  await store.close();
  await expect(store.changes.after(0, 9)).rejects.toMatchObject({ code: Code.Unavailable });
});
