// Pools of free numbers in SQL: a row for each range, so that a pool is as large as it is fragmented.
import type { Kysely } from "kysely";
import type { Calls, WriteCalls, Writing } from "./calls.ts";
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
type Replacement = FreeRangeRow & { readonly at: string };

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
    replace: prepare((slot: SlotOf<Replacement>) =>
      db
        .updateTable("free_range")
        .set({ first: slot("first"), last: slot("last") })
        .where("pool", "=", slot("pool"))
        .where("first", "=", slot("at")),
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
  return {
    list: (pool: string, { after = -1n, limit }: NumberPage) =>
      calls.call((db) => {
        assertLimit(limit);
        return from(db, queries, { pool, first: after + 1n, limit });
      }),
  };
}

/** Takes and gives numbers; `calls` must be those of a transaction. */
export function createFreeNumberWriter(
  calls: WriteCalls,
  queries: FreeNumberQueries,
): FreeNumberWriter {
  return new SqlWriter(calls, queries);
}

const rangeOf = ({ first, last }: Omit<FreeRangeRow, "pool">): NumberRange => ({
  first: fromHex(first),
  last: fromHex(last),
});

/** Ranges that begin at a number or after it. */
async function from(
  db: Executor,
  queries: FreeNumberQueries,
  { first, ...page }: { readonly pool: string; readonly first: bigint; readonly limit: number },
): Promise<NumberRange[]> {
  const query = queries.from({ ...page, first: hex(first) });
  return (await db.executeQuery(query)).rows.map(rangeOf);
}

/** Ranges, and what is to be there instead. */
interface Exchange {
  readonly old: readonly NumberRange[];
  readonly by: readonly NumberRange[];
}

class SqlWriter implements FreeNumberWriter {
  readonly #calls: WriteCalls;
  readonly #queries: FreeNumberQueries;
  readonly #reader: FreeNumberReader;

  constructor(calls: WriteCalls, queries: FreeNumberQueries) {
    this.#calls = calls;
    this.#queries = queries;
    this.#reader = createFreeNumberReader(calls, queries);
  }

  list(pool: string, page: NumberPage): Promise<NumberRange[]> {
    return this.#reader.list(pool, page);
  }

  takeFirst(pool: string): Promise<bigint | undefined> {
    return this.#calls.call(async (db) => {
      const range = await this.#from(db, pool, 0n);
      if (range === undefined) return undefined;
      this.#carve(db, pool, { range, taken: { first: range.first, last: range.first } });
      return range.first;
    });
  }

  take(pool: string, taken: NumberRange): Promise<boolean> {
    return this.#calls.call(async (db) => {
      const range = await this.#upTo(db, pool, taken.first);
      if (range === undefined || range.last < taken.last) return false;
      this.#carve(db, pool, { range, taken });
      return true;
    });
  }

  give(pool: string, { first, last }: NumberRange): Promise<void> {
    return this.#calls.call(async (db) => {
      if (last < first) throw new RangeError(`no range: ${first} to ${last}`);
      const [before, next] = await Promise.all([
        this.#upTo(db, pool, last),
        last === maximum ? undefined : this.#from(db, pool, last + 1n),
      ]);
      if (before !== undefined && before.last >= first)
        throw new Error(`of pool "${pool}", ${first} to ${last} is free already, in part at least`);
      const left = before?.last === first - 1n ? before : undefined;
      const right = next?.first === last + 1n ? next : undefined;
      const neighbours = [left, right].filter((one) => one !== undefined);
      const joined = { first: left?.first ?? first, last: right?.last ?? last };
      this.#exchange(db, pool, { old: neighbours, by: [joined] });
    });
  }

  /** Leaves of a free range what is before and after the numbers that are taken from it. */
  #carve(
    db: Writing,
    pool: string,
    { range, taken }: { readonly range: NumberRange; readonly taken: NumberRange },
  ): void {
    const rest = [
      { first: range.first, last: taken.first - 1n },
      { first: taken.last + 1n, last: range.last },
    ];
    const by = rest.filter(({ first, last }) => first <= last);
    this.#exchange(db, pool, { old: [range], by });
  }

  /** Puts ranges in the place of old ones. A row that changes costs less than one that goes and one that comes. */
  #exchange(db: Writing, pool: string, { old, by }: Exchange): void {
    for (const { first } of old.slice(by.length))
      db.send(this.#queries.remove({ pool, first: hex(first) }));
    for (const [index, { first, last }] of by.entries()) {
      const range = { first: hex(first), last: hex(last) };
      const replaced = old[index];
      if (replaced === undefined) db.send(this.#queries.insert({ pool, ...range }));
      else db.send(this.#queries.replace({ pool, at: hex(replaced.first), ...range }));
    }
  }

  /** The first range that begins at a number or after it. */
  async #from(db: Executor, pool: string, first: bigint): Promise<NumberRange | undefined> {
    return (await from(db, this.#queries, { pool, first, limit: 1 }))[0];
  }

  /** The last range that begins at a number or before it. */
  async #upTo(db: Executor, pool: string, first: bigint): Promise<NumberRange | undefined> {
    const [row] = (await db.executeQuery(this.#queries.upTo({ pool, first: hex(first) }))).rows;
    return row && rangeOf(row);
  }
}

const maximum = (1n << 128n) - 1n;
