// Which machines are given a new start, and how often.
import { describe, expect, test } from "@jest/globals";
import { livelinessAt } from "../../src/domain/liveliness.ts";
import { applyEvent } from "../../src/domain/provisioning.ts";
import { type EventContainer, noEvents, touch } from "../../src/domain/provisioning-event.ts";
import {
  type Attempts,
  type Casualty,
  type Decision,
  decideResurrection,
} from "../../src/domain/resurrection.ts";

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 1);

/** A free machine that was last heard of so long ago. */
const free = (age: number, flags: Partial<EventContainer> = {}): Casualty => ({
  allocated: false,
  locked: false,
  container: { ...touch(noEvents, now - age), ...flags },
});
const dead = (age: number) => free(age, { liveliness: "Dead" });
const waiting: Partial<EventContainer> = {
  events: [{ time: now - hour, event: "Waiting", message: "" }],
};

const kinds = (casualty: Casualty) => decideResurrection(casualty, now).kind;

describe("a machine is given a new start", () => {
  test.each<[string, Casualty, Decision["kind"]]>([
    ["dead for more than an hour", dead(hour + 1), "attempt"],
    ["dead for an hour", dead(hour), "none"],
    ["silent, but not dead", free(2 * hour, { liveliness: "Unknown" }), "none"],
    ["still running what it should not", free(0, { failedReclaim: true }), "attempt"],
    ["alive", free(0), "none"],
    ["in use", { ...dead(2 * hour), allocated: true }, "none"],
    ["locked", { ...dead(2 * hour), locked: true }, "none"],
    ["unknown", { allocated: false, locked: false }, "none"],
    ["never heard of", { ...dead(0), container: { ...noEvents, liveliness: "Dead" } }, "none"],
  ])("%s: %s", (_, casualty, expected) => {
    expect(kinds(casualty)).toBe(expected);
  });

  test("and it is said why", () => {
    expect(decideResurrection(dead(2 * hour), now)).toEqual({
      kind: "attempt",
      plight: "dead",
      attempts: { count: 1, lastTime: now },
    });
    expect(decideResurrection(free(0, { failedReclaim: true }), now)).toMatchObject({
      plight: "failed-reclaim",
    });
  });
});

describe("attempts that fail become rare", () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [5, 16],
    [6, 24],
    [60, 24],
  ])("after %d attempts the next one is %d hours later", (count, hours) => {
    const attempts: Attempts = { count, lastTime: now };
    const casualty = { ...free(0, { failedReclaim: true }), attempts };
    const until = now + hours * hour;
    expect(decideResurrection(casualty, until - 1)).toEqual({ kind: "wait", until });
    expect(decideResurrection(casualty, until)).toEqual({
      kind: "attempt",
      plight: "failed-reclaim",
      attempts: { count: count + 1, lastTime: until },
    });
  });

  test.each<[string, Casualty, Decision["kind"]]>([
    ["forgotten when it waits again", free(0, waiting), "forget"],
    ["forgotten when it has a user", { ...free(0), allocated: true }, "forget"],
    ["remembered when it died waiting", free(2 * hour, { ...waiting, liveliness: "Dead" }), "wait"],
    ["remembered when it was merely heard of", free(0), "none"],
  ])("they are %s", (_, casualty, expected) => {
    const attempts: Attempts = { count: 3, lastTime: now - hour };
    expect(kinds({ ...casualty, attempts })).toBe(expected);
  });

  test("a machine that stays dead for a week is tried eleven times, each a Machine Reclaim", () => {
    let casualty = dead(hour);
    const times: number[] = [];
    for (let time = now; time < now + 7 * 24 * hour; time += 60_000) {
      const before = casualty.container ?? noEvents;
      const liveliness = livelinessAt(before, { nowMs: time, allocated: false });
      casualty = { ...casualty, container: { ...before, liveliness } };
      const decision = decideResurrection(casualty, time);
      if (decision.kind !== "attempt") continue;
      times.push(time);
      const reclaim = { time, event: "Machine Reclaim", message: "" } as const;
      const container = applyEvent({ ...before, liveliness }, reclaim);
      casualty = { ...casualty, container, attempts: decision.attempts };
    }
    expect(times.length).toBe(11);
    expect(casualty.container?.events.length).toBe(11);
  });
});
