import { expect, test } from "@jest/globals";
import { durationText } from "../../src/domain/duration.ts";

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  [0, "0 s"],
  [999, "0 s"],
  [-second, "0 s"],
  [second, "1 s"],
  [minute - 1, "59 s"],
  [minute, "1 min"],
  [minute + 5 * second, "1 min 5 s"],
  [hour, "1 h"],
  [hour + 5 * second, "1 h"],
  [2 * day + 3 * hour + 59 * minute, "2 d 3 h"],
  [2 * day + 59 * minute, "2 d"],
  [400 * day, "400 d"],
])("%d ms are %s", (span, text) => {
  expect(durationText(span)).toBe(text);
});
