// First uses in SQLite are there again after a process that was killed.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "@jest/globals";
import { openSqliteFirstUses } from "../../src/store/sqlite-first-uses.ts";

const folder = mkdtempSync(join(tmpdir(), "metal-first-uses-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${++files}.sqlite`);
const soon = () => Date.now() + 30_000;

test("what a key means is what was said first", async () => {
  using uses = openSqliteFirstUses(newFile());
  expect(await uses.bind("k", "a", soon())).toEqual({ first: true, meaning: "a" });
  expect(await uses.bind("k", "b", soon())).toEqual({ first: false, meaning: "a" });
  expect(await uses.bind("k", "a", soon())).toEqual({ first: false, meaning: "a" });
  expect(await uses.bind("K", "b", soon())).toEqual({ first: true, meaning: "b" });
});

test("of those that come at once the first one counts, and closing the file leaves nobody behind", async () => {
  const file = newFile();
  const uses = openSqliteFirstUses(file);
  const said = ["a", "b", "a"].map((meaning) => uses.bind("k", meaning, soon()));
  uses[Symbol.dispose]();
  expect(await Promise.all(said)).toEqual([
    { first: true, meaning: "a" },
    { first: false, meaning: "a" },
    { first: false, meaning: "a" },
  ]);
});

test("who opens the file next knows it, although nobody closed it", async () => {
  const file = newFile();
  using killed = openSqliteFirstUses(file);
  await killed.bind("k", "a", soon());
  using next = openSqliteFirstUses(file);
  expect(await next.bind("k", "b", soon())).toEqual({ first: false, meaning: "a" });
});

test("while nothing can be written, what was used before stays used", async () => {
  const file = newFile();
  using uses = openSqliteFirstUses(file);
  await uses.bind("k", "a", soon());
  using other = new DatabaseSync(file);
  other.exec("begin immediate");
  const [known, unknown] = [uses.bind("k", "b", soon()), uses.bind("new", "c", soon())];
  expect(await known).toEqual({ first: false, meaning: "a" });
  expect(await unknown).toEqual({ first: true, meaning: "c" });
});

test("only this user reads the file", () => {
  const file = newFile();
  using _ = openSqliteFirstUses(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("what has expired is removed after ten minutes, and not before", async () => {
  let nowMs = 1_000_000_000_000;
  using uses = openSqliteFirstUses(newFile(), { now: () => nowMs });
  await uses.bind("k", "a", nowMs);
  nowMs += 599_000;
  expect(await uses.bind("k", "b", nowMs)).toEqual({ first: false, meaning: "a" });
  nowMs += 31_000;
  expect(await uses.bind("k", "b", nowMs)).toEqual({ first: true, meaning: "b" });
});
