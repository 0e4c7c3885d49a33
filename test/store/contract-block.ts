// The contract of free blocks, against a set of numbers as a naive model.
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Block, FreeBlockWriter } from "../../src/store/pools.ts";
import type { Store } from "../../src/store/store.ts";
import type { Opened } from "./contract.ts";
import { highest } from "./contract-number.ts";

export function blockContract(opened: () => Opened): void {
  aboutTaking(opened);
  aboutGiving(opened);
  aboutSequences(opened);
}

const block = (first: number | bigint, bits: number): Block => ({ first: BigInt(first), bits });
const blocksOf = (store: Store, pool: string) => store.read.freeBlock.list(pool, { limit: 1000 });

function aboutTaking(opened: () => Opened): void {
  test("the tightest block is taken, the lowest of several, from its start", async () => {
    await opened().store.transaction(async ({ freeBlock }) => {
      await freeBlock.give("p", block(0, 12));
      expect(await freeBlock.takeFit("p", 11)).toEqual({ block: block(0, 11), from: block(0, 12) });
      expect(await freeBlock.takeFit("p", 10)).toMatchObject({ block: block(2048, 10) });
      expect(await freeBlock.takeFit("p", 11)).toBeUndefined();
      expect(await freeBlock.give("p", block(2048, 10))).toEqual(block(2048, 11));
      expect(await freeBlock.takeFit("p", 4)).toMatchObject({ block: block(2048, 4) });
      const [rest, next] = [block(3072, 10), await freeBlock.takeFit("p", 10)];
      expect(next).toEqual({ block: rest, from: rest });
    });
  });

  test("a certain block is taken from wherever it is free", async () => {
    const { store } = opened();
    await store.transaction(async ({ freeBlock }) => {
      await freeBlock.give("p", block(64, 6));
      expect(await freeBlock.take("p", block(0, 6))).toBeUndefined();
      expect(await freeBlock.take("p", block(0, 7))).toBeUndefined();
      const carved = { block: block(100, 2), from: block(64, 6) };
      expect(await freeBlock.take("p", block(100, 2))).toEqual(carved);
      expect(await freeBlock.take("p", block(96, 3))).toBeUndefined();
    });
    const rest = [block(64, 5), block(96, 2), block(104, 3), block(112, 4)];
    expect(await blocksOf(store, "p")).toEqual(rest);
  });

  test("a block may be as large as all there is", async () => {
    const { store } = opened();
    await store.transaction(async ({ freeBlock }) => {
      const [all, last] = [block(0, 128), block(highest, 0)];
      await freeBlock.give("p", all);
      expect(await freeBlock.take("p", last)).toEqual({ block: last, from: all });
      expect(await freeBlock.give("p", last)).toEqual(all);
      expect(await freeBlock.takeFit("p", 128)).toMatchObject({ block: all });
    });
    expect(await blocksOf(store, "p")).toEqual([]);
  });

  test.each([block(1, 1), block(0, 129), block(64, 7)])("%p is no block", async (wrong) => {
    const { store } = opened();
    await expect(store.transaction((tx) => tx.freeBlock.take("p", wrong))).rejects.toThrow(
      RangeError,
    );
    await expect(store.transaction((tx) => tx.freeBlock.give("p", wrong))).rejects.toThrow(
      RangeError,
    );
  });
}

function aboutGiving(opened: () => Opened): void {
  test.each([
    ["the same", block(16, 4)],
    ["a part", block(20, 2)],
    ["more", block(0, 6)],
  ])("what is free cannot be given again: %s", async (_, again) => {
    const { store } = opened();
    const twice = store.transaction(async ({ freeBlock }) => {
      await freeBlock.give("p", block(16, 4));
      await freeBlock.give("p", again).catch(() => undefined);
    });
    await expect(twice).rejects.toThrow("free already");
    expect(await blocksOf(store, "p")).toEqual([]);
  });

  test("blocks come in pages, by number", async () => {
    const { store } = opened();
    await store.transaction(async ({ freeBlock }) => {
      for (const [first, bits] of [
        [8, 3],
        [2, 0],
        [4, 1],
      ] as const)
        await freeBlock.give("p", block(first, bits));
    });
    const { freeBlock } = store.read;
    expect(await freeBlock.list("p", { limit: 2 })).toEqual([block(2, 0), block(4, 1)]);
    expect(await freeBlock.list("p", { after: 4n, limit: 2 })).toEqual([block(8, 3)]);
    await expect(freeBlock.list("p", { limit: 0 })).rejects.toThrow(RangeError);
  });
}

const whole = block(0, 5);

/** The largest aligned blocks within `around` that are free throughout. */
function asBlocks(free: ReadonlySet<number>, around: Block = whole): Block[] {
  if (numbersOf(around).every((n) => free.has(n))) return [around];
  if (around.bits === 0) return [];
  const bits = around.bits - 1;
  const halves = [block(around.first, bits), block(around.first + (1n << BigInt(bits)), bits)];
  return halves.flatMap((half) => asBlocks(free, half));
}

const numbersOf = ({ first, bits }: Block) =>
  Array.from({ length: 2 ** bits }, (_, index) => Number(first) + index);

/** A pool beside the numbers that are free in it. */
interface Model {
  readonly pool: string;
  readonly free: Set<number>;
  readonly freeBlock: FreeBlockWriter;
}

const steps: Readonly<Record<string, (model: Model, wanted: Block) => Promise<void>>> = {
  async fit({ pool, free, freeBlock }, { bits }) {
    const fits = asBlocks(free).filter((each) => each.bits >= bits);
    const [best] = fits.sort((a, b) => a.bits - b.bits || Number(a.first - b.first));
    const carved = await freeBlock.takeFit(pool, bits);
    expect(carved).toEqual(best && { from: best, block: block(best.first, bits) });
    for (const n of carved ? numbersOf(carved.block) : []) free.delete(n);
  },
  async take({ pool, free, freeBlock }, wanted) {
    const all = numbersOf(wanted).every((n) => free.has(n));
    const carved = await freeBlock.take(pool, wanted);
    expect(carved?.block).toEqual(all ? wanted : undefined);
    if (carved) expect(asBlocks(free)).toContainEqual(carved.from);
    for (const n of all ? numbersOf(wanted) : []) free.delete(n);
  },
  async give({ pool, free, freeBlock }, wanted) {
    if (numbersOf(wanted).some((n) => free.has(n))) return;
    const joined = await freeBlock.give(pool, wanted);
    for (const n of numbersOf(wanted)) free.add(n);
    expect(asBlocks(free)).toContainEqual(joined);
  },
};

const sequences = fc.array(
  fc.record({
    verb: fc.constantFrom(...Object.keys(steps)),
    at: fc.integer({ min: 0, max: 31 }),
    bits: fc.integer({ min: 0, max: 4 }),
  }),
  { maxLength: 40 },
);

function aboutSequences(opened: () => Opened): void {
  test("any sequence leaves what a set of numbers would have", async () => {
    let runs = 0;
    const property = fc.asyncProperty(sequences, (sequence) =>
      opened().store.transaction(async ({ freeBlock }) => {
        const model = { pool: `run ${(runs += 1)}`, free: new Set(numbersOf(whole)), freeBlock };
        await freeBlock.give(model.pool, whole);
        for (const { verb, at, bits } of sequence) {
          await steps[verb]?.(model, block((at >> bits) << bits, bits));
          const blocks = await freeBlock.list(model.pool, { limit: 100 });
          expect(blocks).toEqual(asBlocks(model.free));
        }
      }),
    );
    await fc.assert(property, { numRuns: 60 });
  });
}
