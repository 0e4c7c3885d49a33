// Keeps a second server away from a data folder. The lock is SQLite's own on a file beside the database, held for the
// life of the process: whatever ends the process, the operating system takes the lock away with it.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { primaryCode, sqliteBusy } from "./sqlite-error.ts";

/** Takes the lock until it is disposed. Throws at once if it is taken, even by this process. */
export function takeLock(file: string): Disposable {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    // Nothing is ever committed, so there is nothing to keep a journal file for.
    lock.exec("pragma journal_mode = memory");
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    throw primaryCode(error) === sqliteBusy ? inUse(error) : error;
  }
}

const inUse = (cause: unknown) =>
  new Error("another server works there: stop it, or give this one a folder of its own", { cause });
