// Durations, moments and ages.
import { expect, test } from "@jest/globals";
import { ageText, durationSeconds, relativeTime } from "../../src/cli/time.ts";

test.each([
  ["90s", 90],
  ["1h30m", 5400],
  ["2d 4h", 187_200],
  ["1.5h", 5400],
  ["250ms", 0.25],
  ["1w", 604_800],
  ["0s", 0],
  ["", undefined],
  ["90", undefined],
  ["1h30", undefined],
  ["h", undefined],
  ["-1h", undefined],
  ["1 year", undefined],
])("%j is %j seconds", (text, expected) => {
  expect(durationSeconds(text)).toBe(expected);
});

test.each([
  ["1h", "2026-01-15T09:00:00.000Z"],
  ["+90d", "2026-04-15T10:00:00.000Z"],
  ["2026-01-01T00:00:00Z", undefined],
  ["99999999999w", undefined],
])("%j is relative to now", (text, expected) => {
  expect(relativeTime(text, new Date("2026-01-15T10:00:00Z"))).toBe(expected);
});

test.each([
  [0, "0s"],
  [0.9, "0s"],
  [59, "59s"],
  [60, "1m"],
  [61, "1m 1s"],
  [3600, "1h"],
  [3661, "1h 1m"],
  [86_400, "1d"],
  [615_600, "7d 3h"],
  [604_800 + 59, "7d"],
  [34_560_000, "400d"],
  [-5, "0s"],
])("%j seconds are %j", (seconds, expected) => {
  expect(ageText(seconds)).toBe(expected);
});
