import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { decide } from "../../src/rbac/decide.ts";
import { rules } from "../../gen/rbac/rules.ts";
import type { RuleTable } from "../../src/rbac/rule.ts";
import { failure } from "../world/failure.ts";
import { type Caller, startWorld, users, type World } from "../world/server.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const table: RuleTable = rules;
const access = (caller: Caller) => world.client(AccessService, caller);

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
