// In which racks a project gets its next machine.
import { expect, test } from "@jest/globals";
import { bestRacks, drawRack } from "../../src/domain/rack-spread.ts";

/** "r1[a,b]" is a machine in rack r1 with the placement tags a and b. */
function neighbour(text: string) {
  const [, rackId = "", tags = ""] = /^(\w*)(?:\[(.*)\])?$/.exec(text) ?? [];
  return { rackId, placementTags: new Set(tags.split(",").filter((tag) => tag !== "")) };
}

const words = (text: string) => text.split(" ").filter((word) => word !== "");

/** Racks with the machines that the project has, as the search counts them. */
function racksOf(there: string, racks: string, tags: string) {
  const neighbours = words(there).map(neighbour);
  const wanted = new Set(words(tags));
  return words(racks).map((rackId) => {
    const own = neighbours.filter((one) => one.rackId === rackId);
    const shared = own.flatMap(({ placementTags }) =>
      Array.from(placementTags).filter((tag) => wanted.has(tag)),
    );
    return { rackId, free: 1, own: own.length, shared: shared.length };
  });
}

test.each([
  ["r1 r1 r2", "r1 r2", "", "r2"],
  ["r1 r1 r2", "r1", "", "r1"],
  ["r1[t1] r2[x] r2", "r1 r2", "t1", "r2"],
  ["r1 r2[x] r2", "r1 r2", "t1", "r1"],
  ["r1[c] r2[c] r2 r3[c,p]", "r1 r2 r3", "c p", "r1"],
  ["r1[c] r2[c] r3[p]", "r1 r2 r3", "c p", "r1 r2 r3"],
  ["r1[c] r2[c] r3[c,p]", "r1 r2 r3", "c p", "r1 r2"],
  ["r1 r1 r1 r2 r2 r3 r3", "r1 r2 r3", "", "r2 r3"],
  ["", "r1 r2", "", "r1 r2"],
  ["", "", "t1", ""],
  ["r9 r9", "r1 r2", "", "r1 r2"],
  ["r1[t1] r2 r2", "r1 r2", "t1", "r2"],
  ["r1[c,c] r2[c]", "r1 r2", "c c", "r1 r2"],
  ["r1[c]", "r1 r2", "", "r2"],
])("with machines in %s, of those in %s and tags %s: %s", (there, racks, tags, expected) => {
  const best = bestRacks(racksOf(there, racks, tags));
  expect(best.map(({ rackId }) => rackId)).toEqual(words(expected));
});

test("every machine of the racks has the same chance", () => {
  const racks = [3, 0, 1].map((free) => ({ free, own: 0, shared: 0 }));
  const drawn = [0, 0.24, 0.5, 0.74, 0.76, 0.999].map((number) => drawRack(racks, () => number));
  expect(drawn.map(({ free }) => free)).toEqual([3, 3, 3, 3, 1, 1]);
});

test("a random number out of range is a defect", () => {
  const racks = [{ free: 1, own: 0, shared: 0 }];
  expect(() => drawRack(racks, () => 1)).toThrow("not in [0, 1)");
});
