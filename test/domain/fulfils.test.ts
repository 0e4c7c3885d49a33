import { describe, expect, test } from "@jest/globals";
import { fulfils } from "../../src/domain/fulfils.ts";
import { type Entity, entities, type Kind } from "../../src/store/entities.ts";
import type { Filter } from "../../src/store/store.ts";
import { sample } from "../store/sample.ts";

const kinds = Object.keys(entities) as Kind[];

/** The values that a sample of a kind is found by, by field. */
function valuesOf(kind: Kind): Map<string, string[]> {
  const { terms }: Entity = entities[kind];
  const found = terms(sample(kind, "x")).filter(([, value]) => value !== "");
  const byField = Map.groupBy(found, ([field]) => field);
  return new Map(Array.from(byField, ([field, list]) => [field, list.map(([, value]) => value)]));
}

/** To the types, a filter of any kind is one of images. */
const judge = (kind: Kind, where: object): boolean =>
  fulfils(kind as "image", sample(kind as "image", "x"), where as Filter<"image">);

describe.each(kinds)("%s", (kind) => {
  const fields = [...valuesOf(kind)];

  test("fulfils what it is found by, all of it together, and what does not restrict", () => {
    expect(judge(kind, { id: "x", ...Object.fromEntries(fields) })).toBe(true);
    expect(judge(kind, { id: "", absent: undefined, empty: [] })).toBe(true);
  });

  test("fulfils nothing that differs in one value", () => {
    expect(judge(kind, { id: "y" })).toBe(false);
    for (const [field, values] of fields)
      expect([field, judge(kind, { [field]: [...values, "another"] })]).toEqual([field, false]);
  });
});
