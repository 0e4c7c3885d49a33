// A new file of SQLite that is filled, closed and moved to its place: nothing is kept if the process ends before.
import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Engine } from "./engine.ts";
import { inTurn } from "./in-turn.ts";
import type { Schema } from "./schema.ts";
import { createSqliteKysely } from "./sqlite-dialect.ts";
import { sqliteParts } from "./sqlite-engine.ts";
import { isSqliteUnavailable } from "./sqlite-error.ts";

/** Creates the file with mode 0600. Throws if it exists. Nothing waits for the disk: who has closed it must sync it. */
export function createSqliteFile(file: string): Engine {
  closeSync(openSync(file, "wx", 0o600));
  const db = new DatabaseSync(file);
  db.exec("pragma journal_mode = memory; pragma synchronous = off");
  const kysely = createSqliteKysely<Schema>(db, "transactions");
  return {
    name: "sqlite",
    parts: sqliteParts,
    write: kysely,
    read: kysely,
    transact: inTurn((work) => kysely.transaction().execute(work)),
    isUnavailable: isSqliteUnavailable,
    close: async () => {
      await kysely.destroy();
      db.close();
    },
  };
}
