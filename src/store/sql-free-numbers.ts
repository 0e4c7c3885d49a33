// Pools of free numbers in SQL: a row for each range, so that a pool is as large as it is fragmented.
import type { Kysely } from "kysely";
import type { Calls } from "./calls.ts";
import type { Executor } from "./engine.ts";
import { assertLimit } from "./limit.ts";
import { fromHex, hex } from "./number.ts";
import type { FreeNumberReader, FreeNumberWriter, NumberPage, NumberRange } from "./pools.ts";
import { prepare, type SlotOf } from "./prepared.ts";
import type { FreeRangeRow, Schema } from "./schema.ts";

/** All queries about free numbers. */
export type FreeNumberQueries = ReturnType<typeof createFreeNumberQueries>;

type Bound = Pick<FreeRangeRow, "pool" | "first">;
type Page = Bound & { readonly limit: number };

/** Compiles the queries in the engine's dialect. */
export function createFreeNumberQueries(db: Kysely<Schema>) {
  const ranges = (slot: SlotOf<Bound>) =>
    db.selectFrom("free_range").select(["first", "last"]).where("pool", "=", slot("pool"));
  return {
    from: prepare((slot: SlotOf<Page>) =>
      ranges(slot).where("first", ">=", slot("first")).orderBy("first").limit(slot("limit")),
    ),
    upTo: prepare((slot: SlotOf<Bound>) =>
      ranges(slot).where("first", "<=", slot("first")).orderBy("first", "desc").limit(1),
    ),
    insert: prepare((slot: SlotOf<FreeRangeRow>) =>
      db
        .insertInto("free_range")
        .values({ pool: slot("pool"), first: slot("first"), last: slot("last") }),
    ),
    remove: prepare((slot: SlotOf<Bound>) =>
      db
        .deleteFrom("free_range")
        .where("pool", "=", slot("pool"))
        .where("first", "=", slot("first")),
    ),
  };
}

/** Reads pools of numbers. */
export function createFreeNumberReader(calls: Calls, queries: FreeNumberQueries): FreeNumberReader {
  return new SqlReader(calls, queries);
}

/** Takes and gives numbers; `calls` must be those of a transaction. */
export function createFreeNumberWriter(calls: Calls, queries: FreeNumberQueries): FreeNumberWriter {
  return new SqlWriter(calls, queries);
}

const rangeOf = ({ first, last }: Omit<FreeRangeRow, "pool">): NumberRange => ({
  first: fromHex(first),
  last: fromHex(last),
});

class SqlReader implements FreeNumberReader {
  protected readonly calls: Calls;
  protected readonly queries: FreeNumberQueries;

  constructor(calls: Calls, queries: FreeNumberQueries) {
    this.calls = calls;
    this.queries = queries;
  }

  list(pool: string, { after = -1n, limit }: NumberPage): Promise<NumberRange[]> {
    return this.calls.call((db) => {
      assertLimit(limit);
      return this.from(db, pool, { first: after + 1n, limit });
    });
  }

  /** Ranges that begin at a number or after it. */
  protected async from(
    db: Executor,
    pool: string,
    { first, limit = 1 }: { first: bigint; limit?: number },
  ): Promise<NumberRange[]> {
    const query = this.queries.from({ pool, first: hex(first), limit });
    return (await db.executeQuery(query)).rows.map(rangeOf);
  }
}

class SqlWriter extends SqlReader implements FreeNumberWriter {
  takeFirst(pool: string): Promise<bigint | undefined> {
    return this.calls.call(async (db) => {
      const [range] = await this.from(db, pool, { first: 0n });
      if (range === undefined) return undefined;
      await this.#carve(db, pool, { range, taken: { first: range.first, last: range.first } });
      return range.first;
    });
  }

  take(pool: string, taken: NumberRange): Promise<boolean> {
    return this.calls.call(async (db) => {
      const range = await this.#upTo(db, pool, taken.first);
      if (range === undefined || range.last < taken.last) return false;
      await this.#carve(db, pool, { range, taken });
      return true;
    });
  }

  give(pool: string, { first, last }: NumberRange): Promise<void> {
    return this.calls.call(async (db) => {
      if (last < first) throw new RangeError(`no range: ${first} to ${last}`);
      const before = await this.#upTo(db, pool, last);
      if (before !== undefined && before.last >= first)
        throw new Error(`of pool "${pool}", ${first} to ${last} is free already, in part at least`);
      const [next] = last === maximum ? [] : await this.from(db, pool, { first: last + 1n });
      const left = before?.last === first - 1n ? before : undefined;
      const right = next?.first === last + 1n ? next : undefined;
      for (const neighbour of [left, right]) {
        if (neighbour !== undefined) await this.#remove(db, pool, neighbour);
      }
      await this.#insert(db, pool, { first: left?.first ?? first, last: right?.last ?? last });
    });
  }

  /** Leaves of a free range what is before and after the numbers that are taken from it. */
  async #carve(
    db: Executor,
    pool: string,
    { range, taken }: { readonly range: NumberRange; readonly taken: NumberRange },
  ): Promise<void> {
    await this.#remove(db, pool, range);
    const rest = [
      { first: range.first, last: taken.first - 1n },
      { first: taken.last + 1n, last: range.last },
    ];
    for (const part of rest.filter(({ first, last }) => first <= last)) {
      await this.#insert(db, pool, part);
    }
  }

  /** The last range that begins at a number or before it. */
  async #upTo(db: Executor, pool: string, first: bigint): Promise<NumberRange | undefined> {
    const [row] = (await db.executeQuery(this.queries.upTo({ pool, first: hex(first) }))).rows;
    return row && rangeOf(row);
  }

  async #insert(db: Executor, pool: string, { first, last }: NumberRange): Promise<void> {
    await db.executeQuery(this.queries.insert({ pool, first: hex(first), last: hex(last) }));
  }

  async #remove(db: Executor, pool: string, { first }: NumberRange): Promise<void> {
    await db.executeQuery(this.queries.remove({ pool, first: hex(first) }));
  }
}

const maximum = (1n << 128n) - 1n;
