import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import {
  BootService,
  MachineHardwareSchema,
  type MachineNic,
  MachineNicSchema,
} from "../../gen/api/v1/boot_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { type AuditRecord, AuditRecordSchema, AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { TenantSchema, TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { sealAudit } from "../../src/audit/seal.ts";
import { failure } from "../world/failure.ts";
import { registration } from "../world/machines.ts";
import { type Caller, credentials, everyone, startWorld, type World } from "../world/server.ts";
import { until } from "../world/until.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld({ users: everyone });
});
afterEach(() => world.close());

const tenants = (caller: Caller) => world.client(TenantService, caller);
const audit = () => world.client(AuditService, "view");
const records = async (filter: object = {}): Promise<AuditRecord[]> =>
  (await audit().list(filter)).records;

test("a change leaves one record of who did what, from where, and with which request", async () => {
  const before = Date.now();
  await tenants("admin").create({ tenant: { meta: { id: "a" }, name: "n" } });
  const [record, ...others] = await records();
  expect(others).toEqual([]);
  expect(record).toMatchObject({
    procedure: "metal.v1.TenantService/Create",
    principal: "hmac:Metal-Admin",
    principalName: "Metal-Admin",
    role: Role.ADMIN,
    credential: "HMAC key of Metal-Admin (test)",
    decision: "allowed",
    requiredRole: Role.ADMIN,
    code: "ok",
    protocol: "connect",
    request: { tenant: { meta: { id: "a" }, name: "n" } },
  });
  expect(record?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(record?.traceId).toMatch(/^[0-9a-f]{32}$/);
  const time = record?.time ? timestampDate(record.time).getTime() : 0;
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

test("a change that fails leaves one record with its code and text", async () => {
  await failure(tenants("admin").delete({ id: "nobody" }));
  expect(await records()).toMatchObject([
    { code: "not_found", error: 'no tenant "nobody"', decision: "allowed" },
  ]);
});

test("an invalid request for a change leaves one record", async () => {
  await failure(tenants("admin").create({ tenant: { name: "n".repeat(300) } }));
  expect(await records()).toMatchObject([{ code: "invalid_argument" }]);
});

test("a refused request that JSON has no form for leaves one record", async () => {
  const updateMask = { paths: ["__proto__"] };
  const transport = world.transport("admin", { protocol: "grpc" });
  const call = createClient(TenantService, transport).update({ tenant: {}, updateMask });
  expect(await failure(call)).toMatch(/^InvalidArgument/);
  expect(await records()).toMatchObject([{ request: { updateMask: { paths: ["__proto__"] } } }]);
});

test("what no field of a request has room for is not kept, because no record would show it", async () => {
  const tenant = create(TenantSchema, { meta: { id: "a" }, name: "n" });
  tenant.$unknown = [{ no: 5000, wireType: 0, data: Uint8Array.of(1) }];
  const transport = world.transport("admin", { protocol: "grpc" });
  await createClient(TenantService, transport).create({ tenant });
  const kept = await world.store.read.tenant.get("a");
  expect(kept?.name).toBe("n");
  expect(kept?.$unknown).toBeUndefined();
});

test("what a request has quoted in its refusal makes no record large", async () => {
  const annotations = Object.fromEntries(
    Array.from({ length: 90 }, (_, n) => [`${n}`.padEnd(9000), ""]),
  );
  const refused = await tenants("admin")
    .create({ tenant: { meta: { id: "a", annotations } } })
    .then(
      () => undefined,
      (reason: unknown) => ConnectError.from(reason),
    );
  expect(refused?.rawMessage).toMatch(/^tenant\.meta\.annotations: .{200,5000} and 71 more$/);
  const [record] = await records();
  expect(record?.error.length).toBeLessThanOrEqual(4097);
});

test("no request is so deep that its record could not be read, sealed and exported again", async () => {
  const nested = (depth: number): MachineNic =>
    create(MachineNicSchema, { name: "n", neighbors: depth === 0 ? [] : [nested(depth - 1)] });
  const sent = registration(1);
  sent.hardware = create(MachineHardwareSchema, { nics: [nested(90)] });
  await failure(world.client(BootService, "metal-hammer").register(sent));
  const [record] = await records();
  expect(record?.request).toMatchObject({ "@omitted": expect.any(String) });
  await sealAudit({ store: world.store, now: Date.now });
  expect((await audit().head({})).unsealed).toBe(0n);
});

test("a request for a change that cannot be read leaves one record", async () => {
  const response = await fetch(`${world.url}/metal.v1.TenantService/Create`, {
    method: "POST",
    headers: { "content-type": "application/json", ...credentials("admin", "POST") },
    body: "{",
  });
  expect(response.status).toBe(400);
  await response.text();
  // The record of an unread call follows its answer.
  await until(async () => (await records()).length > 0);
  const found = await records();
  expect(found).toMatchObject([
    {
      code: "invalid_argument",
      error: "the request could not be read",
      principal: "hmac:Metal-Admin",
    },
  ]);
});

test("a plain read leaves no record, found or not", async () => {
  await tenants("view").list({});
  await failure(tenants("view").get({ id: "nobody" }));
  expect(await records()).toEqual([]);
});

test.each([
  ["anonymous", "NO_CREDENTIAL", "unauthenticated", ""],
  ["bad", "BAD_CREDENTIAL", "unauthenticated", ""],
  ["nobody", "ROLE_TOO_LOW", "permission_denied", "hmac:Nobody"],
] as const)("a refused read of %s leaves one record", async (caller, decision, code, principal) => {
  await failure(tenants(caller).list({}));
  expect(await records()).toMatchObject([
    { decision, code, principal, procedure: "metal.v1.TenantService/List" },
  ]);
});

test("why a credential is bad is in the audit, and the caller is not told", async () => {
  const refused = await failure(tenants("bad").list({}));
  expect(refused).toBe("Unauthenticated: invalid credentials");
  const [record] = await records();
  expect(record?.detail).not.toBe("");
});

test("the trace id that a refusal shows finds its record", async () => {
  const error = await tenants("view")
    .create({})
    .catch((reason: unknown) => ConnectError.from(reason));
  const [info] = (error as ConnectError).findDetails(ErrorInfoSchema);
  const { record } = await audit().get({ traceId: info?.metadata["trace_id"] ?? "" });
  expect(record).toMatchObject({ decision: "ROLE_TOO_LOW", principal: "hmac:Metal-View" });
  expect(await failure(audit().get({ traceId: "x" }))).toBe('NotFound: no record of a call "x"');
});

test("records are newest first, page by page, and every filter restricts", async () => {
  for (const id of ["a", "b", "c"]) await tenants("admin").create({ tenant: { meta: { id } } });
  await failure(tenants("edit").create({}));
  await failure(tenants("admin").delete({ id: "nobody" }));
  const all = await records();
  expect(all.map(({ code }) => code)).toEqual(["not_found", "permission_denied", "ok", "ok", "ok"]);
  const first = await audit().list({ pageSize: 2 });
  const rest = await audit().list({ pageSize: 10, pageToken: first.nextPageToken });
  expect([...first.records, ...rest.records]).toEqual(all);
  const count = async (filter: object) => (await records(filter)).length;
  expect(await count({ code: "ok" })).toBe(3);
  expect(await count({ refused: true })).toBe(1);
  expect(await count({ principal: "hmac:Metal-Admin" })).toBe(4);
  expect(await count({ procedure: "metal.v1.TenantService/Delete" })).toBe(1);
  expect(await count({ procedure: "metal.v1.TenantService/Delete", code: "ok" })).toBe(0);
  const middle = all[2]?.time;
  expect(await count({ from: middle })).toBeGreaterThanOrEqual(3);
  const future = timestampFromDate(new Date(Date.now() + 60_000));
  expect(await count({ from: future })).toBe(0);
  expect(await count({ to: future })).toBe(5);
});

test("a page of large records has fewer than asked for, and the next ones have the others", async () => {
  const large = Array.from({ length: 100 }, (_, at) =>
    create(AuditRecordSchema, {
      traceId: `${at}`.padStart(32, "0"),
      time: timestampFromDate(new Date(0)),
      procedure: "metal.v1.TenantService/Create",
      request: { name: "x".repeat(60_000) },
    }),
  );
  await world.store.transaction((tx) => tx.audit.append(large));
  const pages: number[] = [];
  const ids = new Set<string>();
  for (let pageToken = ""; pages.length === 0 || pageToken !== ""; ) {
    const page = await audit().list({
      to: timestampFromDate(new Date(1)),
      pageSize: 1000,
      pageToken,
    });
    pages.push(page.records.length);
    for (const { traceId } of page.records) ids.add(traceId);
    pageToken = page.nextPageToken;
  }
  expect(ids.size).toBe(100);
  expect(Math.max(...pages)).toBeLessThan(70);
});
