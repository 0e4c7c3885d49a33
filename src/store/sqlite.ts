// Opens the store in SQLite: in a data folder, or for as long as the process wants it.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSqlStore, openSqlStore, type StoreOptions } from "./sql.ts";
import { openSqliteEngine, sqliteFiles } from "./sqlite-engine.ts";
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
  empty ??= emptyDatabase();
  const bytes = await empty;
  const folder = await newFolder();
  await writeFile(join(folder, sqliteFiles.database), bytes);
  const engine = openSqliteEngine(folder, "off");
  const close = async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  };
  return createSqlStore({ ...engine, close }, options);
}

const newFolder = () => mkdtemp(join(tmpdir(), "metal-"));

/** A database with all tables and nothing in them, of which others are copies: making the tables takes longest. */
let empty: Promise<Uint8Array> | undefined;

async function emptyDatabase(): Promise<Uint8Array> {
  const folder = await newFolder();
  await (await openSqlStore(openSqliteEngine(folder, "off"))).close();
  const bytes = await readFile(join(folder, sqliteFiles.database));
  await rm(folder, { recursive: true });
  return bytes;
}
