// The memory against replay: first use binds, fullness refuses, forgetting is safe.
import { describe, expect, test } from "@jest/globals";
import { createUsedSalts } from "../../src/auth/used-salts.ts";

const start = Date.parse("2026-01-15T10:00:00Z");

function memory(capacity?: number) {
  let now = start;
  const salts = createUsedSalts({ now: () => now, ...(capacity !== undefined && { capacity }) });
  return { salts, setClock: (seconds: number) => void (now = start + seconds * 1000) };
}

describe("a memory of used salts", () => {
  test("the first use binds, the same meaning is recognised, another one too", async () => {
    const { salts } = memory();
    expect(await salts.bind("k", "/a/B", start + 30_000)).toBe("first");
    expect(await salts.bind("k", "/a/B", start + 30_000)).toBe("same");
    expect(await salts.bind("k", "/a/C", start + 30_000)).toBe("different");
    expect(await salts.bind("k", "/a/B", start + 30_000)).toBe("same");
    expect(await salts.bind("other", "/a/C", start + 30_000)).toBe("first");
  });

  test("of many at the same time exactly one is the first", async () => {
    const { salts } = memory();
    const binds = Array.from({ length: 100 }, (_, i) => salts.bind("k", `${i}`, start + 30_000));
    const outcomes = await Promise.all(binds);
    expect(outcomes.filter((outcome) => outcome === "first")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "different")).toHaveLength(99);
  });

  test("a key is remembered up to and including the second in which it expires", async () => {
    const { salts, setClock } = memory();
    await salts.bind("k", "/a/B", start + 30_000);
    setClock(30.999);
    expect(await salts.bind("k", "/a/B", start + 30_000)).toBe("same");
  });

  test("an expiry within a second counts to the end of it", async () => {
    const { salts, setClock } = memory();
    await salts.bind("k", "/a/B", start + 29_001);
    setClock(30.5);
    expect(await salts.bind("k", "/a/B", start + 29_001)).toBe("same");
  });

  test("when full it refuses new keys, still knows the old ones, and recovers by expiry", async () => {
    const { salts, setClock } = memory(2);
    await salts.bind("a", "/a/B", start + 10_000);
    await salts.bind("b", "/a/B", start + 20_000);
    const full = { name: "UndecidableError", detail: "replay_memory_full" };
    await expect(salts.bind("c", "/a/B", start + 20_000)).rejects.toMatchObject(full);
    expect(await salts.bind("a", "/a/B", start + 10_000)).toBe("same");
    setClock(11);
    expect(await salts.bind("c", "/a/B", start + 20_000)).toBe("first");
    await expect(salts.bind("d", "/a/B", start + 20_000)).rejects.toMatchObject(full);
  });

  test("after the clock was set back, what was forgotten is refused and not taken for new", async () => {
    const { salts, setClock } = memory();
    await salts.bind("k", "/a/B", start + 30_000);
    setClock(3600);
    await salts.bind("later", "/a/B", start + 3_630_000);
    setClock(0);
    const behind = { name: "UndecidableError", detail: "replay_memory_behind" };
    await expect(salts.bind("k", "/a/B", start + 30_000)).rejects.toMatchObject(behind);
    await expect(salts.bind("new", "/a/B", start + 29_000)).rejects.toMatchObject(behind);
  });

  test("a step of the clock forward and back stops no call longer than what was forgotten", async () => {
    const { salts, setClock } = memory();
    await salts.bind("k", "/a/B", start + 30_000);
    setClock(3600);
    await salts.bind("later", "/a/B", start + 3_630_000);
    setClock(1);
    expect(await salts.bind("new", "/a/B", start + 31_000)).toBe("first");
  });

  test("its size stays bounded by what is still fresh", async () => {
    const { salts, setClock } = memory(60);
    for (let second = 0; second < 500; second += 1) {
      setClock(second);
      expect(await salts.bind(`k${second}`, "/a/B", start + (second + 30) * 1000)).toBe("first");
    }
  });
});
