import { createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { createChange } from "../../src/audit/change.ts";
import { tenantService } from "../../src/services/tenant.ts";
import { openMemoryStore } from "../../src/store/sqlite.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { failure } from "../world/failure.ts";
import { startWorld } from "../world/server.ts";

/** `store`, whose audit cannot be written. */
function withoutAudit(store: Store): Store {
  const broken = (tx: Transaction): Transaction => ({
    ...tx,
    audit: { ...tx.audit, append: () => Promise.reject(new Error("disk full")) },
  });
  const transaction: Store["transaction"] = (work) => store.transaction((tx) => work(broken(tx)));
  return changed(store, { transaction });
}

test("a change whose record cannot be written does not happen", async () => {
  const store = await openMemoryStore();
  // The provider's tenant is made before the audit breaks.
  const first = await startWorld({ store: withoutClose(store) });
  await first.close();
  const world = await startWorld({ store: withoutAudit(store) });
  const call = world.client(TenantService, "admin").create({ tenant: { meta: { id: "a" } } });
  expect(await failure(call)).toBe("Internal: internal error");
  expect(await store.read.tenant.get("a")).toBeUndefined();
  await world.close();
});

test("a refusal stands although its record cannot be written", async () => {
  const store = await openMemoryStore();
  const first = await startWorld({ store: withoutClose(store) });
  await first.close();
  const errors: unknown[] = [];
  const log = { info: () => {}, warn: () => {}, error: (fields: object) => errors.push(fields) };
  const world = await startWorld({ store: withoutAudit(store), log });
  const call = world.client(TenantService, "view").create({});
  expect(await failure(call)).toMatch(/^PermissionDenied/);
  expect(errors).toMatchObject([{ procedure: "/metal.v1.TenantService/Create" }]);
  await world.close();
});

test("nothing can be changed outside of an audited call", async () => {
  const store = await openMemoryStore();
  const deps = { read: store.read, change: createChange(store) };
  const transport = createRouterTransport((router) =>
    router.service(TenantService, tenantService(deps, "metal")),
  );
  const call = createClient(TenantService, transport).create({ tenant: { meta: { id: "a" } } });
  expect(await failure(call)).toMatch(/^Internal/);
  expect(await store.read.tenant.get("a")).toBeUndefined();
  await store.close();
});

function withoutClose(store: Store): Store {
  return changed(store, { close: async () => {} });
}

/** `store` with some of its methods replaced. */
function changed(store: Store, methods: Partial<Store>): Store {
  const read = (name: keyof Store): unknown => {
    const value = store[name];
    return typeof value === "function" ? value.bind(store) : value;
  };
  return new Proxy(store, {
    get: (_, name) => methods[name as keyof Store] ?? read(name as keyof Store),
  });
}
