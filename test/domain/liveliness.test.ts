// Alive or dead, by the last contact.
import { expect, test } from "@jest/globals";
import { type Liveliness, livelinesses, livelinessAt } from "../../src/domain/liveliness.ts";

const nowMs = Date.UTC(2026, 0, 1);
const minute = 60_000;

test.each<[age: number, allocated: boolean, Liveliness]>([
  [0, false, "Alive"],
  [0, true, "Alive"],
  [5 * minute, false, "Alive"],
  [5 * minute, true, "Alive"],
  [5 * minute + 1, false, "Dead"],
  [5 * minute + 1, true, "Unknown"],
  [1000 * minute, false, "Dead"],
  [1000 * minute, true, "Unknown"],
  [-minute, false, "Alive"],
])("heard of %d ms ago, in use: %s, it is %s", (age, allocated, expected) => {
  for (const liveliness of livelinesses)
    expect(livelinessAt({ lastEventTime: nowMs - age, liveliness }, { nowMs, allocated })).toBe(
      expected,
    );
});

test.each([...livelinesses, undefined])("without any contact %s stays", (liveliness) => {
  for (const allocated of [true, false])
    expect(livelinessAt({ liveliness }, { nowMs, allocated })).toBe(liveliness);
});
