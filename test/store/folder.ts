// Data folders for tests, the files in them, and a look at the database that does not go through the store.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll } from "@jest/globals";
import { sqliteFiles } from "../../src/store/sqlite-engine.ts";

const parent = mkdtempSync(join(tmpdir(), "metal-store-"));
let count = 0;

/** The path of a folder that does not exist yet. It is removed after the tests of the file. */
export function newFolder(): string {
  count += 1;
  return join(parent, `${count}`);
}

/** Removes all folders when the tests of the file have run. To be called by the file itself. */
export function removeFoldersAfterAll(): void {
  afterAll(() => rmSync(parent, { recursive: true, force: true }));
}

/** A connection to the database of a folder that does not go through the store. */
export const openDatabase = (folder: string): DatabaseSync =>
  new DatabaseSync(join(folder, sqliteFiles.database));

/** Calls `work` with such a connection and closes it. */
export function withDatabase<R>(folder: string, work: (db: DatabaseSync) => R): R {
  const db = openDatabase(folder);
  try {
    return work(db);
  } finally {
    db.close();
  }
}
