// An image of SQLite's data as a store that is only read.
import type { Kysely } from "kysely";
import { migrationState } from "../store/migrations.ts";
import type { Schema } from "../store/schema.ts";
import { createSqlStore } from "../store/sql.ts";
import { sqliteParts } from "../store/sqlite-engine.ts";
import type { Snapshot } from "../store/store.ts";

/** The data of the image; undefined if an older version wrote it, which cannot be read as it is. */
export async function readerOf(image: Kysely<Schema>): Promise<Snapshot | undefined> {
  const { pending } = await migrationState({ write: image, parts: sqliteParts });
  if (pending.length > 0) return undefined;
  const { read } = createSqlStore({
    name: "sqlite",
    parts: sqliteParts,
    write: image,
    read: image,
    transact: () => Promise.reject(new Error("a backup is not changed")),
    isUnavailable: () => false,
    close: async () => {},
  });
  return read;
}
