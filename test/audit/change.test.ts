import {
  createClient,
  createContextValues,
  createRouterTransport,
  type HandlerContext,
} from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { createChange } from "../../src/audit/change.ts";
import { type Call, callKey } from "../../src/rbac/call.ts";
import type { Rule } from "../../src/rbac/rule.ts";
import { tenantService } from "../../src/services/tenant.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { failure } from "../world/failure.ts";
import { startWorld } from "../world/server.ts";
import { openTestStore } from "../world/store.ts";
import { silent } from "../world/server.ts";

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
  const store = await openTestStore();
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
  const store = await openTestStore();
  const first = await startWorld({ store: withoutClose(store) });
  await first.close();
  const errors: unknown[] = [];
  const log = { ...silent, error: (fields: object) => errors.push(fields) };
  const world = await startWorld({ store: withoutAudit(store), log });
  const call = world.client(TenantService, "view").create({});
  expect(await failure(call)).toMatch(/^PermissionDenied/);
  expect(errors).toMatchObject([{ procedure: "/metal.v1.TenantService/Create" }]);
  await world.close();
});

test("nothing can be changed outside of an audited call", async () => {
  const store = await openTestStore();
  const deps = { read: store.read, change: createChange(store) };
  const transport = createRouterTransport((router) =>
    router.service(TenantService, tenantService(deps, "metal")),
  );
  const call = createClient(TenantService, transport).create({ tenant: { meta: { id: "a" } } });
  expect(await failure(call)).toMatch(/^Internal/);
  expect(await store.read.tenant.get("a")).toBeUndefined();
  await store.close();
});

/** Changes something in a call with the given rule, of which nothing but refusals is recorded. */
async function changeUnder(rule: Partial<Rule>): Promise<string> {
  const store = await openTestStore();
  const values = createContextValues();
  const call = { decision: { allowed: true }, rule: { kind: "unary", audit: "refusals", ...rule } };
  values.set(callKey, call as unknown as Call);
  const context = { values } as HandlerContext;
  const work = createChange(store)(context, (tx) => tx.tally.add("t", 1));
  const outcome = await work.then(String, (error: Error) => error.message);
  const count = await store.read.tally.get("t");
  await store.close();
  return `${outcome}, ${count} counted`;
}

test("a call may change something without a record where its rule says so and why, else not", async () => {
  const outside = "a change outside of an audited call, 0 counted";
  const meant = { read: false, auditBecause: "every machine does it all the time" };
  expect(await changeUnder(meant)).toBe("1, 1 counted");
  expect(await changeUnder({ ...meant, auditBecause: "" })).toBe(outside);
  expect(await changeUnder({ ...meant, read: true })).toBe(outside);
  expect(await changeUnder({ ...meant, audit: "full" })).toBe(outside);
  expect(await changeUnder({ ...meant, audit: "metadata" })).toBe(outside);
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
