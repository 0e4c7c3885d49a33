// Which tags a machine has, and who may say what in them.
import { describe, expect, test } from "@jest/globals";
import { isReservedTag, machineTags, tagKey } from "../../src/domain/machine-tag.ts";

const nothing = { primaryAsn: 0, rackId: "", chassisSerial: "" };
const all = { primaryAsn: 4_210_000_001, rackId: "rack-1", chassisSerial: "C-7" };
const labels = [
  "machine.metal-stack.io/network.primary.asn=4210000001",
  "machine.metal-stack.io/rack=rack-1",
  "machine.metal-stack.io/chassis=C-7",
];

describe("a machine has", () => {
  test.each<[string, string[], typeof all, string[]]>([
    ["no tags if nobody says any", [], nothing, []],
    ["all three labels", [], all, labels],
    ["only labels that have a value", [], { ...all, chassisSerial: "" }, labels.slice(0, 2)],
    [
      "the tags of its user in their order, then the labels",
      ["web", "env=prod"],
      all,
      ["web", "env=prod", ...labels],
    ],
    ["each tag once", ["web", "web", "a=1", "a=1"], nothing, ["web", "a=1"]],
    ["of each key the last value", ["a=1", "b=2", "a=3"], nothing, ["a=3", "b=2"]],
    ["a word and a label of that name", ["a", "a="], nothing, ["a", "a="]],
    ["values with =", ["a=b=c"], nothing, ["a=b=c"]],
    ["its rack, whatever its user says", [`${tagKey(labels[1] ?? "")}=moon`], all, labels],
    ["no rack of its user if it is not known", ["machine.metal-stack.io/rack=moon"], nothing, []],
    ["no such word either", ["machine.metal-stack.io/rack"], nothing, []],
    [
      "other tags of metal-stack's programs",
      ["cluster.metal-stack.io/id=c"],
      nothing,
      ["cluster.metal-stack.io/id=c"],
    ],
  ])("%s", (_, userTags, system, expected) => {
    expect(machineTags(userTags, system)).toEqual(expected);
  });
});

test.each([
  ["machine.metal-stack.io/rack=r", true],
  ["cluster.metal-stack.io/id=x", true],
  ["metal-stack.io/x", true],
  ["Machine.Metal-Stack.io/rack", true],
  ["metal-stack.io", false],
  ["notmetal-stack.io/x", false],
  ["metal-stack.io.example.com/x", false],
  ["example.com/metal-stack.io/x", false],
  ["web", false],
  ["env=metal-stack.io/x", false],
  ["", false],
])("%j is reserved: %s", (tag, expected) => {
  expect(isReservedTag(tag)).toBe(expected);
});
