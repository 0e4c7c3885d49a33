// Features, classification and end of an image.
import { describe, expect, test } from "@jest/globals";
import {
  defaultClassification,
  defaultExpiry,
  isExpired,
  parseFeatures,
} from "../../src/domain/image.ts";

const now = new Date("2026-03-01T12:00:00Z");

test("an image ends 90 days after its creation unless it says otherwise", () => {
  expect(defaultExpiry(now)).toEqual(new Date("2026-05-30T12:00:00Z"));
});

test("an image is a preview unless it says otherwise", () => {
  expect(defaultClassification).toBe("preview");
});

test.each([
  ["2026-03-01T12:00:00.001Z", false],
  ["2026-03-01T12:00:00.000Z", true],
  ["2020-01-01T00:00:00Z", true],
])("an image that ends at %s is expired at noon: %s", (expires, expired) => {
  expect(isExpired({ expires: new Date(expires) }, now)).toBe(expired);
});

describe("features", () => {
  test.each([
    [["machine"], ["machine"]],
    [
      ["firewall", "machine", "firewall"],
      ["machine", "firewall"],
    ],
  ])("%j are the set %j", (given, set) => {
    expect(parseFeatures(given)).toEqual(set);
  });

  test.each([
    [[], 'an image needs at least one feature of "machine", "firewall"'],
    [["machine", "router"], 'no feature "router", known are "machine", "firewall"'],
    [["Machine"], 'no feature "Machine", known are "machine", "firewall"'],
  ])("%j are refused: %s", (given, message) => {
    expect(() => parseFeatures(given)).toThrow(message);
  });
});
