// Two servers with memories of their own and one that they share: what one has seen, none takes for new.
import { describe, expect, test } from "@jest/globals";
import { createSharedSalts, type SharedMemory } from "../../src/auth/shared-salts.ts";
import { createUsedSalts } from "../../src/auth/used-salts.ts";

const start = Date.parse("2026-01-15T10:00:00Z");
const end = start + 30_000;

/** A shared memory that can be cleared and broken. */
function createShared() {
  const known = new Map<string, string>();
  const state = { broken: false, calls: 0 };
  const memory: SharedMemory = {
    bind: async (key, meaning, expiresAtMs) => {
      state.calls += 1;
      if (state.broken) throw new Error("no connection");
      if (expiresAtMs < start) return undefined;
      const bound = known.get(key);
      known.set(key, bound ?? meaning);
      return { first: bound === undefined, meaning: bound ?? meaning };
    },
  };
  return { memory, known, state };
}

function servers() {
  const shared = createShared();
  const open = () => createSharedSalts(createUsedSalts({ now: () => start }), shared.memory);
  return { shared, one: open(), other: open() };
}

describe("servers that share a memory", () => {
  test("the first use at one is the first, the next at another is not", async () => {
    const { one, other } = servers();
    expect(await one.bind("k", "/a/B", end)).toBe("first");
    expect(await other.bind("k", "/a/B", end)).toBe("same");
    expect(await other.bind("k", "/a/C", end)).toBe("different");
    expect(await one.bind("k", "/a/B", end)).toBe("same");
  });

  test("of many at the same time at both exactly one is the first", async () => {
    const { one, other } = servers();
    const binds = Array.from({ length: 50 }, (_, i) => (i % 2 ? one : other).bind("k", "m", end));
    const outcomes = await Promise.all(binds);
    expect(outcomes.filter((outcome) => outcome === "first")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "same")).toHaveLength(49);
  });

  test("a server refuses what it knows to be another meaning without asking", async () => {
    const { shared, one } = servers();
    await one.bind("k", "/a/B", end);
    const { calls } = shared.state;
    expect(await one.bind("k", "/a/C", end)).toBe("different");
    expect(shared.state.calls).toBe(calls);
  });

  test("what the shared memory has lost, the server that saw it still knows", async () => {
    const { shared, one } = servers();
    await one.bind("k", "/a/B", end);
    shared.known.clear();
    expect(await one.bind("k", "/a/B", end)).toBe("same");
    expect(await one.bind("k", "/a/C", end)).toBe("different");
  });

  test("if nobody can be asked, nobody can tell", async () => {
    const { shared, one, other } = servers();
    shared.state.broken = true;
    const unreachable = { name: "UndecidableError", detail: "replay_memory_unreachable" };
    await expect(one.bind("k", "/a/B", end)).rejects.toMatchObject(unreachable);
    shared.state.broken = false;
    // The other one has seen nothing of it; this one errs on the safe side.
    expect(await one.bind("k", "/a/B", end)).toBe("same");
    expect(await other.bind("k", "/a/B", end)).toBe("same");
  });

  test("what may have been forgotten is not taken for new", async () => {
    const { one } = servers();
    const behind = { name: "UndecidableError", detail: "replay_memory_behind" };
    await expect(one.bind("k", "/a/B", start - 1000)).rejects.toMatchObject(behind);
  });
});
