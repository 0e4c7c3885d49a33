// No machine may get one of two layouts by chance.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isFor } from "../../../src/domain/filesystem-layout.ts";
import { parseImageQuery } from "../../../src/domain/image-version.ts";
import { assertNoCollision, collisions } from "../../../src/domain/layout/collision.ts";
import { forMachines, layout } from "./sample.ts";

const collide = (a: string, b: string) => {
  const [one, other] = [
    forMachines("a", ["c1"], { ubuntu: a }),
    forMachines("b", ["c1"], { ubuntu: b }),
  ];
  return [collisions(one, [other]).length === 1, collisions(other, [one]).length === 1];
};

describe("layouts for one size and one operating system", () => {
  test.each([
    [">= 10", "<= 9.9", false],
    [">= 10", "< 10", false],
    [">= 10", "< 9", false],
    ["<= 9.9", ">= 9.8", true],
    ["*", ">= 10", true],
    ["*", "1.2.3", true],
    ["*", "*", true],
    [">= 10", ">= 10", true],
    [">= 10", ">= 12", true],
    ["> 10.1", "> 11.5.1", true],
    ["< 10", "<= 9", true],
    ["!= 10", "!= 11", true],
    ["!= 10", "10", false],
    ["!= 10", "10.1.1", false],
    ["!= 10", "11", true],
    ["= 10.1.3", "10.1.3", true],
    ["= 10.1.3", "= 10.1.4", false],
    ["10.1", "~ 10.1.20220101", true],
    ["~ 10.1.3", "~ 10.2.0", false],
    ["^ 10.1.3", "~ 10.2.0", true],
  ])('"%s" and "%s" collide: %s', (a, b, expected) => {
    expect(collide(a, b)).toEqual([expected, expected]);
  });
});

test.each([
  ["of different sizes", ["c1"], { ubuntu: "*" }, ["c2"], { ubuntu: "*" }],
  ["of different images", ["c1"], { ubuntu: "*" }, ["c1"], { debian: "*" }],
  ["to be taken by id only", [], {}, ["c1"], { ubuntu: "*" }],
  ["for no image", ["c1"], {}, ["c1"], { ubuntu: "*" }],
  ["whose size and image read alike side by side", ["c1"], { "2os": "*" }, ["c12"], { os: "*" }],
  ["for images named like parts of the language", ["c1"], { a: "*" }, ["c1"], { toString: "*" }],
] as [string, string[], Record<string, string>, string[], Record<string, string>][])(
  "layouts %s do not collide",
  (_, sizes, images, otherSizes, otherImages) => {
    const one = forMachines("a", sizes, images);
    const other = forMachines("b", otherSizes, otherImages);
    expect(collisions(one, [other])).toEqual([]);
    expect(collisions(other, [one])).toEqual([]);
  },
);

test("a layout does not collide with what it was before", () => {
  expect(
    collisions(forMachines("a", ["c1"], { ubuntu: "*" }), [
      forMachines("a", ["c1"], { ubuntu: "*" }),
    ]),
  ).toEqual([]);
});

test("an error names all layouts, sizes, images and constraints in question", () => {
  const one = forMachines("new", ["c1", "c2", "c3"], { ubuntu: "*", debian: "12", arch: "*" });
  const others = [
    forMachines("x", ["c2", "c1"], { ubuntu: ">= 22.04", debian: "11" }),
    layout({ id: "y" }),
    forMachines("z", ["c3"], { debian: "*", ubuntu: "20" }),
  ];
  expect(() => assertNoCollision(one, others)).toThrow(
    'filesystem layout "new" collides: ' +
      'layout "x" is for sizes "c1", "c2" too, with common versions of ubuntu "*" and ">= 22.04"; ' +
      'layout "z" is for sizes "c3" too, with common versions of ubuntu "*" and "20", debian "12" and "*"',
  );
  expect(() => assertNoCollision(one, [])).not.toThrow();
});

test("an error about many layouts is short", () => {
  const others = Array.from({ length: 40 }, (_, at) => forMachines(`l${at}`, ["c1"], { a: "*" }));
  expect(() => assertNoCollision(forMachines("new", ["c1"], { a: "*" }), others)).toThrow(
    /l0.*l4.*; 35 more$/,
  );
});

test("of layouts that were accepted one after the other, at most one is for any machine", () => {
  const part = fc.nat({ max: 3 });
  const version = fc
    .tuple(part, fc.option(part), fc.option(part))
    .map(([a, b, c]) => [a, b, b === null ? null : c].filter((n) => n !== null).join("."));
  const operator = fc.constantFrom("=", "!=", ">", ">=", "<", "<=", "~", "^");
  const rule = fc.oneof(
    fc.constant("*"),
    version,
    fc.tuple(operator, version).map((words) => words.join(" ")),
  );
  const constraints = fc.tuple(
    fc.subarray(["c1", "c2"], { minLength: 1 }),
    fc.dictionary(fc.constantFrom("ubuntu", "debian"), rule, { minKeys: 1 }),
  );
  fc.assert(
    fc.property(fc.array(constraints, { maxLength: 8 }), fc.tuple(part, part, part), (all, v) => {
      const accepted: ReturnType<typeof layout>[] = [];
      for (const [index, [sizes, images]] of all.entries()) {
        const candidate = forMachines(`l${index}`, sizes, images);
        if (collisions(candidate, accepted).length === 0) accepted.push(candidate);
      }
      for (const os of ["ubuntu", "debian"]) {
        const image = parseImageQuery(`${os}-${v.join(".")}`);
        const getting = accepted.filter((one) => image && isFor(one, "c1", image));
        expect(getting.length).toBeLessThan(2);
      }
    }),
    { numRuns: 500 },
  );
});
