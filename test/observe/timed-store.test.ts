// A timed store does what the store does, and tells how long that took.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { TenantSchema } from "../../gen/metal/v1/tenant_pb.ts";
import { timedStore } from "../../src/observe/timed-store.ts";
import type { Store } from "../../src/store/store.ts";
import { openTestStore } from "../world/store.ts";

let store: Store;
let told: string[];
beforeEach(async () => {
  told = [];
  const timer = (operation: string, ms: number, ok: boolean) =>
    void told.push(`${operation} ${ok} ${ms >= 0 && ms < 60_000}`);
  store = timedStore(await openTestStore(), timer);
});
afterEach(() => store.close());

const tenant = create(TenantSchema, { meta: { id: "a" }, name: "n" });

test("reads, transactions and pings are told, and answered as before", async () => {
  await store.transaction((tx) => tx.tenant.insert(tenant));
  expect(await store.read.tenant.get("a")).toMatchObject({ name: "n" });
  expect(await store.read.tenant.list({ limit: 10 })).toHaveLength(1);
  await store.ping();
  expect(told).toEqual([
    "transaction true true",
    "read true true",
    "read true true",
    "ping true true",
  ]);
});

test("what fails is told as such, and fails as before", async () => {
  const failing = store.transaction(() => Promise.reject(new Error("on purpose")));
  await expect(failing).rejects.toThrow("on purpose");
  expect(told).toEqual(["transaction false true"]);
});

test("what is no reader stays what it is", () => {
  expect(store.read.tenant).toBe(store.read.tenant);
  expect(store.changes).toBeDefined();
});
