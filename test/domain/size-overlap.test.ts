// Whether two sizes could both be the size of some hardware.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { globsIntersect } from "../../src/domain/glob.ts";
import type { ConstraintType, SizeConstraint } from "../../src/domain/size.ts";
import { identifierGlob, matchesSize } from "../../src/domain/size-match.ts";
import { findOverlap, sizesOverlap } from "../../src/domain/size-overlap.ts";

const of =
  (type: ConstraintType) =>
  (min: number, max: number, identifier = ""): SizeConstraint => ({
    type,
    min: BigInt(min),
    max: BigInt(max),
    identifier,
  });
const [cores, memory, storage, gpu] = [of("cores"), of("memory"), of("storage"), of("gpu")];

const base = [cores(1, 1), memory(1024, 1024)];
const graphics = [cores(32, 32), memory(240, 280), storage(1500, 2000), gpu(1, 1, "AD102GL*")];
const compute = [cores(32, 32), memory(220, 260), storage(500, 4000)];

const bothWays = (a: readonly SizeConstraint[], b: readonly SizeConstraint[]): boolean[] => [
  sizesOverlap(a, b),
  sizesOverlap(b, a),
  sizesOverlap(a.toReversed(), b),
  sizesOverlap(b, a.toReversed()),
];

describe("two sizes overlap in any order of sizes and constraints", () => {
  test.each([
    ["range above, in part", [cores(0, 4, "a")], [cores(3, 5, "a")]],
    ["range below, in part", [cores(2, 4, "a")], [cores(1, 3, "a")]],
    ["range inside", [cores(1, 5, "a")], [cores(2, 3, "a")]],
    ["ranges that share a bound", [memory(5, 8)], [memory(8, 9)]],
    [
      "the same",
      [cores(4, 4), memory(5, 8), gpu(1, 1, "a")],
      [gpu(1, 1, "a"), memory(5, 8), cores(4, 4)],
    ],
    ["disks up to 2048 and up to 1024", [...base, storage(0, 2048)], [...base, storage(0, 1024)]],
    [
      "a glob and a name that it matches",
      [...base, storage(0, 9, "/dev/sd*")],
      [...base, storage(0, 9, "/dev/sda")],
    ],
    ["two globs with common names", [gpu(1, 1, "AD102*")], [gpu(1, 1, "*RTX*")]],
    ["no identifier and any", [...base, storage(1, 9)], [...base, storage(1, 9, "/dev/nvme*")]],
    [
      "a kind of disks that may be missing",
      [storage(1, 9, "/dev/nvme*"), storage(0, 9, "/dev/sd*")],
      [storage(1, 9, "/dev/nvme*")],
    ],
    ["one kind of GPU split in two", [gpu(2, 2, "A*")], [gpu(1, 1, "A1"), gpu(1, 1, "A2")]],
    [
      "a total beside one of its parts",
      [storage(10, 20), storage(5, 8, "/dev/nvme*")],
      [storage(15, 30)],
    ],
  ])("%s", (_, a, b) => {
    expect(bothWays(a, b)).toEqual([true, true, true, true]);
  });

  test("identical ones with several GPUs or disks of different identifiers", () => {
    const models = [...base, gpu(1, 2, "AD102GL*"), gpu(1, 2, "H100*")];
    const disks = [...base, storage(2048, 4096, "/dev/nvme*"), storage(0, 1024, "/dev/sd*")];
    expect(
      bothWays(
        models,
        models.map((one) => ({ ...one })),
      ),
    ).toEqual([true, true, true, true]);
    expect(bothWays(disks, disks)).toEqual([true, true, true, true]);
  });
});

describe("two sizes do not overlap", () => {
  test.each([
    ["only memory, only cores", [memory(0, 0)], [cores(0, 0)]],
    ["cores, GPUs", [cores(0, 0)], [gpu(0, 0, "a")]],
    ["other identifiers", [cores(0, 4, "a")], [cores(0, 4, "b")]],
    ["0..4 and 5..8", [memory(0, 4)], [memory(5, 8)]],
    ["0..2 and 3..4", [cores(0, 2, "a")], [cores(3, 4, "a")]],
    ["one GPU, that and another one", [gpu(1, 1, "a")], [gpu(1, 1, "a"), gpu(2, 2, "b")]],
    [
      "sd and nvme",
      [...base, storage(0, 2048, "/dev/sd*")],
      [...base, storage(0, 2024, "/dev/nvme*")],
    ],
    ["an incomplete one", [cores(1, 1)], [...base, storage(0, 1024)]],
    [
      "a complete one of more cores",
      [...base, storage(0, 1024)],
      [cores(8, 16), memory(1024, 9999), storage(1024, 2048)],
    ],
    ["with GPU and without", graphics, compute],
    ["without constraints", [], base],
    ["both without constraints", [], []],
    [
      "parts that add up to more than the whole",
      [gpu(4, 4, "a1"), gpu(4, 4, "a2")],
      [gpu(1, 4, "a*")],
    ],
    [
      "parts that add up to less than the whole",
      [gpu(1, 1, "a1"), gpu(1, 1, "a2")],
      [gpu(3, 4, "a*")],
    ],
    [
      "one part fits, the other does not",
      [storage(5, 6, "a"), storage(5, 6, "b")],
      [storage(5, 6, "a"), storage(7, 9, "b")],
    ],
    ["a total below its part", [storage(1, 4)], [storage(5, 9, "/dev/nvme*")]],
  ])("%s", (_, a, b) => {
    expect(bothWays(a, b)).toEqual([false, false, false, false]);
  });
});

test("many constraints are compared quickly, and never called different if they are not", () => {
  const many = Array.from({ length: 40 }, (_, at) => gpu(1, 1, `model-${at}-*`));
  expect(bothWays(many, many)).toEqual([true, true, true, true]);
  expect(sizesOverlap(many, [...many.slice(1), gpu(2, 2, "model-0-*")])).toBe(false);
});

test("a size is compared with all but its own former self, and the first that overlaps is named", () => {
  const sizes = [
    { id: "c1", constraints: [...base, storage(0, 10)] },
    { id: "c2", constraints: [...base, storage(11, 20)] },
    { id: "c3", constraints: [...base, storage(21, 30)] },
  ];
  const find = (id: string, min: number, max: number): string | undefined =>
    findOverlap({ id, constraints: [...base, storage(min, max)] }, sizes)?.id;
  expect(find("new", 15, 25)).toBe("c2");
  expect(find("c2", 12, 20)).toBeUndefined();
  expect(find("c2", 12, 21)).toBe("c3");
  expect(find("new", 31, 40)).toBeUndefined();
});

const identifier = fc.constantFrom("a", "b", "c", "[ab]", "[bc]", "?", "");
const bound = fc.nat({ max: 3 });
const diskConstraint = fc
  .tuple(identifier, bound, bound)
  .map(([text, x, y]) => storage(Math.min(x, y), Math.max(x, y), text));
const disks = fc.array(diskConstraint, { minLength: 1, maxLength: 3 });

/** All machines with some of the disks a, b and c of 0 to 3 bytes each: no range above allows more. */
const machines = ["a", "b", "c"]
  .reduce<{ name: string; size: bigint }[][]>(
    (found, name) =>
      found.flatMap((some) => [some, ...[0n, 1n, 2n, 3n].map((size) => [...some, { name, size }])]),
    [[]],
  )
  .filter((some) => some.length > 0)
  .map((some) => ({ cpus: [], memory: 0n, gpus: [], disks: some }));

const existsFor = (a: readonly SizeConstraint[], b: readonly SizeConstraint[]): boolean =>
  machines.some((machine) => [a, b].every((size) => matchesSize([memory(0, 0), ...size], machine)));

const countsTwice = (constraints: readonly SizeConstraint[]): boolean =>
  constraints.some((one, at) =>
    constraints
      .slice(at + 1)
      .some((other) =>
        globsIntersect(identifierGlob(one.identifier), identifierGlob(other.identifier)),
      ),
  );

test("sizes overlap if a small machine matches both", () => {
  fc.assert(
    fc.property(disks, disks, (a, b) => {
      if (existsFor(a, b)) expect(sizesOverlap(a, b)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test("sizes that count no disk twice overlap only if a small machine matches both", () => {
  const disjoint = disks.filter((constraints) => !countsTwice(constraints));
  fc.assert(
    fc.property(disjoint, disjoint, (a, b) => {
      expect(sizesOverlap(a, b)).toBe(existsFor(a, b));
    }),
    { numRuns: 150 },
  );
});
