import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { decide } from "../../src/rbac/decide.ts";
import { rules } from "../../gen/rbac/rules.ts";
import type { RuleTable } from "../../src/rbac/rule.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { failure } from "../world/failure.ts";
import { type Caller, startWorld, users, type World } from "../world/server.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const table: RuleTable = rules;
const access = (caller: Caller) => world.client(AccessService, caller);

/** The trace id that the refusal of `call` shows. */
async function refusedTrace(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  const [info] = error?.findDetails(ErrorInfoSchema) ?? [];
  return info?.metadata["trace_id"] ?? "none";
}

test("who I am is answered to anybody identified, with or without a role", async () => {
  expect(await access("nobody").whoAmI({})).toMatchObject({
    id: "hmac:Nobody",
    role: Role.AUTHENTICATED,
    credential: "HMAC key of Nobody",
    credentialKind: "hmac",
  });
  expect(await access("edit").whoAmI({})).toMatchObject({
    name: "Metal-Edit",
    role: Role.EDITOR,
    email: "metal-edit@metal-stack.io",
    groups: ["k8s_kaas-edit", "maas-all-all-edit"],
    tenant: "metal",
  });
  expect(await failure(access("anonymous").whoAmI({}))).toMatch(/^Unauthenticated/);
});

test("may I is answered as the gate decides, for every RPC and in the order asked", async () => {
  const procedures = Object.keys(table).map((procedure) => procedure.slice(1));
  const { decisions } = await access("edit").check({ procedures });
  const wanted = Object.entries(table).map(([procedure, rule]) => {
    const principal = { id: "", name: "", credential: { kind: "", label: "" } };
    const { allowed } = decide(rule, { ...principal, role: users.edit.role });
    return [procedure.slice(1), rule.minRole, rule.source, allowed];
  });
  const seen = decisions.map(({ rule, allowed }) => [
    rule?.procedure,
    rule?.minRole,
    rule?.source,
    allowed,
  ]);
  expect(seen).toEqual(wanted);
});

test("why not is said, also of an RPC that does not exist", async () => {
  const procedures = [
    "metal.v1.TenantService/Delete",
    "metal.v1.TenantService/delete",
    "__proto__",
  ];
  const { decisions } = await access("view").check({ procedures });
  expect(decisions.map(({ refusal }) => refusal)).toEqual(["ROLE_TOO_LOW", "NO_RULE", "NO_RULE"]);
});

test("the rules are listed page by page, of a service or of all, and only the allowed on request", async () => {
  const first = await access("view").listRules({ pageSize: 10 });
  const rest = await access("view").listRules({ pageSize: 1000, pageToken: first.nextPageToken });
  const all = [...first.decisions, ...rest.decisions].map(({ rule }) => rule?.procedure);
  expect(all).toEqual(
    Object.keys(table)
      .map((name) => name.slice(1))
      .sort(),
  );
  const service = "metal.v1.TenantService";
  const { decisions } = await access("view").listRules({ service, allowedOnly: true });
  expect(decisions.map(({ rule }) => rule?.procedure)).toEqual([
    "metal.v1.TenantService/Get",
    "metal.v1.TenantService/List",
  ]);
});

test("who can names the roles and the users that suffice", async () => {
  const procedure = "metal.v1.SizeService/CreateReservation";
  const answer = await access("view").whoCan({ procedure });
  expect(answer.roles).toEqual([Role.EDITOR, Role.ADMIN]);
  expect(answer.users).toEqual(["Metal-Admin", "Metal-Edit"]);
  expect(await failure(access("view").whoCan({ procedure: "x.Y/Z" }))).toBe(
    'NotFound: no RPC "x.Y/Z"',
  );
});

test("may another is answered to a viewer, by the user's name and by its id", async () => {
  const procedures = ["metal.v1.TenantService/Delete", "metal.v1.TenantService/List"];
  const allowed = async (as: string) => {
    const { decisions } = await access("view").check({ procedures, as });
    return decisions.map((decision) => decision.allowed);
  };
  expect(await allowed("Metal-Admin")).toEqual([true, true]);
  expect(await allowed("hmac:Metal-View")).toEqual([false, true]);
  expect(await allowed("Nobody")).toEqual([false, false]);
  expect(await failure(access("view").check({ procedures, as: "root" }))).toBe(
    'NotFound: no configured user "root"',
  );
});

test("may another is refused to a caller without a role, with the facts, and the refusal is recorded", async () => {
  const procedures = ["metal.v1.TenantService/List"];
  const error = await access("nobody")
    .check({ procedures, as: "Metal-Admin" })
    .catch((reason: unknown) => ConnectError.from(reason));
  const [info] = (error as ConnectError).findDetails(ErrorInfoSchema);
  expect(info).toMatchObject({
    reason: "ROLE_TOO_LOW",
    metadata: {
      procedure: "metal.v1.AccessService/Check",
      required_role: "Viewer",
      held_role: "Authenticated",
    },
  });
  const { record } = await world
    .client(AuditService, "view")
    .get({ traceId: info?.metadata["trace_id"] ?? "" });
  expect(record).toMatchObject({ decision: "ROLE_TOO_LOW", requiredRole: Role.VIEWER });
});

test("why not is explained to the refused caller, with the rule, its place and what would do", async () => {
  const traceId = await refusedTrace(world.client(TenantService, "edit").delete({ id: "x" }));
  const { explanation } = await access("edit").explain({ traceId });
  expect(explanation).toMatchObject({
    traceId,
    procedure: "metal.v1.TenantService/Delete",
    principal: "hmac:Metal-Edit",
    role: Role.EDITOR,
    credential: "HMAC key of Metal-Edit (test)",
    credentialKind: "hmac",
    decision: "ROLE_TOO_LOW",
    because: "metal.v1.TenantService/Delete needs role Admin, the caller had Editor",
    remedy: "an identity with role Admin",
    sufficientRoles: [Role.ADMIN],
    requiredRole: Role.ADMIN,
    code: "permission_denied",
    detail: "",
    users: [],
  });
  expect(explanation?.rule?.source).toMatch(/^proto\/metal\/v1\/tenant\.proto:\d+$/);
});

test("the calls of others are explained to an admin alone, who also learns who may", async () => {
  const traceId = await refusedTrace(world.client(TenantService, "view").create({}));
  const unknown = `NotFound: no record of a call "${traceId}" that you may see`;
  expect(await failure(access("edit").explain({ traceId }))).toBe(unknown);
  expect(await failure(access("nobody").explain({ traceId }))).toBe(unknown);
  expect(await failure(access("edit").explain({ traceId: "no such" }))).toBe(
    'NotFound: no record of a call "no such" that you may see',
  );
  const { explanation } = await access("admin").explain({ traceId });
  expect(explanation).toMatchObject({ principal: "hmac:Metal-View", users: ["Metal-Admin"] });
});

test("the call of somebody who was not identified is explained to an admin, with what was not said", async () => {
  const traceId = await refusedTrace(world.client(TenantService, "bad").list({}));
  expect(await failure(access("view").explain({ traceId }))).toMatch(/^NotFound/);
  const { explanation } = await access("admin").explain({ traceId });
  expect(explanation).toMatchObject({
    principal: "",
    credentialKind: "",
    because: "the credential that was presented is not valid",
    remedy: "a valid credential of an identity with role Viewer or Editor or Admin",
  });
  expect(explanation?.detail).not.toBe("");
});

test("an allowed change is explained too", async () => {
  await world.client(TenantService, "admin").create({ tenant: { meta: { id: "explained" } } });
  const [record] = (await world.client(AuditService, "view").list({ pageSize: 1 })).records;
  const { explanation } = await access("admin").explain({ traceId: record?.traceId ?? "" });
  expect(explanation).toMatchObject({
    decision: "allowed",
    because: "metal.v1.TenantService/Create needs role Admin, the caller had Admin",
    remedy: "",
    code: "ok",
  });
});

test("usage counts allowed calls by identity and RPC, plain reads too and refusals not", async () => {
  const procedure = "metal.v1.TenantService/List";
  const before = Date.now();
  for (let left = 3; left > 0; left--) await world.client(TenantService, "edit").list({});
  await failure(world.client(TenantService, "nobody").list({}));
  const { usages } = await access("admin").listUsage({ procedure, principal: "hmac:Metal-Edit" });
  expect(usages).toMatchObject([
    {
      principal: "hmac:Metal-Edit",
      principalName: "Metal-Edit",
      role: Role.EDITOR,
      procedure,
      count: 3n,
    },
  ]);
  const [usage] = usages;
  expect(usage?.lastUsed && timestampDate(usage.lastUsed).getTime()).toBeGreaterThanOrEqual(before);
  const nobody = await access("admin").listUsage({ principal: "hmac:Nobody", procedure });
  expect(nobody.usages).toEqual([]);
});

test("usage comes page by page, ordered by identity and RPC, and from a day on", async () => {
  await access("view").whoAmI({});
  const all = (await access("admin").listUsage({ pageSize: 1000 })).usages;
  const names = all.map(({ principal, procedure }) => `${principal} ${procedure}`);
  expect(names).toEqual(names.toSorted());
  expect(names).toContain("hmac:Metal-View metal.v1.AccessService/WhoAmI");
  const first = await access("admin").listUsage({ pageSize: 2 });
  const second = await access("admin").listUsage({ pageSize: 2, pageToken: first.nextPageToken });
  const paged = [...first.usages, ...second.usages];
  expect(paged.map(({ principal, procedure }) => `${principal} ${procedure}`)).toEqual(
    names.slice(0, 4),
  );
  const since = timestampFromDate(new Date(Date.now() + 48 * 60 * 60 * 1000));
  expect((await access("admin").listUsage({ since })).usages).toEqual([]);
  expect(await failure(access("edit").listUsage({}))).toMatch(/^PermissionDenied/);
});

test("usage outlives the server, and counts add up over restarts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "usage-"));
  const counts = async () => {
    const store = await openSqliteStore(folder);
    const server = await startWorld({ store });
    await server.client(TenantService, "view").list({});
    const procedure = "metal.v1.TenantService/List";
    const { usages } = await server.client(AccessService, "admin").listUsage({ procedure });
    await server.client(TenantService, "view").list({});
    await server.close();
    return usages.map(({ count }) => count);
  };
  expect([await counts(), await counts()]).toEqual([[1n], [3n]]);
  await rm(folder, { recursive: true });
});
