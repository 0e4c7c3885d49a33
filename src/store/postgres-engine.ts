// PostgreSQL as an engine of the store: sessions for transactions and sessions that only read, so that no reader waits
// for a transaction.
import { Kysely, PostgresDialect, sql } from "kysely";
import type { Engine, TableParts } from "./engine.ts";
import { isPostgresUnavailable } from "./postgres-error.ts";
import { createPostgresFirstUses } from "./postgres-first-uses.ts";
import { openPostgresOthers, type PostgresOthers } from "./postgres-others.ts";
import { createPool, SessionPool } from "./postgres-pool.ts";
import { assertServer, standbyFault } from "./postgres-server.ts";
import { createTransact } from "./postgres-transaction.ts";
import type { Schema } from "./schema.ts";

/** How many sessions a server uses at most for each purpose. */
export const sessions = { transactions: 8, reads: 8, firstUses: 4 } as const;

/** Bounds of what a database that is slow can do to us, in milliseconds. */
const limits = {
  /** A transaction in which nothing happens: its server is stopped, or cannot reach the database any more. */
  idleMs: 5_000,
  /** Waiting for a lock, longer than a server that is stopped can hold one and those that it has asked for. */
  lockMs: 12_000,
  statementMs: 14_000,
  /** From here on the database itself does not answer. */
  answerMs: 16_000,
} as const;

const common = `
  -- A standby answers reads with what was so a moment ago, or an hour: nobody may take that for what is.
  do $$ begin
    if pg_is_in_recovery() then
      raise read_only_sql_transaction using message = '${standbyFault}';
    end if;
  end $$;
  set statement_timeout = ${limits.statementMs};
  -- Every query has an index that is in its order. Nothing else is worth a thought, even while statistics are missing;
  -- and a serializable transaction that scanned a table would be in conflict with all who write there.
  set enable_seqscan = off;
  set enable_bitmapscan = off;
`;

const setup = {
  transactions: `${common}
    set lock_timeout = ${limits.lockMs};
    set idle_in_transaction_session_timeout = ${limits.idleMs};
    -- Statements are sent behind the one that begins a transaction. If that fails, none of them takes effect by itself.
    set default_transaction_read_only = on;
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`,
  reads: `${common} set default_transaction_read_only = on`,
  // Every call begins with one, and waits for it.
  firstUses: `${common}
    set default_transaction_isolation = 'read committed';
    set synchronous_commit = off`,
} as const;

/** What an engine is opened with. */
export interface PostgresOptions {
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS */
  readonly url: string;
  /** Whether to insist that a commit waits for the disk. Only tests may go without. */
  readonly durability?: "full" | "off";
}

/**
 * Opens the database. Rejects if it does not answer, is too old, or is not set up to keep what it is told. Never says
 * the URL, which may hold a password.
 */
export async function openPostgresEngine(options: PostgresOptions): Promise<Engine> {
  const { url, durability = "full" } = options;
  const { answerMs } = limits;
  const write = createMigrator(url);
  const open = (use: keyof typeof sessions) =>
    new SessionPool({ url, size: sessions[use], setup: setup[use], answerMs });
  const pools = {
    transactions: open("transactions"),
    reads: open("reads"),
    firstUses: open("firstUses"),
  };
  const firstUses = createPostgresFirstUses(pools.firstUses);
  let others: PostgresOthers | undefined;
  const close = async () => {
    await Promise.all([firstUses.settled(), others?.close()]);
    await Promise.all([write.destroy(), ...Object.values(pools).map((pool) => pool.close())]);
  };
  try {
    await assertServer(pools.reads, durability);
    others = await openPostgresOthers(url, pools.firstUses);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: "postgres",
    parts,
    write,
    read: pools.reads,
    transact: createTransact(pools.transactions),
    firstUses,
    others,
    isUnavailable: isPostgresUnavailable,
    close,
  };
}

/** Migrations take as long as they take, and wait for each other: their sessions have no limits, and end with them. */
export function createMigrator(url: string): Kysely<Schema> {
  const pool = async () => createPool({ url, size: 2, sessionIdleMs: 1_000 });
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

const parts: TableParts = {
  // Other collations compare by language, and change with the libraries of the machine.
  text: sql`text collate "C"`,
  bytes: sql`bytea`,
  appendOnly: (table) => [
    sql`create function ${sql.id(`${table}_append_only`)}() returns trigger language plpgsql as
      $$ begin raise exception 'append only'; end $$`,
    sql`create trigger ${sql.id(`${table}_append_only`)} before update or delete or truncate on ${sql.table(table)}
      for each statement execute function ${sql.id(`${table}_append_only`)}()`,
  ],
  removable: (table, condition) => [
    sql`drop trigger ${sql.id(`${table}_append_only`)} on ${sql.table(table)}`,
    sql`create trigger ${sql.id(`${table}_append_only`)} before update or truncate on ${sql.table(table)}
      for each statement execute function ${sql.id(`${table}_append_only`)}()`,
    sql`create function ${sql.id(`${table}_delete`)}() returns trigger language plpgsql as
      $$ begin if ${condition} then return old; end if; raise exception 'append only'; end $$`,
    sql`create trigger ${sql.id(`${table}_delete`)} before delete on ${sql.table(table)}
      for each row execute function ${sql.id(`${table}_delete`)}()`,
  ],
  noteNew: (table, column, notes) => [
    sql`create function ${sql.id(`${table}_note`)}() returns trigger language plpgsql as
      $$ begin insert into ${sql.table(notes)} values (new.${sql.id(column)}); return null; end $$`,
    sql`create trigger ${sql.id(`${table}_note`)} after insert on ${sql.table(table)}
      for each row execute function ${sql.id(`${table}_note`)}()`,
  ],
  own: [
    // What transactions queue at.
    sql`create table turn ()`,
    sql`create table first_use (
      key text collate "C" primary key, meaning text not null, expires bigint not null)`,
    sql`create index first_use_expires on first_use (expires)`,
  ],
};
