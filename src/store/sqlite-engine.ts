// SQLite as an engine of the store: one connection for transactions, one that only reads, both on one file.
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import type { Engine, Executor, TableParts } from "./engine.ts";
import type { Schema } from "./schema.ts";
import { sharingCommits, type WritingConnection } from "./shared-commit.ts";
import { createSqliteExecutor, createSqliteKysely } from "./sqlite-dialect.ts";
import { isSqliteUnavailable } from "./sqlite-error.ts";
import { openSqliteFirstUses, type SqliteFirstUses } from "./sqlite-first-uses.ts";
import { takeLock } from "./sqlite-lock.ts";

/** Whether a commit waits until it survives a loss of power, or only an end of the process. */
export type Durability = "full" | "off";

/** Names of the files in the data folder. SQLite keeps further ones beside the database, with suffixes. */
export const sqliteFiles = {
  database: "metal.sqlite",
  firstUses: "metal.first-uses.sqlite",
  lock: "metal.lock",
} as const;

/** 16 MiB for each connection, in KiB as a negative number. */
const cachePragma = "pragma cache_size = -16384";

/** How long a statement waits for another process that holds a lock. The whole server waits with it. */
const busyMs = 1000;

/**
 * Opens the database in `folder`, which is created with mode 0700 if it does not exist; the files get mode 0600. Throws
 * if another server works there, or the file system does not suit.
 */
export function openSqliteEngine(folder: string, durability: Durability = "full"): Engine {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Closes the last one first: of the connections the reader, because who tidies up must have the right to write.
  const opened = new DisposableStack();
  try {
    opened.use(takeLock(join(folder, sqliteFiles.lock)));
    const file = join(folder, sqliteFiles.database);
    const writer = opened.use(new DatabaseSync(file, { timeout: busyMs }));
    prepareWriter(writer, file, durability);
    const reader = opened.use(new DatabaseSync(file, { timeout: busyMs, readOnly: true }));
    reader.exec(cachePragma);
    const uses = join(folder, sqliteFiles.firstUses);
    const firstUses = opened.use(openSqliteFirstUses(uses, { durable: durability === "full" }));
    return createEngine({ writer, reader, firstUses }, () => opened.dispose());
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

function prepareWriter(db: DatabaseSync, file: string, durability: Durability): void {
  // Before the first write: SQLite gives the mode of the database to the files beside it.
  chmodSync(file, 0o600);
  db.exec(`pragma synchronous = ${durability}`);
  const { journal_mode: mode } = db.prepare("pragma journal_mode = wal").get() ?? {};
  if (mode !== "wal") throw new Error(`no write-ahead log on the file system of "${file}"`);
  db.exec("pragma foreign_keys = on");
  // Else "insert or replace" would pass by the triggers that keep rows from being removed.
  db.exec("pragma recursive_triggers = on");
  db.exec(cachePragma);
}

interface Opened {
  readonly writer: DatabaseSync;
  readonly reader: DatabaseSync;
  readonly firstUses: SqliteFirstUses;
}

function createEngine({ writer, reader, firstUses }: Opened, close: () => void): Engine {
  const write = createSqliteKysely<Schema>(writer, "transactions");
  let committed = () => {};
  const connection = connectionOf(writer, () => committed());
  return {
    name: "sqlite",
    parts: sqliteParts,
    write,
    read: createSqliteExecutor(reader),
    transact: sharingCommits((work) => work(connection)).transact,
    onCommit: (listener) => (committed = listener),
    firstUses,
    isUnavailable: isSqliteUnavailable,
    close: async () => {
      await write.destroy();
      close();
    },
  };
}

function connectionOf(writer: DatabaseSync, committed: () => void): WritingConnection {
  return {
    db: withinTransactions(writer),
    // The write lock first: a transaction that read before it could not get it any more after another's commit.
    begin: "begin immediate",
    exec: (text) => writer.exec(text),
    commit: () => {
      try {
        writer.exec("commit");
      } finally {
        // Who fails to say that it has committed may have done so.
        committed();
      }
    },
    rollback: () => {
      if (writer.isTransaction) writer.exec("rollback");
    },
    survives: () => writer.isTransaction,
  };
}

/** Some failures, a full disk for one, end the transaction: each statement that follows would be one of its own. */
function withinTransactions(writer: DatabaseSync): Executor {
  const executor = createSqliteExecutor(writer);
  return {
    // Answers come in the order of the queries, so that the failure comes before what follows from it.
    executeQuery: (query) =>
      writer.isTransaction
        ? executor.executeQuery(query)
        : Promise.reject(new Error("the transaction has ended")),
  };
}

/** What tables are made of in SQLite. */
export const sqliteParts: TableParts = {
  // SQLite compares text byte by byte unless told otherwise.
  text: sql`text`,
  bytes: sql`blob`,
  allKey: sql`without rowid`,
  appendOnly: (table) =>
    ["update", "delete"].map(
      (change) =>
        sql`create trigger ${sql.id(`${table}_${change}`)} before ${sql.raw(change)} on ${sql.table(table)}
          begin select raise(abort, 'append only'); end`,
    ),
  removable: (table, condition) => [
    sql`drop trigger ${sql.id(`${table}_delete`)}`,
    sql`create trigger ${sql.id(`${table}_delete`)} before delete on ${sql.table(table)}
      when not (${condition}) begin select raise(abort, 'append only'); end`,
  ],
  noteNew: (table, column, notes) => [
    sql`create trigger ${sql.id(`${table}_note`)} after insert on ${sql.table(table)}
      begin insert into ${sql.table(notes)} values (new.${sql.id(column)}); end`,
  ],
  own: [],
};
