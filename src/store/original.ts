// A database as something to copy from: it is read as it was at one moment, never changed, and may be in use.
import { DatabaseSync } from "node:sqlite";
import type { Kysely } from "kysely";
import { createMigrator } from "./postgres-engine.ts";
import type { Schema } from "./schema.ts";
import { createSqliteKysely } from "./sqlite-dialect.ts";

/** A database that is open for reading. */
export interface Original {
  /** Runs `work` on one image of the data; what others commit meanwhile is not in it. */
  look<R>(work: (image: Kysely<Schema>) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}

/** Opens a file of SQLite. Neither waits for who writes there nor keeps them waiting. Throws if there is no file. */
export function openSqliteOriginal(file: string): Original {
  const db = new DatabaseSync(file, { readOnly: true });
  const kysely = createSqliteKysely<Schema>(db, "looks");
  return {
    look: (work) => kysely.transaction().execute(work),
    close: async () => {
      await kysely.destroy();
      db.close();
    },
  };
}

/** A PostgreSQL database. A look holds back the removal of dead rows for as long as it takes, and nobody else. */
export function openPostgresOriginal(url: string): Original {
  const kysely = createMigrator(url);
  const looking = kysely
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only");
  return { look: (work) => looking.execute(work), close: () => kysely.destroy() };
}
