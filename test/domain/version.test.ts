// Reading and ordering versions.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  compareVersions,
  normalVersion,
  parseVersion,
  type Version,
} from "../../src/domain/version.ts";

const version = (text: string): Version => {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new Error(`no version: ${text}`);
  return parsed;
};

describe("a version is read", () => {
  test.each([
    ["22", 1, "22.0.0"],
    ["19.4", 2, "19.4.0"],
    ["20.04", 2, "20.4.0"],
    ["20.04.20201004", 3, "20.4.20201004"],
    ["0.0.0", 3, "0.0.0"],
    ["007.08.09", 3, "7.8.9"],
    ["10.1.0-rc.01", 3, "10.1.0-rc.1"],
    ["10.1.0-a-b", 3, "10.1.0-a-b"],
    ["1.2.123456789012345678901234567890", 3, "1.2.123456789012345678901234567890"],
  ])("%s has %i numbers and means %s", (text, precision, normal) => {
    expect(version(text)).toMatchObject({ text, precision });
    expect(normalVersion(version(text))).toBe(normal);
  });

  test.each([
    ["", "nothing"],
    ["v1.2", "a prefix"],
    ["10.x.1", "a wildcard"],
    ["1.2.3.4", "four numbers"],
    ["1.", "an empty number"],
    [".1", "an empty number"],
    ["-1", "a sign"],
    ["1.2-rc", "a pre-release of a shortened version"],
    ["1.2.3-", "an empty pre-release"],
    ["1.2.3-a..b", "an empty identifier"],
    ["1.2.3+5", "build metadata"],
    [" 1.2", "a blank"],
    ["1.2\n", "a line end"],
    ["١.٢", "digits of another script"],
    ["9".repeat(257), "more than 256 characters"],
  ])("but not %j: %s", (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

describe("versions are ordered", () => {
  test("by number, not by text, and pre-releases before their release", () => {
    const ascending = [
      "1.0.0-0",
      "1.0.0-9",
      "1.0.0-10",
      "1.0.0-10.a",
      "1.0.0-A",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-rc.2",
      "1.0.0-rc.10",
      "1.0.0",
      "1.0.9007199254740993",
      "1.0.9007199254740994",
      "3.9",
      "3.10",
      "19.4.20200408",
      "19.10",
      "20.04",
    ].map(version);
    for (const [at, lower] of ascending.entries())
      for (const higher of ascending.slice(at + 1)) {
        expect([lower.text, higher.text, compareVersions(lower, higher)]).toEqual([
          lower.text,
          higher.text,
          -1,
        ]);
        expect([higher.text, lower.text, compareVersions(higher, lower)]).toEqual([
          higher.text,
          lower.text,
          1,
        ]);
      }
  });

  test.each([
    ["20.04", "20.4"],
    ["20.4", "20.4.0"],
    ["20", "20.0.0"],
    ["1.0.0-rc.01", "1.0.0-rc.1"],
  ])("%s equals %s", (a, b) => {
    expect(compareVersions(version(a), version(b))).toBe(0);
    expect(normalVersion(version(a))).toBe(normalVersion(version(b)));
  });

  const number = fc.oneof(fc.nat({ max: 2 }).map(String), fc.bigInt({ min: 0n }).map(String));
  const identifier = fc.constantFrom("0", "1", "01", "10", "a", "A", "a-b", "rc");
  const anyVersion = fc.oneof(
    fc.array(number, { minLength: 1, maxLength: 3 }).map((numbers) => version(numbers.join("."))),
    fc
      .array(identifier, { minLength: 1, maxLength: 3 })
      .map((pre) => version(`1.0.0-${pre.join(".")}`)),
  );

  test("totally: antisymmetric, transitive, equal exactly if the normal texts are", () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
        const [ab, bc, ac] = [compareVersions(a, b), compareVersions(b, c), compareVersions(a, c)];
        expect(compareVersions(b, a) + ab).toBe(0);
        expect(ab === 0).toBe(normalVersion(a) === normalVersion(b));
        if (ab <= 0 && bc <= 0) expect(ac).toBeLessThanOrEqual(0);
      }),
    );
  });
});
