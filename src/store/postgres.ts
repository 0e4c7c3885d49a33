// Opens the store in PostgreSQL, for any number of servers at the same time.
import { openPostgresEngine, type PostgresOptions } from "./postgres-engine.ts";
import { openSqlStore, type StoreOptions } from "./sql.ts";
import type { Store } from "./store.ts";

/**
 * Opens the store in a database, which must exist, and creates the tables if there are none. Servers that do so at the
 * same time wait for each other. Rejects, saying why and what to do, if the database does not answer, does not suit, or
 * a newer version has worked there.
 */
export async function openPostgresStore(
  database: PostgresOptions,
  options?: StoreOptions,
): Promise<Store> {
  return openSqlStore(await openPostgresEngine(database), options);
}
