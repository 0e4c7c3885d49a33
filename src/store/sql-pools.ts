// Everything that is handed out, in SQL: what pools.ts promises, put together.
import type { Kysely } from "kysely";
import type { Calls, WriteCalls } from "./calls.ts";
import type { PoolSnapshot, PoolTransaction } from "./pools.ts";
import type { Schema } from "./schema.ts";
import {
  createFreeBlockQueries,
  createFreeBlockReader,
  createFreeBlockWriter,
} from "./sql-free-blocks.ts";
import {
  createFreeNumberQueries,
  createFreeNumberReader,
  createFreeNumberWriter,
} from "./sql-free-numbers.ts";
import { createPrefixQueries, createPrefixReader, createPrefixWriter } from "./sql-prefixes.ts";
import { createTallyQueries, createTallyReader, createTallyWriter } from "./sql-tallies.ts";

/** All queries about what is handed out. */
export type PoolQueries = ReturnType<typeof createPoolQueries>;

/** Compiles the queries in the engine's dialect. */
export function createPoolQueries(db: Kysely<Schema>) {
  return {
    freeNumber: createFreeNumberQueries(db),
    freeBlock: createFreeBlockQueries(db),
    prefix: createPrefixQueries(db),
    tally: createTallyQueries(db),
  };
}

/** Reads what is handed out. */
export function createPoolSnapshot(calls: Calls, queries: PoolQueries): PoolSnapshot {
  return {
    freeNumber: createFreeNumberReader(calls, queries.freeNumber),
    freeBlock: createFreeBlockReader(calls, queries.freeBlock),
    prefix: createPrefixReader(calls, queries.prefix),
    tally: createTallyReader(calls, queries.tally),
  };
}

/** Hands out; `calls` must be those of a transaction. */
export function createPoolTransaction(calls: WriteCalls, queries: PoolQueries): PoolTransaction {
  return {
    freeNumber: createFreeNumberWriter(calls, queries.freeNumber),
    freeBlock: createFreeBlockWriter(calls, queries.freeBlock),
    prefix: createPrefixWriter(calls, queries.prefix),
    tally: createTallyWriter(calls, queries.tally),
  };
}
