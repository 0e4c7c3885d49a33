import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createLease, leaseMs } from "../../src/jobs/lease.ts";
import type { Store } from "../../src/store/store.ts";
import { openTestStore } from "../world/store.ts";

let store: Store;
const clock = { ms: 0 };
const now = () => clock.ms;
beforeEach(async () => {
  clock.ms = Date.now();
  store = await openTestStore();
});
afterEach(() => store.close());

const lease = () => createLease(store, "work", now);

test("one holds a lease, and nobody else while it is renewed", async () => {
  const [one, other] = [lease(), lease()];
  for (let count = 0; count < 3; count += 1) {
    expect([await one.hold(), await other.hold()]).toEqual([true, false]);
    clock.ms += leaseMs - 1;
  }
});

test("a lease that is not renewed goes to the next one who asks, and stays there", async () => {
  const [one, other] = [lease(), lease()];
  await one.hold();
  clock.ms += leaseMs;
  expect([await other.hold(), await one.hold()]).toEqual([true, false]);
});

test("a lease is not written anew before half of it is over, and lasts as long as was said", async () => {
  const one = createLease(store, "short", now, 10_000);
  const generation = async () => (await store.read.jobLease.get("short"))?.generation;
  await one.hold();
  clock.ms += 5_000;
  expect([await one.hold(), await generation()]).toEqual([true, 0n]);
  clock.ms += 1;
  expect([await one.hold(), await generation()]).toEqual([true, 1n]);
  clock.ms += 10_000;
  expect(await createLease(store, "short", now).hold()).toBe(true);
});

test("a lease that is given back is free at once", async () => {
  const [one, other] = [lease(), lease()];
  await one.hold();
  await other.release();
  expect(await other.hold()).toBe(false);
  await one.release();
  expect(await other.hold()).toBe(true);
});

test("of many who ask at once exactly one gets it", async () => {
  const all = Array.from({ length: 20 }, lease);
  const held = await Promise.all(all.map((one) => one.hold()));
  expect(held.filter((holds) => holds)).toHaveLength(1);
});

test("leases of different work have nothing to do with each other", async () => {
  expect(await createLease(store, "a", now).hold()).toBe(true);
  expect(await createLease(store, "b", now).hold()).toBe(true);
});
