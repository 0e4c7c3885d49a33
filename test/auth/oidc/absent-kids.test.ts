// How long, and how many, absent key ids are remembered.
import { expect, test } from "@jest/globals";
import { AbsentKids } from "../../../src/auth/oidc/absent-kids.ts";

test("a key id is remembered for a minute", () => {
  const absent = new AbsentKids();
  absent.add("k", 0);
  expect([absent.has("k", 59_999), absent.has("k", 60_000), absent.has("x", 0)]).toEqual([
    true,
    false,
    false,
  ]);
});

test("a thousand are remembered, and then the oldest is forgotten", () => {
  const absent = new AbsentKids();
  for (let index = 0; index < 1000; index += 1) absent.add(`${index}`, 0);
  expect(absent.has("0", 0)).toBe(true);
  absent.add("one more", 0);
  expect([absent.has("0", 0), absent.has("1", 0)]).toEqual([false, true]);
});
