// What the SQL of the store needs from a database: the whole difference between one engine and another.
import type { CompiledQuery, Kysely, QueryResult, RawBuilder } from "kysely";
import type { FirstUses } from "./first-uses.ts";
import type { Schema } from "./schema.ts";

/** Runs queries that are compiled already. A Kysely instance is one. */
export interface Executor {
  executeQuery<R>(query: CompiledQuery<R>): Promise<QueryResult<R>>;
}

/** What tables are made of. */
export interface TableParts {
  /** The type of text that is compared byte by byte. */
  readonly text: RawBuilder<unknown>;
  /** The type of a string of bytes. */
  readonly bytes: RawBuilder<unknown>;
  /** What follows the definition of a table whose columns all belong to its key. */
  readonly allKey?: RawBuilder<unknown>;
  /** Statements after which the engine itself refuses to change or remove a row of `table`. */
  appendOnly(table: string): readonly RawBuilder<unknown>[];
  /** Statements after which a row of an append-only `table` may be removed if `condition`, about `old`, holds. */
  removable(table: string, condition: RawBuilder<unknown>): readonly RawBuilder<unknown>[];
  /** Statements after which `column` of every new row of `table` is also a row of `notes`. */
  noteNew(table: string, column: string, notes: string): readonly RawBuilder<unknown>[];
  /** Statements that create what the engine itself needs. */
  readonly own: readonly RawBuilder<unknown>[];
}

/** The other processes that work on a database. */
export interface Others {
  /** Tells them soon that this process has committed a change. */
  announce(): void;
  /** Calls `listener` soon after most of their announcements, and whenever some may have got lost. */
  listen(listener: () => void): void;
}

/** A database that is open. It must return 64-bit integers as numbers. */
export interface Engine {
  /** For logs, for example "sqlite". */
  readonly name: string;
  readonly parts: TableParts;
  /** Compiles the queries, and runs the migrations. */
  readonly write: Kysely<Schema>;
  /** Must see what is committed, and must not wait for a transaction. */
  readonly read: Executor;
  /**
   * Must run `work` in a serializable transaction, commit durably when it resolves and roll back when it rejects, and
   * reject with what it rejected with. May run it again after a conflict. Concurrent transactions take turns or
   * conflict, and none waits for ever.
   */
  transact<R>(work: (db: Executor) => Promise<R>): Promise<R>;
  /**
   * Calls `listener` with each commit, before who asked for it hears of it. Absent where others commit, too.
   */
  onCommit?(listener: () => void): void;
  /** Absent where first uses end with the process that remembers them. */
  readonly firstUses?: FirstUses;
  /** Absent where there can be none. */
  readonly others?: Others;
  /** Whether the engine could not do its work for now: busy, full, broken, closed. */
  isUnavailable(error: unknown): boolean;
  /** Nothing is under way any more when this is called. */
  close(): Promise<void>;
}
