// What is committed is sealed, once, whatever the order of the commits and however many servers do it.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { sealAudit } from "../../src/audit/seal.ts";
import type { Store } from "../../src/store/store.ts";
import { appendAudit, audit } from "../store/sample.ts";
import { openTestStore } from "../world/store.ts";
import { proofOf } from "./proof.ts";

let store: Store;
const clock = { ms: 0 };
beforeEach(async () => {
  clock.ms = Date.parse("2026-01-15T10:00:00Z");
  store = await openTestStore();
});
afterEach(() => store.close());

const now = () => clock.ms;
const seal = () => sealAudit({ store, now });

test("a record that was committed late is in a later seal, and none is skipped", async () => {
  await appendAudit(store, [audit(2), audit(4)]);
  await seal();
  clock.ms -= 60_000;
  await appendAudit(store, [audit(1), audit(3)]);
  await seal();
  await seal();
  const seals = await store.read.seals.list({ after: 0, limit: 9 });
  expect(
    seals.map(({ leaves }) => leaves.map(({ traceId }) => Number(`0x${traceId.slice(0, 12)}`))),
  ).toEqual([
    [2, 4],
    [1, 3],
  ]);
  expect(seals[0]?.time).toEqual(seals[1]?.time);
  expect(await proofOf(store)).toMatchObject({ findings: [], records: 4, last: { number: 2 } });
});

test("more records than a seal takes are sealed at once", async () => {
  const many = Array.from({ length: 1_201 }, (_, n) => audit(n, { request: { "10": n, "9": -0 } }));
  await appendAudit(store, many);
  await seal();
  expect(await proofOf(store)).toMatchObject({ findings: [], records: 1_201, last: { number: 3 } });
});

test("whoever has to be answered is, while what has piled up is sealed", async () => {
  await appendAudit(
    store,
    Array.from({ length: 2_000 }, (_, n) => audit(n)),
  );
  const sealing = seal();
  await new Promise((resolve) => setImmediate(resolve));
  expect((await store.read.seals.backlog()).count).toBeGreaterThan(0);
  await sealing;
  expect(await store.read.seals.backlog()).toEqual({ count: 0 });
});

test("a server that stops does not wait until all that has piled up is sealed", async () => {
  const many = Array.from({ length: 2_000 }, (_, n) => audit(n));
  await appendAudit(store, many);
  const stopping = AbortSignal.abort();
  await sealAudit({ store, now: () => clock.ms, stopping });
  const { count } = await store.read.seals.backlog();
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(many.length);
  await seal();
  expect(await proofOf(store)).toMatchObject({ findings: [], records: 2_000 });
});

test("many who seal while others append seal every record once", async () => {
  const appending = Array.from({ length: 40 }, (_, n) => appendAudit(store, [audit(n)]));
  const sealing = Array.from({ length: 8 }, seal);
  await Promise.all([...appending, ...sealing]);
  await seal();
  expect(await proofOf(store)).toMatchObject({ findings: [], records: 40 });
  expect(await store.read.seals.backlog()).toEqual({ count: 0 });
});

test("a record with fields of a newer version waits for a server of that version", async () => {
  const newer = audit(1, { principal: "p" });
  newer.$unknown = [{ no: 999, wireType: 0, data: new Uint8Array([1]) }];
  await appendAudit(store, [newer, audit(2)]);
  await seal();
  expect(await store.read.seals.backlog()).toMatchObject({ count: 1, oldestMs: 1 });
  expect(await proofOf(store)).toMatchObject({ findings: [], records: 1 });
});
