// Kysely on the SQLite that is part of Node.js.
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from "kysely";
import type { Executor } from "./engine.ts";

/** What a connection is for, by one at a time: transactions that write, or looks at one image of the data. */
export type Use = "transactions" | "looks";

/** Queries and transactions on an open database. It stays the caller's to close. */
export function createSqliteKysely<Schema>(db: DatabaseSync, use: Use): Kysely<Schema> {
  const dialect: Dialect = {
    createAdapter: () => new Adapter(),
    createDriver: () => new Driver(db, use),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  };
  return new Kysely<Schema>({ dialect });
}

/**
 * Runs queries on an open database, which stays the caller's to close. A statement runs to its end at once, so there is
 * nothing to wait for; what Kysely does around one takes longer than the statement.
 */
export function createSqliteExecutor(db: DatabaseSync): Executor {
  const statements = keepingStatements(db);
  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery<R>) {
      const statement = statements.prepare(sql);
      if (statement.reader) return { rows: statement.all(parameters) as R[] };
      return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) };
    },
  };
}

class Adapter extends SqliteAdapter {
  /** A migration that is interrupted leaves nothing behind. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class Driver extends SqliteDriver {
  readonly #db: DatabaseSync;
  readonly #begin: string;

  constructor(db: DatabaseSync, use: Use) {
    super({ database: keepingStatements(db) });
    this.#db = db;
    this.#begin = use === "looks" ? "begin" : "begin immediate";
  }

  /** Takes the write lock first: a transaction that read before it could not get it any more after another's commit. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(this.#begin));
  }

  /** After some failures, a full disk for one, SQLite has rolled back already. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#db.isTransaction) await super.rollbackTransaction(connection);
  }
}

/** More different texts than the store has. */
const keptStatements = 500;

function keepingStatements(db: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => kept.clear(),
    prepare: (text) => {
      const statement = kept.get(text) ?? adapt(db.prepare(text));
      if (kept.size < keptStatements) kept.set(text, statement);
      return statement;
    },
  };
}

function adapt(statement: StatementSync): SqliteStatement {
  // Kysely's parameters are untyped; SQLite itself refuses what it cannot keep.
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}
