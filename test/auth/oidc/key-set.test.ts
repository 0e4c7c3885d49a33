// When the keys of a provider are asked for, and what is used meanwhile, on a clock that the test moves on.
import { once } from "node:events";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { CredentialError, UndecidableError } from "../../../src/auth/authenticator.ts";
import type { JsonObject } from "../../../src/auth/oidc/json.ts";
import { readKeySet } from "../../../src/auth/oidc/key.ts";
import { KeySet, loadTimeoutSeconds } from "../../../src/auth/oidc/key-set.ts";
import { ecKey } from "../forge.ts";

const hour = 3600;
const signal = new AbortController().signal;
const keyA = ecKey("a").jwk;
const keyB = ecKey("b").jwk;

/** A provider that publishes `published`, or fails while that is undefined, and a key set that asks it. */
class Scene {
  nowSeconds = 1_000_000;
  published: readonly object[] | undefined = [keyA];
  /** When the provider was asked. */
  readonly asked: number[] = [];
  hangs = false;
  changes = 0;
  readonly keys = new KeySet({
    now: () => this.nowSeconds * 1000,
    onChange: () => {
      this.changes += 1;
    },
    load: async (ended) => {
      this.asked.push(this.nowSeconds);
      if (this.hangs) await once(ended, "abort");
      if (this.published === undefined) throw new Error("connection refused");
      const document: JsonObject = JSON.parse(JSON.stringify({ keys: this.published }));
      return { keys: readKeySet(document, ["ES256"]), date: (this.nowSeconds + 7) * 1000 };
    },
  });

  /** "found", "refused: <detail>" or "undecidable: <detail>". */
  async find(kid: string | undefined): Promise<string> {
    try {
      await this.keys.find({ kid, algorithm: "ES256" }, signal);
      return "found";
    } catch (error) {
      if (error instanceof CredentialError) return `refused: ${error.detail}`;
      if (error instanceof UndecidableError) return `undecidable: ${error.detail}`;
      throw error;
    }
  }

  /** Lets time pass, second by second, as the timer of the door does. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.nowSeconds += 1;
      this.keys.tend();
      await settled();
    }
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const gaps = (times: readonly number[]) =>
  times.slice(1).map((time, index) => time - (times[index] ?? time));

afterEach(() => {
  jest.useRealTimers();
});

describe("refreshing", () => {
  test("nothing is asked before it is needed, and then once for all who wait", async () => {
    const scene = new Scene();
    await settled();
    expect(scene.asked).toHaveLength(0);
    const found = await Promise.all(Array.from({ length: 1000 }, () => scene.find("a")));
    expect(new Set(found)).toEqual(new Set(["found"]));
    expect(scene.asked).toHaveLength(1);
  });

  test("keys are confirmed every five minutes", async () => {
    const scene = new Scene();
    await scene.pass(1000);
    expect(gaps(scene.asked)).toEqual([300, 300, 300]);
  });

  test("a key that stays keeps what depends on it; one that goes ends it", async () => {
    const scene = new Scene();
    scene.published = [keyA, keyB];
    const a = await scene.keys.find({ kid: "a", algorithm: "ES256" }, signal);
    const b = await scene.keys.find({ kid: "b", algorithm: "ES256" }, signal);
    scene.published = [keyA];
    await scene.pass(300);
    expect(await scene.keys.find({ kid: "a", algorithm: "ES256" }, signal)).toBe(a);
    expect([a.revoked.signal.aborted, b.revoked.signal.aborted]).toEqual([false, true]);
    expect(await scene.find("b")).toBe("refused: key_unknown");
    expect(scene.changes).toBe(2);
  });

  test("another key under an old kid replaces it", async () => {
    const scene = new Scene();
    const before = await scene.keys.find({ kid: "a", algorithm: "ES256" }, signal);
    scene.published = [ecKey("a").jwk];
    await scene.pass(300);
    const after = await scene.keys.find({ kid: "a", algorithm: "ES256" }, signal);
    expect(before.revoked.signal.aborted).toBe(true);
    expect(after.key.equals(before.key)).toBe(false);
  });

  test("a provider may withdraw all keys", async () => {
    const scene = new Scene();
    await scene.find("a");
    scene.published = [];
    await scene.pass(300);
    expect(await scene.find("a")).toBe("refused: key_unknown");
  });

  test("a token without kid is for the only key there is", async () => {
    const scene = new Scene();
    expect(await scene.find(undefined)).toBe("found");
    scene.published = [keyA, keyB];
    await scene.pass(300);
    expect(await scene.find(undefined)).toBe("refused: kid_missing");
  });

  test("the age of the keys and the provider's clock are known", async () => {
    const scene = new Scene();
    await scene.find("a");
    await scene.pass(100);
    expect(scene.keys.status()).toEqual({ keys: 1, ageSeconds: 100, failures: 0, skewSeconds: 7 });
  });
});

describe("unknown kids", () => {
  test("make us ask at most twice a minute, however many they are", async () => {
    const scene = new Scene();
    await scene.find("a");
    const before = scene.asked.length;
    for (let second = 0; second < 60; second += 1) {
      for (let each = 0; each < 20; each += 1) await scene.find(`unknown-${second}-${each}`);
      await scene.pass(1);
    }
    expect(scene.asked.length - before).toBe(2);
  });

  test("are found as soon as the cooldown allows", async () => {
    const scene = new Scene();
    await scene.find("a");
    await scene.find("unknown");
    scene.published = [keyA, keyB];
    await scene.pass(29);
    expect(await scene.find("b")).toBe("refused: key_unknown");
    await scene.pass(1);
    expect(await scene.find("b")).toBe("found");
  });

  test("that the provider did not have are not asked for again within a minute", async () => {
    const scene = new Scene();
    await scene.find("a");
    await scene.find("gone");
    await scene.pass(59);
    const before = scene.asked.length;
    expect(await scene.find("gone")).toBe("refused: key_unknown");
    expect(scene.asked).toHaveLength(before);
    await scene.pass(1);
    await scene.find("gone");
    expect(scene.asked).toHaveLength(before + 1);
  });
});

describe("a provider that fails", () => {
  test("is asked again after 1 to 10 seconds while there are no keys", async () => {
    const scene = new Scene();
    scene.published = undefined;
    await scene.pass(600);
    expect(Math.min(...gaps(scene.asked))).toBeGreaterThanOrEqual(1);
    expect(Math.max(...gaps(scene.asked))).toBeLessThanOrEqual(11);
    expect(await scene.find("a")).toBe("undecidable: provider_unreachable");
    scene.published = [keyA];
    await scene.pass(11);
    expect(await scene.find("a")).toBe("found");
  });

  test("is asked again after up to a minute while there are keys", async () => {
    const scene = new Scene();
    await scene.find("a");
    scene.published = undefined;
    await scene.pass(hour);
    const waits = gaps(scene.asked.slice(1));
    expect(Math.max(...waits)).toBeLessThanOrEqual(61);
    expect(Math.max(...waits)).toBeGreaterThan(30);
    expect(waits.slice(0, 3).every((wait) => wait <= 6)).toBe(true);
  });

  test("leaves its keys usable for a day and no longer", async () => {
    const scene = new Scene();
    await scene.find("a");
    scene.published = undefined;
    scene.nowSeconds += 24 * hour;
    expect(await scene.find("a")).toBe("found");
    scene.nowSeconds += 1;
    expect(await scene.find("a")).toBe("undecidable: provider_unreachable");
  });

  test("makes unknown kids undecidable at once, and is not asked for each", async () => {
    const scene = new Scene();
    await scene.find("a");
    scene.published = undefined;
    expect(await scene.find("b")).toBe("undecidable: provider_unreachable");
    for (let each = 0; each < 50; each += 1)
      expect(await scene.find(`b-${each}`)).toBe("undecidable: provider_unreachable");
    expect(scene.asked).toHaveLength(2);
  });

  test("and then hangs keeps nobody waiting who needs an answer of it", async () => {
    const scene = new Scene();
    await scene.find("a");
    scene.published = undefined;
    await scene.find("b");
    scene.hangs = true;
    await scene.pass(2);
    expect(scene.asked).toHaveLength(3);
    expect(await scene.find("b")).toBe("undecidable: provider_unreachable");
    expect(await scene.find("a")).toBe("found");
    scene.keys.stop();
  });

  test("that does not answer is given up after five seconds", async () => {
    jest.useFakeTimers({
      doNotFake: ["setImmediate", "performance", "queueMicrotask", "nextTick"],
    });
    let ended: AbortSignal | undefined;
    const keys = new KeySet({
      now: Date.now,
      load: (given) => {
        ended = given;
        return new Promise((_, reject) => {
          given.addEventListener("abort", () => reject(new Error("gave up")));
        });
      },
    });
    const waiting = keys.find({ kid: "a", algorithm: "ES256" }, signal);
    jest.advanceTimersByTime(loadTimeoutSeconds * 1000 - 1);
    expect(ended?.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    await expect(waiting).rejects.toThrow(UndecidableError);
    expect(ended?.aborted).toBe(true);
  });
});

describe("control", () => {
  test("a clock that is set back does not stop the refreshing", async () => {
    const scene = new Scene();
    await scene.find("a");
    scene.nowSeconds -= 10 * hour;
    await scene.pass(1);
    expect(scene.asked).toHaveLength(2);
  });

  test("dropped keys are asked for anew", async () => {
    const scene = new Scene();
    const key = await scene.keys.find({ kid: "a", algorithm: "ES256" }, signal);
    scene.keys.drop();
    expect(key.revoked.signal.aborted).toBe(true);
    expect(await scene.find("a")).toBe("found");
    expect(scene.asked).toHaveLength(2);
  });

  test("an answer that was under way when the keys were dropped does not count", async () => {
    const scene = new Scene();
    scene.keys.tend();
    scene.keys.drop();
    await settled();
    expect(scene.keys.status().keys).toBe(0);
    await scene.pass(2);
    expect(scene.keys.status().keys).toBe(1);
  });

  test("a stopped key set asks nothing, and uses what it knows", async () => {
    const scene = new Scene();
    await scene.find("a");
    scene.keys.stop();
    await scene.pass(400);
    expect(await scene.find("a")).toBe("found");
    expect(await scene.find("b")).toBe("undecidable: provider_unreachable");
    expect(scene.asked).toHaveLength(1);
  });
});
