// Where a server keeps its store: a data folder or a database, as something to read, to fill and to change from
// outside, with the server's own files and locks.
import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { DatabaseUrl } from "../settings/database-url.ts";
import type { Engine } from "../store/engine.ts";
import { type Original, openPostgresOriginal, openSqliteOriginal } from "../store/original.ts";
import { openPostgresEngine } from "../store/postgres-engine.ts";
import { countServers } from "../store/postgres-servers.ts";
import { openSqliteEngine, sqliteFiles } from "../store/sqlite-engine.ts";
import { takeLock } from "../store/sqlite-lock.ts";
import { lend } from "./lend.ts";
import { removeParts, writeSqliteFile } from "./sqlite-file.ts";

/** A place for a store. */
export interface Place {
  /** For people, without a password: "data", "postgres://HOST/DATABASE". */
  readonly name: string;
  /** Opens what is kept there, while servers go on working. Throws if there is nothing. */
  original(): Original;
  /** Lets `work` fill an empty store. Throws if a server works there. */
  fill<R>(work: (engine: Engine) => Promise<R>): Promise<R>;
  /** Lets `work` change the store that is there, or make one. Throws if a server works there that cannot share it. */
  change<R>(work: (engine: Engine) => Promise<R>): Promise<R>;
  /** Throws if a server works there, and keeps others away until it is disposed where there is a way to. */
  hold(): Promise<Disposable>;
}

/** SQLite in a data folder, which people know as `name`. */
export function folderPlace(folder: string, name = folder): Place {
  const file = join(folder, sqliteFiles.database);
  const lock = () => takeLock(join(folder, sqliteFiles.lock));
  return {
    name,
    original() {
      if (!existsSync(file)) throw new Error(`there is no store in ${name}`);
      return openSqliteOriginal(file);
    },
    async fill(work) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      using _ = lock();
      assertNone(file);
      // What another restore left, which was killed.
      await removeParts(file);
      return await writeSqliteFile(file, work);
    },
    change: (work) => lend(openSqliteEngine(folder), work),
    async hold() {
      if (!existsSync(file)) throw new Error(`there is no store in ${name}`);
      return lock();
    },
  };
}

/** What SQLite keeps beside a database. It would take any of it for a part of the new one. */
const suffixes = ["", "-wal", "-shm", "-journal"] as const;

function assertNone(file: string): void {
  const found = suffixes.find((suffix) => existsSync(file + suffix));
  if (found === undefined) return;
  const name = basename(file);
  throw new Error(`${name}${found} is there already: name another folder, or move ${name}* away`);
}

/** A database of PostgreSQL, which must exist. */
export function databasePlace(database: DatabaseUrl): Place {
  const url = database.reveal();
  const assertIdle = async () => {
    const servers = await countServers(url);
    if (servers > 0) throw new Error(`servers work there, in ${servers} sessions: stop them first`);
  };
  const change: Place["change"] = async (work) => lend(await openPostgresEngine({ url }), work);
  return {
    name: database.toString(),
    original: () => openPostgresOriginal(url),
    change,
    async fill(work) {
      await assertIdle();
      return change(work);
    },
    async hold() {
      await assertIdle();
      return { [Symbol.dispose]: () => {} };
    },
  };
}
