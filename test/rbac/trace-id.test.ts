// Names of calls: their form, their order, and bounds for searching.
import { expect, test } from "@jest/globals";
import { lowestTraceId, newTraceId } from "../../src/rbac/trace-id.ts";

test("a trace id is 32 hexadecimal digits in lower case", () => {
  expect(newTraceId()).toMatch(/^[0-9a-f]{32}$/);
});

test("trace ids of the same moment differ", () => {
  const ids = Array.from({ length: 1000 }, () => newTraceId(1));
  expect(new Set(ids).size).toBe(1000);
});

test("trace ids sort by time", () => {
  const times = [0, 1, 255, 256, 2 ** 31, 2 ** 32, Date.UTC(2026, 0, 1), 2 ** 48 - 1];
  const ids = times.map((time) => newTraceId(time));
  expect(ids.toSorted()).toEqual(ids);
});

test("the first twelve digits are the time in milliseconds", () => {
  const time = Date.UTC(2026, 10, 22, 9, 30);
  expect(Number.parseInt(newTraceId(time).slice(0, 12), 16)).toBe(time);
});

test("the lowest trace id of a moment is above all before it and below all of it", () => {
  const time = Date.UTC(2026, 10, 22);
  expect(newTraceId(time - 1) < lowestTraceId(time)).toBe(true);
  expect(newTraceId(time) >= lowestTraceId(time)).toBe(true);
  expect(lowestTraceId(time)).toMatch(/^[0-9a-f]{12}0{20}$/);
});

test.each([
  { ms: -1, id: "0".repeat(32) },
  { ms: 0.9, id: "0".repeat(32) },
  { ms: 2 ** 60, id: `${"f".repeat(12)}${"0".repeat(20)}` },
])("a bound at $ms stays within what a trace id can say", ({ ms, id }) => {
  expect(lowestTraceId(ms)).toBe(id);
});
