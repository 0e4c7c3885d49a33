// Pools of free blocks in SQL: a row for each block. Two free halves of a block are always kept as that block, so what
// is free is in as few and as large blocks as possible.
import type { Kysely } from "kysely";
import type { Calls, WriteCalls, Writing } from "./calls.ts";
import type { Executor } from "./engine.ts";
import { assertLimit } from "./limit.ts";
import { fromHex, hex } from "./number.ts";
import type { Block, Carved, FreeBlockReader, FreeBlockWriter, NumberPage } from "./pools.ts";
import { prepare, type SlotOf } from "./prepared.ts";
import type { FreeBlockRow, Schema } from "./schema.ts";

/** All queries about free blocks. */
export type FreeBlockQueries = ReturnType<typeof createFreeBlockQueries>;

type Size = Pick<FreeBlockRow, "pool" | "bits">;
type Bound = Pick<FreeBlockRow, "pool" | "first">;
type Page = Bound & { readonly limit: number };

/** Compiles the queries in the engine's dialect. */
export function createFreeBlockQueries(db: Kysely<Schema>) {
  const blocks = db.selectFrom("free_block").select(["first", "bits"]);
  return {
    // The key of the table is ordered by size, then number: the first row is the best fit.
    fit: prepare((slot: SlotOf<Size>) =>
      blocks
        .where("pool", "=", slot("pool"))
        .where("bits", ">=", slot("bits"))
        .orderBy("bits")
        .orderBy("first")
        .limit(1),
    ),
    upTo: prepare((slot: SlotOf<Bound>) =>
      blocks
        .where("pool", "=", slot("pool"))
        .where("first", "<=", slot("first"))
        .orderBy("first", "desc")
        .limit(1),
    ),
    from: prepare((slot: SlotOf<Page>) =>
      blocks
        .where("pool", "=", slot("pool"))
        .where("first", ">=", slot("first"))
        .orderBy("first")
        .limit(slot("limit")),
    ),
    insert: prepare((slot: SlotOf<FreeBlockRow>) =>
      db
        .insertInto("free_block")
        .values({ pool: slot("pool"), bits: slot("bits"), first: slot("first") }),
    ),
    remove: prepare((slot: SlotOf<FreeBlockRow>) =>
      db
        .deleteFrom("free_block")
        .where("pool", "=", slot("pool"))
        .where("bits", "=", slot("bits"))
        .where("first", "=", slot("first")),
    ),
  };
}

/** Reads pools of blocks. */
export function createFreeBlockReader(calls: Calls, queries: FreeBlockQueries): FreeBlockReader {
  return {
    list: (pool: string, { after = -1n, limit }: NumberPage) =>
      calls.call(async (db) => {
        assertLimit(limit);
        const query = queries.from({ pool, first: hex(after + 1n), limit });
        return (await db.executeQuery(query)).rows.map(blockOf);
      }),
  };
}

/** Takes and gives blocks; `calls` must be those of a transaction. */
export function createFreeBlockWriter(
  calls: WriteCalls,
  queries: FreeBlockQueries,
): FreeBlockWriter {
  return new SqlWriter(calls, queries);
}

const blockOf = ({ first, bits }: Omit<FreeBlockRow, "pool">): Block => ({
  first: fromHex(first),
  bits,
});

const size = (bits: number) => 1n << BigInt(bits);
const endOf = ({ first, bits }: Block) => first + size(bits);

class SqlWriter implements FreeBlockWriter {
  readonly #calls: WriteCalls;
  readonly #queries: FreeBlockQueries;
  readonly #reader: FreeBlockReader;

  constructor(calls: WriteCalls, queries: FreeBlockQueries) {
    this.#calls = calls;
    this.#queries = queries;
    this.#reader = createFreeBlockReader(calls, queries);
  }

  list(pool: string, page: NumberPage): Promise<Block[]> {
    return this.#reader.list(pool, page);
  }

  takeFit(pool: string, bits: number): Promise<Carved | undefined> {
    return this.#calls.call(async (db) => {
      const [row] = (await db.executeQuery(this.#queries.fit({ pool, bits }))).rows;
      if (row === undefined) return undefined;
      const from = blockOf(row);
      return this.#carve(db, pool, { from, block: { first: from.first, bits } });
    });
  }

  take(pool: string, block: Block): Promise<Carved | undefined> {
    return this.#calls.call(async (db) => {
      assertBlock(block);
      const from = await this.#upTo(db, pool, block.first);
      if (from === undefined || endOf(from) < endOf(block)) return undefined;
      return this.#carve(db, pool, { from, block });
    });
  }

  give(pool: string, given: Block): Promise<Block> {
    return this.#calls.call(async (db) => {
      assertBlock(given);
      const before = await this.#upTo(db, pool, endOf(given) - 1n);
      if (before !== undefined && endOf(before) > given.first)
        throw new Error(
          `of pool "${pool}", block ${given.first} is free already, in part at least`,
        );
      const block = await this.#joined(db, pool, given);
      this.#insert(db, pool, block);
      return block;
    });
  }

  /** Removes the free neighbours with which a block forms a larger one; returns that. */
  async #joined(db: Executor, pool: string, block: Block): Promise<Block> {
    const { first, bits } = block;
    const buddy = { first: first ^ size(bits), bits };
    if (bits === 128 || !(await this.#remove(db, pool, buddy))) return block;
    return this.#joined(db, pool, { first: first & ~size(bits), bits: bits + 1 });
  }

  /** Halves a free block until one half is what is wanted; the other halves stay free. */
  #carve(db: Writing, pool: string, { from, block }: Carved): Carved {
    db.send(this.#queries.remove({ pool, bits: from.bits, first: hex(from.first) }));
    for (let bits = from.bits - 1; bits >= block.bits; bits -= 1) {
      const other = ((block.first >> BigInt(bits)) ^ 1n) << BigInt(bits);
      this.#insert(db, pool, { first: other, bits });
    }
    return { from, block };
  }

  /** The last block that begins at a number or before it. */
  async #upTo(db: Executor, pool: string, first: bigint): Promise<Block | undefined> {
    const [row] = (await db.executeQuery(this.#queries.upTo({ pool, first: hex(first) }))).rows;
    return row && blockOf(row);
  }

  #insert(db: Writing, pool: string, { first, bits }: Block): void {
    db.send(this.#queries.insert({ pool, bits, first: hex(first) }));
  }

  async #remove(db: Executor, pool: string, { first, bits }: Block): Promise<boolean> {
    const query = this.#queries.remove({ pool, bits, first: hex(first) });
    return (await db.executeQuery(query)).numAffectedRows === 1n;
  }
}

function assertBlock({ first, bits }: Block): void {
  if (bits < 0 || bits > 128 || first % size(bits) !== 0n)
    throw new RangeError(`no block: ${first} of ${bits} bits`);
}
