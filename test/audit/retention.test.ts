// Old records go, the seals stay, and the chain says which is which.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { forgetOld } from "../../src/audit/retention.ts";
import { sealAudit } from "../../src/audit/seal.ts";
import { deliver } from "../../src/audit/sinks/delivery.ts";
import type { Store } from "../../src/store/store.ts";
import { appendAudit, audit } from "../store/sample.ts";
import { openTestStore } from "../world/store.ts";
import { proofOf } from "./proof.ts";

const day = 24 * 3600 * 1000;
const start = Date.parse("2026-01-15T10:00:00Z");

let store: Store;
const clock = { ms: start };
const now = () => clock.ms;
/** A seal a day for five days, each with two records. */
beforeEach(async () => {
  store = await openTestStore();
  for (let n = 0; n < 5; n += 1) {
    clock.ms = start + n * day;
    await appendAudit(store, [audit(clock.ms), audit(clock.ms + 1)]);
    await sealAudit({ store, now });
  }
});
afterEach(() => store.close());

const forget = (days: number, sinks: readonly string[] = []) =>
  forgetOld({ store, now, keepMs: days * day, sinks });
const left = async () => (await store.read.audit.list({ where: {}, limit: 99 })).length;

test("records older than the retention are removed, and the chain proves that they were old", async () => {
  await forget(2);
  expect(await left()).toBe(6);
  expect(await proofOf(store)).toMatchObject({
    findings: [],
    records: 6,
    last: { number: 6 },
    forgotten: 2,
    horizon: "2026-01-17T10:00:00Z",
  });
});

test("nothing is removed while everything is young, and nothing is said", async () => {
  await forget(9);
  expect(await left()).toBe(10);
  expect(await store.read.seals.head()).toMatchObject({ number: 5n, forgotten: 0n });
});

test("it goes on, from day to day, and later seals still say what was removed", async () => {
  await forget(2);
  await forget(2);
  expect(await store.read.seals.head()).toMatchObject({ number: 6n });
  await appendAudit(store, [audit(clock.ms + 5)]);
  await sealAudit({ store, now });
  expect(await proofOf(store)).toMatchObject({ findings: [], forgotten: 2, records: 7 });
  clock.ms += day;
  await forget(2);
  // A longer retention brings nothing back.
  await forget(30);
  expect(await proofOf(store)).toMatchObject({ findings: [], forgotten: 3, records: 5 });
});

test("what was interrupted after it was said is done the next time", async () => {
  const interrupted = { ...store, read: { ...store.read, seals: { ...store.read.seals } } };
  interrupted.read.seals.oldest = async () => {
    throw new Error("no power");
  };
  const broken = forgetOld({ store: withRead(interrupted.read), now, keepMs: 2 * day, sinks: [] });
  await expect(broken).rejects.toThrow("no power");
  expect(await left()).toBe(10);
  expect(await proofOf(store)).toMatchObject({ findings: [], forgotten: 2 });
  await forget(2);
  expect(await left()).toBe(6);
  expect(await proofOf(store)).toMatchObject({ findings: [], forgotten: 2, records: 6 });
});

const withRead = (read: Store["read"]): Pick<Store, "read" | "transaction"> => ({
  read,
  transaction: (work) => store.transaction(work),
});

test("a record stays until every sink has it", async () => {
  const sink = { name: "slow", write: async () => {} };
  await forget(2, ["slow"]);
  expect(await left()).toBe(10);
  await deliver(store, sink);
  await forget(2, ["slow"]);
  expect(await left()).toBe(6);
});
