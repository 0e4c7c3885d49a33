// Opens the store in SQLite: in a data folder, or for as long as the process wants it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlStore, type StoreOptions } from "./sql.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";
import type { Store } from "./store.ts";

/**
 * Opens the store in `folder`, which is created if it does not exist. Rejects, saying why and what to do, if another
 * server works there, a newer version has worked there, or the folder is no place for a database.
 */
export async function openSqliteStore(folder: string, options?: StoreOptions): Promise<Store> {
  try {
    return await openSqlStore(openSqliteEngine(folder), options);
  } catch (error) {
    throw new Error(`cannot open the store in "${folder}": ${reasonOf(error)}`, { cause: error });
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Opens an empty store that is gone when it is closed, for tests. It is on disk all the same, in the system's folder
 * for temporary files: only there can SQLite read beside a transaction. It does not wait for the disk.
 */
export async function openMemoryStore(options?: StoreOptions): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), "metal-"));
  const engine = openSqliteEngine(folder, "off");
  const close = async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  };
  return openSqlStore({ ...engine, close }, options);
}
