// The names and roles that were agreed on, against those that are enforced.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { rules } from "../../gen/rbac/rules.ts";
import { roleName } from "../../src/rbac/role.ts";
import type { RuleTable } from "../../src/rbac/rule.ts";

const table: RuleTable = rules;

/** "/package.Service/Method ROLE kind", as far as both sides tell. */
const line = (procedure: string, role: string, kind: string) =>
  `${procedure} ${role.toUpperCase()} ${kind}`;

const kinds: Readonly<Record<string, string>> = {
  unary: "unary",
  server_stream: "server_streaming",
  client_stream: "client_streaming",
  bidi_stream: "bidi_streaming",
};

const agreed = readFileSync(join(import.meta.dirname, "contract.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((row) => row.split("\t"))
  .map(([service = "", rpc = "", role = "", kind = ""]) => ({
    service,
    line: line(`/${service}/${rpc}`, role, kinds[kind] ?? kind),
  }));

const enforced = Object.entries(table).map(([procedure, { minRole, kind }]) => ({
  service: procedure.slice(1).split("/")[0] ?? "",
  line: line(procedure, roleName(minRole), kind),
}));

const built = new Set(enforced.map(({ service }) => service));

/** What the agreement does not mention. */
const beyond = [
  // Part of a standard service.
  "/grpc.health.v1.Health/List VIEWER unary",
  // "Why not" is for whoever was refused, whatever the role.
  "/metal.v1.AccessService/Explain AUTHENTICATED unary",
  // What the audit proves about itself is for those who may read it.
  "/metal.v1.AuditService/Export VIEWER server_streaming",
  "/metal.v1.AuditService/Head VIEWER unary",
  // What others make use of is for those who may decide about their roles.
  "/metal.v1.AccessService/ListUsage ADMIN unary",
  // Identities with an owner; who may make one decides who may do what.
  "/metal.v1.UserService/Create ADMIN unary",
  "/metal.v1.UserService/List ADMIN unary",
  "/metal.v1.UserService/Rotate ADMIN unary",
  "/metal.v1.UserService/Revoke ADMIN unary",
  // Whether the server's own books balance is a question that metal-stack has no RPC for.
  "/metal.v1.DoctorService/Check ADMIN server_streaming",
];

test("every service that is built has exactly the RPCs that were agreed on, with their roles", () => {
  const wanted = agreed.filter(({ service }) => built.has(service)).map((row) => row.line);
  expect(enforced.map((row) => row.line).sort()).toEqual([...wanted, ...beyond].sort());
});
