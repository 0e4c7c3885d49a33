// The contract of free numbers, against a set of numbers as a naive model.
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { FreeNumberWriter, NumberRange } from "../../src/store/pools.ts";
import type { Store } from "../../src/store/store.ts";
import type { Opened } from "./contract.ts";

export function numberContract(opened: () => Opened): void {
  aboutTaking(opened);
  aboutGiving(opened);
  aboutReading(opened);
  aboutSequences(opened);
}

/** A range of numbers, of one unless told otherwise. */
export const range = (first: number | bigint, last: number | bigint = first): NumberRange => ({
  first: BigInt(first),
  last: BigInt(last),
});
/** The highest number that any pool can have. */
export const highest = (1n << 128n) - 1n;
const rangesOf = (store: Store, pool: string) => store.read.freeNumber.list(pool, { limit: 1000 });

function aboutTaking(opened: () => Opened): void {
  test("a pool hands out its lowest number first, until it has none", async () => {
    const { store } = opened();
    const taken = await store.transaction(async ({ freeNumber }) => {
      await freeNumber.give("p", range(7, 8));
      await freeNumber.give("p", range(3));
      await freeNumber.give("other", range(1));
      const first = [await freeNumber.takeFirst("p"), await freeNumber.takeFirst("p")];
      return [...first, await freeNumber.takeFirst("p"), await freeNumber.takeFirst("p")];
    });
    expect(taken).toEqual([3n, 7n, 8n, undefined]);
    expect(await rangesOf(store, "p")).toEqual([]);
    expect(await rangesOf(store, "other")).toEqual([range(1)]);
  });

  test("the highest number is as good as any, and there is none beyond", async () => {
    const { store } = opened();
    await store.transaction(async ({ freeNumber }) => {
      await freeNumber.give("p", range(0n, highest));
      expect(await freeNumber.take("p", range(highest))).toBe(true);
      expect(await freeNumber.takeFirst("p")).toBe(0n);
      await freeNumber.give("p", range(highest));
    });
    expect(await rangesOf(store, "p")).toEqual([range(1n, highest)]);
    const beyond = store.transaction((tx) => tx.freeNumber.take("p", range(highest + 1n)));
    await expect(beyond).rejects.toThrow(RangeError);
  });

  test("a range is taken as a whole or not at all", async () => {
    const { store } = opened();
    await store.transaction(async ({ freeNumber }) => {
      await freeNumber.give("p", range(10, 19));
      expect(await freeNumber.take("p", range(15, 20))).toBe(false);
      expect(await freeNumber.take("p", range(9, 12))).toBe(false);
      expect(await freeNumber.take("none", range(9))).toBe(false);
      expect(await freeNumber.take("p", range(14, 15))).toBe(true);
      expect(await freeNumber.take("p", range(13, 14))).toBe(false);
    });
    expect(await rangesOf(store, "p")).toEqual([range(10, 13), range(16, 19)]);
  });
}

function aboutGiving(opened: () => Opened): void {
  test.each([
    ["the same", range(10, 19)],
    ["a part", range(12)],
    ["more", range(5, 25)],
    ["the end", range(19, 30)],
    ["the beginning", range(0, 10)],
  ])("what is free cannot be given again: %s", async (_, again) => {
    const { store } = opened();
    const twice = store.transaction(async ({ freeNumber }) => {
      await freeNumber.give("p", range(10, 19));
      await freeNumber.give("p", again).catch(() => undefined);
    });
    await expect(twice).rejects.toThrow("free already");
    expect(await rangesOf(store, "p")).toEqual([]);
  });

  test("a range that ends before it begins is an error", async () => {
    const backwards = opened().store.transaction((tx) => tx.freeNumber.give("p", range(2, 1)));
    await expect(backwards).rejects.toThrow(RangeError);
  });

  test("what is taken in a transaction that fails is free again", async () => {
    const { store } = opened();
    await store.transaction((tx) => tx.freeNumber.give("p", range(1, 5)));
    const failing = store.transaction(async (tx) => {
      await tx.freeNumber.takeFirst("p");
      await tx.freeNumber.take("p", range(4));
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await rangesOf(store, "p")).toEqual([range(1, 5)]);
  });
}

function aboutReading(opened: () => Opened): void {
  test("ranges come in pages", async () => {
    const { store } = opened();
    await store.transaction(async ({ freeNumber }) => {
      for (const n of [1, 3, 5, 7]) await freeNumber.give("p", range(n));
    });
    const { freeNumber } = store.read;
    expect(await freeNumber.list("p", { limit: 2 })).toEqual([range(1), range(3)]);
    expect(await freeNumber.list("p", { after: 3n, limit: 2 })).toEqual([range(5), range(7)]);
    await expect(freeNumber.list("p", { limit: 0 })).rejects.toThrow(RangeError);
  });

  test("a new store has VRFs and autonomous systems to hand out", async () => {
    const { store } = opened();
    expect(await rangesOf(store, "vrf")).toEqual([range(1, 16_777_214)]);
    expect(await rangesOf(store, "asn")).toEqual([range(4_210_000_001, 4_294_967_294)]);
  });
}

/** A pool beside the numbers that are free in it. */
interface Model {
  readonly pool: string;
  readonly free: Set<number>;
  readonly freeNumber: FreeNumberWriter;
}

/** What can be done with the numbers `numbers`. */
const steps: Readonly<Record<string, (model: Model, numbers: readonly number[]) => Promise<void>>> =
  {
    async first({ pool, free, freeNumber }) {
      const least = free.size === 0 ? undefined : Math.min(...free);
      const taken = await freeNumber.takeFirst(pool);
      expect(taken === undefined ? undefined : Number(taken)).toBe(least);
      if (least !== undefined) free.delete(least);
    },
    async take({ pool, free, freeNumber }, numbers) {
      const all = numbers.every((n) => free.has(n));
      expect(await freeNumber.take(pool, around(numbers))).toBe(all);
      if (all) for (const n of numbers) free.delete(n);
    },
    async give({ pool, free, freeNumber }, numbers) {
      if (numbers.some((n) => free.has(n))) return;
      await freeNumber.give(pool, around(numbers));
      for (const n of numbers) free.add(n);
    },
  };

const around = (numbers: readonly number[]) => range(Math.min(...numbers), Math.max(...numbers));

/** Numbers as the fewest ranges. */
function asRanges(numbers: Iterable<number>): NumberRange[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  const starts = sorted.filter((n, index) => sorted[index - 1] !== n - 1);
  const ends = sorted.filter((n, index) => sorted[index + 1] !== n + 1);
  return starts.map((start, index) => range(start, ends[index] ?? start));
}

const sequences = fc.array(
  fc.record({
    verb: fc.constantFrom(...Object.keys(steps)),
    first: fc.integer({ min: 0, max: 24 }),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 40 },
);

function aboutSequences(opened: () => Opened): void {
  test("any sequence leaves what a set of numbers would have", async () => {
    let runs = 0;
    const property = fc.asyncProperty(sequences, (sequence) =>
      opened().store.transaction(async ({ freeNumber }) => {
        const model = { pool: `run ${(runs += 1)}`, free: new Set<number>(), freeNumber };
        for (const { verb, first, count } of sequence) {
          const numbers = Array.from({ length: count }, (_, index) => first + index);
          await steps[verb]?.(model, numbers);
          const ranges = await freeNumber.list(model.pool, { limit: 100 });
          expect(ranges).toEqual(asRanges(model.free));
        }
      }),
    );
    await fc.assert(property, { numRuns: 60 });
  });
}
