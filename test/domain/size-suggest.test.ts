// Constraints that fit a machine at hand.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { constraintFaults } from "../../src/domain/size.ts";
import { type Hardware, matchesSize } from "../../src/domain/size-match.ts";
import { suggestConstraints, suggestIdentifier } from "../../src/domain/size-suggest.ts";

const disk = (name: string, size: bigint) => ({ name, size });

test("every kind of hardware gets its actual amount", () => {
  const hardware = {
    cpus: [{ model: "Intel Xeon Silver", cores: 8 }],
    memory: 1n << 30n,
    disks: ["/dev/nvme0n1", "/dev/nvme1n1", "/dev/nvme2n1"].map((name) => disk(name, 1000n)),
    gpus: [{ vendor: "NVIDIA Corporation", model: "H100" }],
  };
  expect(suggestConstraints(hardware)).toEqual([
    { type: "cores", min: 8n, max: 8n, identifier: "Intel Xeon Silver" },
    { type: "memory", min: 1073741824n, max: 1073741824n, identifier: "" },
    { type: "storage", min: 3000n, max: 3000n, identifier: "/dev/nvme*" },
    { type: "gpu", min: 1n, max: 1n, identifier: "H100" },
  ]);
});

test("GPUs are counted by model, and brackets in a model stand for themselves", () => {
  const rtx = { model: "AD102GL [RTX 6000 Ada Generation]" };
  const hardware = { cpus: [], memory: 1n, disks: [], gpus: [rtx, { model: "H100" }, rtx] };
  expect(suggestConstraints(hardware).filter(({ type }) => type === "gpu")).toEqual([
    { type: "gpu", min: 2n, max: 2n, identifier: "AD102GL \\[RTX 6000 Ada Generation]" },
    { type: "gpu", min: 1n, max: 1n, identifier: "H100" },
  ]);
  expect(matchesSize(suggestConstraints(hardware), hardware)).toBe(true);
});

describe("the identifier for several names", () => {
  test.each([
    ["is empty for none", [], ""],
    ["is the only one", ["foo"], "foo"],
    ["is the one they all have", ["foo", "foo"], "foo"],
    ["is the common beginning", ["foo", "foobar", "foo"], "foo*"],
    ["is a star if they begin differently", ["foo", "bar"], "*"],
    ["is empty if a star would have to cross a slash", ["/dev/sda", "/dev/mapper/root"], ""],
    ["is empty if they differ from the first slash on", ["sda", "/dev/sda"], ""],
    ["has special characters escaped", ["a[1]*x", "a[1]*y"], "a\\[1]\\**"],
    ["does not split a character", ["🙂", "🙃"], "*"],
    ["is the common beginning of whole characters", ["a🙂1", "a🙂2"], "a🙂*"],
    ["is a star if one is empty", ["", "sda"], "*"],
  ])("%s: %j", (_, names, expected) => {
    expect(suggestIdentifier(names)).toBe(expected);
  });
});

const name = fc.oneof(
  fc.constantFrom("", "/dev/sda", "/dev/sdb", "/dev/nvme0n1", "/dev/mapper/a", "sda"),
  fc.string({ unit: fc.constantFrom(...Array.from("ab/*?[]\\^-🙂🙃")), maxLength: 5 }),
);
const hardware: fc.Arbitrary<Hardware> = fc.record({
  cpus: fc.array(fc.record({ model: name, cores: fc.nat() }), { maxLength: 3 }),
  memory: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  disks: fc.array(fc.record({ name, size: fc.bigInt({ min: 0n, max: 2n ** 60n }) }), {
    maxLength: 3,
  }),
  gpus: fc.array(fc.record({ model: name }), { maxLength: 3 }),
});

test("suggested constraints are valid and match the hardware that they come from", () => {
  fc.assert(
    fc.property(hardware, (machine) => {
      const constraints = suggestConstraints(machine);
      expect(constraintFaults(constraints)).toEqual([]);
      expect(matchesSize(constraints, machine)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
