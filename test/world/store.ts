// The store of a test that has nothing to do with stores: SQLite, or PostgreSQL where METAL_TEST_STORE says so.
import type { StoreOptions } from "../../src/store/sql.ts";
import { openMemoryStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { openPostgresTestStore } from "../postgres/database.ts";

const engines = { sqlite: openMemoryStore, postgres: openPostgresTestStore };

/** Opens an empty store that is gone when it is closed. */
export function openTestStore(options?: StoreOptions): Promise<Store> {
  const engine = process.env["METAL_TEST_STORE"] ?? "sqlite";
  if (engine !== "sqlite" && engine !== "postgres") throw new Error(`no engine "${engine}"`);
  return engines[engine](options);
}
