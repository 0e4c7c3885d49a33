// What a size may consist of.
import { describe, expect, test } from "@jest/globals";
import {
  assertSize,
  type ConstraintType,
  constraintFaults,
  type SizeConstraint,
} from "../../src/domain/size.ts";

const constraint = (
  type: ConstraintType,
  min: bigint,
  max: bigint,
  identifier = "",
): SizeConstraint => ({
  type,
  min,
  max,
  identifier,
});

describe("constraints are valid", () => {
  test.each([
    ["none at all", []],
    [
      "one of each",
      [
        constraint("cores", 8n, 8n, "Intel Xeon*"),
        constraint("memory", 1n, 2n ** 64n - 1n),
        constraint("storage", 0n, 0n),
        constraint("gpu", 1n, 4n, "AD102GL*"),
      ],
    ],
    [
      "several of disks and GPUs",
      [
        constraint("storage", 1n, 2n, "/dev/nvme*"),
        constraint("storage", 1n, 2n, "/dev/sd[a-c]"),
        constraint("gpu", 1n, 1n, "AD102GL*"),
        constraint("gpu", 1n, 1n, "H100*"),
      ],
    ],
  ])("%s", (_, constraints) => {
    expect(constraintFaults(constraints)).toEqual([]);
    expect(() => assertSize({ id: "c1", constraints })).not.toThrow();
  });
});

describe("a constraint is refused", () => {
  test.each([
    ["max", "cores out of order", constraint("cores", 8n, 2n), "max 2 is less than min 8"],
    ["max", "memory out of order", constraint("memory", 8n, 2n), "max 2 is less than min 8"],
    ["max", "storage out of order", constraint("storage", 8n, 2n), "max 2 is less than min 8"],
    ["max", "GPUs out of order", constraint("gpu", 8n, 2n, "a"), "max 2 is less than min 8"],
    ["identifier", "GPUs of no model", constraint("gpu", 1n, 1n), 'type "gpu" needs an identifier'],
    [
      "identifier",
      "memory of a name",
      constraint("memory", 1n, 1n, "a"),
      'type "memory" has no identifier',
    ],
    [
      "identifier",
      "a malformed glob",
      constraint("storage", 1n, 1n, "/dev/[sd"),
      'glob "/dev/[sd" has a class at character 6 that is empty, malformed or not closed',
    ],
  ])("%s: %s", (field, _, given, reason) => {
    expect(constraintFaults([given])).toEqual([{ index: 0, field, reason }]);
  });

  test.each(["cores", "memory"] as const)("if it is the second of type %s", (type) => {
    const faults = constraintFaults([
      constraint(type, 1n, 1n),
      constraint("storage", 1n, 1n),
      constraint(type, 2n, 2n),
    ]);
    expect(faults).toEqual([
      { index: 2, field: "type", reason: `only one constraint of type "${type}" is possible` },
    ]);
  });

  test("if its type is unknown", () => {
    const stored = JSON.parse('{"type": "nic", "identifier": ""}') as SizeConstraint;
    expect(constraintFaults([{ ...stored, min: 1n, max: 1n }])).toEqual([
      { index: 0, field: "type", reason: 'no type "nic", known are cores, memory, storage, gpu' },
    ]);
  });

  test("together with all others that violate a rule", () => {
    const constraints = [
      constraint("gpu", 2n, 1n),
      constraint("cores", 1n, 1n, "["),
      constraint("cores", 1n, 1n),
      constraint("memory", 1n, 1n),
    ];
    expect(() => assertSize({ id: "c1", constraints })).toThrow(
      "constraint at index 0, max: max 1 is less than min 2; " +
        'constraint at index 0, identifier: type "gpu" needs an identifier; ' +
        'constraint at index 1, identifier: glob "[" has a class at character 1 that is empty, malformed or not closed; ' +
        'constraint at index 2, type: only one constraint of type "cores" is possible',
    );
  });
});

test("the id of machines without a size is not available", () => {
  expect(() => assertSize({ id: "unknown", constraints: [] })).toThrow(
    'size id "unknown" is reserved',
  );
});
