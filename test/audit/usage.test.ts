import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createUsageCounter } from "../../src/audit/usage.ts";
import { dayOf, rememberedDays, usageId } from "../../src/audit/usage-entry.ts";
import { Tallies } from "../../src/audit/usage-tally.ts";
import type { Call } from "../../src/rbac/call.ts";
import type { Principal } from "../../src/rbac/principal.ts";
import { Role } from "../../src/rbac/role.ts";
import type { Store } from "../../src/store/store.ts";
import { openTestStore } from "../world/store.ts";
import { until } from "../world/until.ts";

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const dayMs = 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 0, 1, 12);

const caller = (id: string, role: Role = Role.VIEWER): Principal => ({
  id,
  name: id,
  role,
  credential: { kind: "test", label: "" },
});

const call = (principal: Principal | undefined, method = "Get"): Call => ({
  traceId: "t",
  startedAt: new Date(start),
  protocol: "connect",
  procedure: `/x.Y/${method}`,
  rule: undefined,
  principal,
  decision: { allowed: true },
  detail: "",
  messageChecks: [],
});

/** A counter whose clock the test sets, and what it complained about. */
function counterAt(clock: { ms: number }, on: Pick<Store, "transaction" | "read"> = store) {
  const errors: unknown[] = [];
  const options = { store: on, everyMs: 3_600_000, now: () => clock.ms };
  const counter = createUsageCounter({ ...options, onError: (error) => errors.push(error) });
  return { counter, errors };
}

const entries = () => store.read.usage.list({ limit: 1000 });
const counts = async () =>
  (await entries()).map(({ id, days }) => [id, ...days.map(({ count }) => Number(count))]);

test("calls are counted by caller, RPC and day", async () => {
  const clock = { ms: start };
  const { counter } = counterAt(clock);
  counter.count(call(caller("a")));
  counter.count(call(caller("a")));
  counter.count(call(caller("a"), "List"));
  counter.count(call(caller("b")));
  clock.ms += dayMs;
  counter.count(call(caller("a", Role.EDITOR)));
  await counter.stop();
  expect(await counts()).toEqual([
    ["a x.Y/Get", 2, 1],
    ["a x.Y/List", 1],
    ["b x.Y/Get", 1],
  ]);
  const [first] = await entries();
  expect(first).toMatchObject({ role: Role.EDITOR, procedure: "x.Y/Get", principal: "a" });
  expect(first?.firstUsed && timestampDate(first.firstUsed).getTime()).toBe(start);
  expect(first?.lastUsed && timestampDate(first.lastUsed).getTime()).toBe(start + dayMs);
  expect(first?.days.map(({ day }) => day)).toEqual([dayOf(start), dayOf(start) + 1]);
});

test("anonymous and refused calls do not count", async () => {
  const { counter } = counterAt({ ms: start });
  counter.count(call(undefined));
  counter.count({ ...call(caller("a")), decision: { allowed: false, reason: "ROLE_TOO_LOW" } });
  await counter.stop();
  expect(await entries()).toEqual([]);
});

test("what two processes count adds up", async () => {
  const [one, two] = [counterAt({ ms: start }).counter, counterAt({ ms: start + 1 }).counter];
  for (let left = 4; left > 0; left--) {
    one.count(call(caller("a")));
    two.count(call(caller("a")));
    await Promise.all([one.flush(), two.flush()]);
  }
  await Promise.all([one.stop(), two.stop()]);
  expect(await counts()).toEqual([["a x.Y/Get", 8]]);
});

test("calls are written without being asked for, after the time set", async () => {
  const counter = createUsageCounter({ store, onError: () => {}, everyMs: 5 });
  counter.count(call(caller("a")));
  await until(async () => (await entries()).length > 0);
  expect(await counts()).toEqual([["a x.Y/Get", 1]]);
  await counter.stop();
});

test("what cannot be written is reported, kept, and written later", async () => {
  const broken = { now: true };
  const failing: Pick<Store, "transaction" | "read"> = {
    read: store.read,
    transaction: (work) =>
      broken.now ? Promise.reject(new Error("no disk")) : store.transaction(work),
  };
  const { counter, errors } = counterAt({ ms: start }, failing);
  counter.count(call(caller("a")));
  await counter.flush();
  counter.count(call(caller("a")));
  expect(errors).toEqual([new Error("no disk")]);
  broken.now = false;
  await counter.stop();
  expect(await counts()).toEqual([["a x.Y/Get", 2]]);
});

test("a day is remembered for 100 days, and an entry as long after its last call", async () => {
  const clock = { ms: start };
  const { counter } = counterAt(clock);
  counter.count(call(caller("gone")));
  counter.count(call(caller("here")));
  await counter.flush();
  clock.ms = start + (rememberedDays - 1) * dayMs;
  counter.count(call(caller("here")));
  await counter.flush();
  expect(await counts()).toEqual([
    ["gone x.Y/Get", 1],
    ["here x.Y/Get", 1, 1],
  ]);
  clock.ms += dayMs;
  counter.count(call(caller("here")));
  await counter.stop();
  expect(await counts()).toEqual([["here x.Y/Get", 1, 1]]);
});

describe("what waits to be written", () => {
  test("is bounded: a flood of callers does not fill the memory", () => {
    const tallies = new Tallies();
    for (let index = 0; index < 10_005; index++) tallies.count(caller(`c${index}`), "x.Y/Get", 0);
    tallies.count(caller("c0"), "x.Y/Get", 1);
    const taken = tallies.take();
    expect(taken.length).toBe(10_000);
    expect(taken[0]?.days).toEqual(new Map([[0, 2]]));
    expect(tallies.take()).toEqual([]);
  });

  test("goes on when it is put back", () => {
    const tallies = new Tallies();
    tallies.count(caller("a"), "x.Y/Get", 0);
    const taken = tallies.take();
    tallies.count(caller("a"), "x.Y/Get", dayMs);
    tallies.putBack(taken);
    expect(tallies.take()).toMatchObject([
      {
        firstMs: 0,
        lastMs: dayMs,
        days: new Map([
          [0, 1],
          [1, 1],
        ]),
      },
    ]);
  });
});

test.each([
  ["a long id", "i".repeat(600)],
  ["an id with U+0000", "a\0b"],
  ["half a surrogate pair", "a\ud800"],
])("%s is kept under its hash", async (_, id) => {
  expect(usageId(id, "x.Y/Get")).toMatch(/^[\w-]{43}$/);
  const { counter, errors } = counterAt({ ms: start });
  counter.count(call(caller(id)));
  await counter.stop();
  expect(errors).toEqual([]);
  expect((await entries()).length).toBe(1);
});

test("the last use of each key is kept, across writes", async () => {
  const clock = { ms: start };
  const { counter } = counterAt(clock);
  const signed = (keyId: string): Principal => ({
    ...caller("hmac:a"),
    credential: { kind: "hmac", label: "", keyId },
  });
  counter.count(call(signed("old")));
  await counter.flush();
  clock.ms += dayMs;
  counter.count(call(signed("new")));
  await counter.flush();
  const [entry] = await entries();
  const used = entry?.keys.map(({ id, lastUsed }) => [id, lastUsed && timestampDate(lastUsed)]);
  expect(used).toEqual([
    ["old", new Date(start)],
    ["new", new Date(start + dayMs)],
  ]);
  clock.ms += rememberedDays * dayMs;
  counter.count(call(signed("new")));
  await counter.flush();
  expect((await entries())[0]?.keys.map(({ id }) => id)).toEqual(["new"]);
});
