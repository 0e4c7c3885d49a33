// Transactions that come while one runs share its commit: none is answered before it, and what fails takes back itself
// alone.
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Engine } from "../../src/store/engine.ts";
import { sharingCommits } from "../../src/store/shared-commit.ts";

let db: DatabaseSync;
let commits: number;
/** Runs before a commit. */
let beforeCommit: () => void;
let transact: Engine["transact"];

beforeEach(() => {
  db = new DatabaseSync(":memory:");
  db.exec("create table kept (name text)");
  commits = 0;
  beforeCommit = () => {};
  const executeQuery = () => Promise.reject(new Error("these tests need no queries"));
  ({ transact } = sharingCommits((work) =>
    work({
      db: { executeQuery },
      begin: "begin",
      exec: (text) => db.exec(text),
      commit: () => {
        beforeCommit();
        commits += 1;
        db.exec("commit");
      },
      rollback: () => {
        if (db.isTransaction) db.exec("rollback");
      },
      survives: () => db.isTransaction,
    }),
  ));
});
afterEach(() => db.close());

const insert = (name: string) => db.prepare("insert into kept values (?)").run(name);
const kept = () =>
  db
    .prepare("select name from kept")
    .all()
    .map(({ name }) => name);

const keeping = (name: string) => () =>
  transact(async () => {
    insert(name);
    await turn();
    return name;
  });

test("those that wait share a commit, in their order, and get their own answers", async () => {
  const names = Array.from({ length: 20 }, (_, at) => `n${at}`);
  expect(await Promise.all(names.map((name) => keeping(name)()))).toEqual(names);
  expect(kept()).toEqual(names);
  expect(commits).toBe(1);
});

test("one that comes while another runs is not answered before the commit", async () => {
  const answered: string[] = [];
  beforeCommit = () => expect(answered).toEqual([]);
  const first = keeping("first")().then((name) => answered.push(name));
  await Promise.all([first, keeping("second")().then((name) => answered.push(name))]);
  expect([answered, commits]).toEqual([["first", "second"], 1]);
});

test("one that fails takes back itself alone", async () => {
  const failing = () =>
    transact(async () => {
      insert("wrong");
      throw new Error("refused");
    });
  const outcomes = await Promise.allSettled([keeping("a")(), failing(), keeping("b")()]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(kept()).toEqual(["a", "b"]);
  expect(commits).toBe(1);
});

test("a commit that fails fails all, also those that had been refused", async () => {
  beforeCommit = () => {
    throw new Error("disk full");
  };
  const refused = () => transact(() => Promise.reject(new Error("refused")));
  const outcomes = await Promise.allSettled([keeping("a")(), refused(), keeping("b")()]);
  expect(outcomes).toEqual(Array(3).fill({ status: "rejected", reason: new Error("disk full") }));
  expect(kept()).toEqual([]);
  beforeCommit = () => {};
  await keeping("c")();
  expect(kept()).toEqual(["c"]);
});

test("when the database gives up the transaction, all who took part hear of it", async () => {
  const fatal = () =>
    transact(async () => {
      db.exec("rollback");
      throw new Error("input or output failed");
    });
  const outcomes = await Promise.allSettled([keeping("a")(), fatal(), keeping("b")()]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  expect(kept()).toEqual(["b"]);
});

test("however many keep coming, the first ones do not wait for all of them", async () => {
  let left = 1_000;
  const again = async (): Promise<void> => {
    left -= 1;
    if (left > 0) await Promise.all([keeping(`${left}`)(), again()]);
  };
  await again();
  expect(commits).toBeGreaterThan(999 / 65);
  expect(kept().length).toBe(999);
});
