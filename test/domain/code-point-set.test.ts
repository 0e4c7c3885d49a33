// Sets of code points.
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type CodePointSet,
  codePointSet,
  complement,
  contains,
  everyCodePoint,
  intersect,
} from "../../src/domain/code-point-set.ts";

test("ranges are sorted, joined where they touch, dropped where they are reversed", () => {
  expect(
    codePointSet([
      [7, 9],
      [1, 3],
      [4, 5],
      [8, 12],
      [30, 20],
    ]),
  ).toEqual([
    [1, 5],
    [7, 12],
  ]);
});

test("nothing and everything are each other's complement", () => {
  expect(complement([])).toEqual(everyCodePoint);
  expect(complement(everyCodePoint)).toEqual([]);
});

const last = 0x10ffff;
const codePoint = fc.oneof(fc.nat({ max: 12 }), fc.integer({ min: last - 3, max: last }));
const ranges: fc.Arbitrary<CodePointSet> = fc.array(fc.tuple(codePoint, codePoint), {
  maxLength: 5,
});
const samples = [...Array.from({ length: 16 }, (_, at) => at), last - 3, last - 2, last - 1, last];

test("sets contain what their ranges contain, and their complements the rest", () => {
  fc.assert(
    fc.property(ranges, (given) => {
      const set = codePointSet(given);
      const expected = samples.filter((at) => given.some(([from, to]) => from <= at && at <= to));
      expect(samples.filter((at) => contains(set, at))).toEqual(expected);
      expect(samples.filter((at) => !contains(complement(set), at))).toEqual(expected);
      expect(complement(complement(set))).toEqual(set);
    }),
  );
});

test("sets intersect exactly if a code point is in both", () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const [one, other] = [codePointSet(a), codePointSet(b)];
      const common = samples.some((at) => contains(one, at) && contains(other, at));
      expect(intersect(one, other)).toBe(common);
    }),
  );
});
