// Waiting with an end: who wins, and that the loser leaves nothing behind.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { TimeLimitError, untilAborted, untilLimit } from "../../src/rbac/until-aborted.ts";

const never = new Promise<never>(() => {});
const reason = new Error("the end");

describe("waiting until a signal aborts", () => {
  test("gives the result that comes first", async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilAborted(Promise.reject(reason), signal)).rejects.toBe(reason);
  });

  test("rejects with the signal's reason if that comes first", async () => {
    const controller = new AbortController();
    const waiting = untilAborted(never, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(untilAborted(never, controller.signal)).rejects.toBe(reason);
  });

  test("leaves no listener at the signal, however often it is done", async () => {
    const { signal } = new AbortController();
    const works = Array.from({ length: 100 }, (_, index) => Promise.resolve(index));
    const waiting = Promise.all(works.map((work) => untilAborted(work, signal)));
    expect(getEventListeners(signal, "abort")).toHaveLength(100);
    await waiting;
    await new Promise(setImmediate);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("a rejection that comes too late is nobody's problem", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = untilAborted(promise, AbortSignal.abort(reason));
    await expect(waiting).rejects.toBe(reason);
    reject(new Error("too late")); // would fail the test as an unhandled rejection
    await new Promise(setImmediate);
  });
});

describe("waiting for a limited time", () => {
  test("gives the result that comes in time", async () => {
    expect(await untilLimit(Promise.resolve(1), { limitMs: 1000 })).toBe(1);
  });

  test("rejects after the limit, and says which", async () => {
    const waiting = untilLimit(never, { limitMs: 10 });
    await expect(waiting).rejects.toEqual(new TimeLimitError("took longer than 10 ms"));
  });

  test("rejects with the signal's reason before the limit", async () => {
    const signal = AbortSignal.abort(reason);
    await expect(untilLimit(never, { limitMs: 60_000, signal })).rejects.toBe(reason);
  });

  test("keeps no timer once it is done", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout");
    const before = timers().length;
    const waiting = untilLimit(Promise.resolve(1), { limitMs: 60_000 });
    expect(timers()).toHaveLength(before + 1);
    await waiting;
    expect(timers()).toHaveLength(before);
    const given = untilLimit(never, { limitMs: 60_000, signal: AbortSignal.abort(reason) });
    await expect(given).rejects.toBe(reason);
    expect(timers()).toHaveLength(before);
  });
});
