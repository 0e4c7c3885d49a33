// In which racks a project gets its next machine.
import { expect, test } from "@jest/globals";
import { type Neighbour, spread } from "../../src/domain/rack-spread.ts";

/** "r1[a,b]" is a machine in rack r1 with the placement tags a and b. */
function neighbour(text: string): Neighbour {
  const [, rackId = "", tags = ""] = /^(\w*)(?:\[(.*)\])?$/.exec(text) ?? [];
  return { rackId, placementTags: tags.split(",").filter((tag) => tag !== "") };
}

const words = (text: string) => text.split(" ").filter((word) => word !== "");

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
  const machines = words(racks).map((rackId) => ({ rackId }));
  const chosen = spread(machines, {
    neighbours: words(there).map(neighbour),
    placementTags: words(tags),
  });
  expect(chosen.map(({ rackId }) => rackId)).toEqual(words(expected));
});

test("machines whose rack is not known are together in a rack of their own", () => {
  const machines = [{ rackId: "" }, { rackId: "r1" }];
  const neighbours = [neighbour(""), neighbour("r1"), neighbour("")];
  expect(spread(machines, { neighbours, placementTags: [] })).toEqual([{ rackId: "r1" }]);
});

test("all machines of a rack are kept, in their order", () => {
  const machines = ["r1", "r2", "r1"].map((rackId, id) => ({ rackId, id }));
  const chosen = spread(machines, { neighbours: [neighbour("r2")], placementTags: [] });
  expect(chosen.map(({ id }) => id)).toEqual([0, 2]);
});
