// Table and descriptors of different days: each fact that differs keeps a server from starting.
import { createFileRegistry, type DescMethod, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, test } from "@jest/globals";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { rules } from "../../examples/own-server/gen/rbac/rules.ts";
import { Role } from "../../src/rbac/role.ts";
import { procedureOf, type Rule, type RuleTable } from "../../src/rbac/rule.ts";
import { ruleProblems } from "../../src/rbac/stale.ts";
import { createWorkspace, optionsProto, type Workspace } from "./plugin/workspace.ts";

const own = createWorkspace({
  "proto/metal/rbac/v1/rbac.proto": optionsProto,
  "proto/own/v1/own.proto": `syntax = "proto3";
package own.v1;
import "metal/rbac/v1/rbac.proto";
message Request {}
service Own {
  rpc Call(Request) returns (Request) {
    option (metal.rbac.v1.min_role) = ROLE_EDITOR;
    option (metal.rbac.v1.components) = "pixie";
    option (metal.rbac.v1.components) = "bmc";
    option (metal.rbac.v1.audit) = { level: AUDIT_LEVEL_METADATA because: "big" };
  }
  rpc Forgotten(Request) returns (Request);
}
`,
});

// What somebody else may call theirs: the same field number, of another type.
const strange = createWorkspace({
  "proto/strange/v1/strange.proto": `syntax = "proto3";
package strange.v1;
import "google/protobuf/descriptor.proto";
extend google.protobuf.MethodOptions { int32 cost = 77601; }
message Request {}
service Strange {
  rpc Call(Request) returns (Request) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (strange.v1.cost) = 1;
  }
}
`,
});
afterAll(() => [own, strange].forEach(({ remove }) => remove()));

const compiled = (workspace: Workspace, service: string, name: string): DescMethod => {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, workspace.build()));
  const found = registry.getService(service)?.methods.find((method) => method.name === name);
  if (!found) throw new Error(`no RPC "${service}/${name}"`);
  return found;
};

const table: RuleTable = rules;
const { lend, discard, giveBack } = LibraryService.method;
const ruleOf = (method: DescMethod) => table[procedureOf(method)] as Rule;

test("every rule of the example agrees with its descriptor", () => {
  const found = LibraryService.methods.flatMap((method) => ruleProblems(ruleOf(method), method));
  expect(found).toEqual([]);
});

test("an RPC without a rule is told what to do", () => {
  expect(ruleProblems(undefined, lend)).toEqual([
    "has no rule in the table; state min_role and run buf generate",
  ]);
});

const stale: readonly { method: DescMethod; facts: Partial<Rule>; says: string }[] = [
  {
    method: lend,
    facts: { minRole: Role.PUBLIC },
    says: "minRole is Editor in the mounted descriptor, Public in the table",
  },
  {
    method: lend,
    facts: { minRole: Role.ADMIN },
    says: "minRole is Editor in the mounted descriptor, Admin in the table",
  },
  {
    method: lend,
    facts: { kind: "bidi_streaming" },
    says: 'kind is "unary" in the mounted descriptor, "bidi_streaming" in the table',
  },
  {
    method: lend,
    facts: { read: true },
    says: "read is false in the mounted descriptor, true in the table",
  },
  {
    method: lend,
    facts: { audit: "refusals" },
    says: 'audit is "full" in the mounted descriptor, "refusals" in the table',
  },
  {
    method: lend,
    facts: { auditBecause: "noise" },
    says: 'auditBecause is "" in the mounted descriptor, "noise" in the table',
  },
  {
    method: discard,
    facts: { reason: false },
    says: "reason is true in the mounted descriptor, false in the table",
  },
  {
    method: giveBack,
    facts: { components: [] },
    says: 'components is ["return-box"] in the mounted descriptor, [] in the table',
  },
  {
    method: lend,
    facts: { scope: "isbn" },
    says: 'scope is "" in the mounted descriptor, "isbn" in the table',
  },
];

test.each(stale)("$says", ({ method, facts, says }) => {
  const rule = { ...ruleOf(method), ...facts };
  expect(ruleProblems(rule, method)).toEqual([`${says}; run buf generate`]);
});

test("several differences are all reported", () => {
  const rule = { ...ruleOf(lend), minRole: Role.PUBLIC, read: true, audit: "metadata" } as const;
  expect(ruleProblems(rule, lend)).toHaveLength(3);
});

test.each([0, 6, Number.NaN, undefined])("role %p is reported as none", (odd) => {
  const [first] = ruleProblems({ ...ruleOf(lend), minRole: odd as Role }, lend);
  expect(first).toBe(`minRole is ${String(odd)} in the table, which is no role`);
});

describe("a rule as the generator writes it", () => {
  const call = compiled(own, "own.v1.Own", "Call");
  const rule: Rule = {
    ...ruleOf(lend),
    components: ["bmc", "pixie"],
    audit: "metadata",
    auditBecause: "big",
  };

  test("agrees, although its components are sorted and those of the proto are not", () => {
    expect(ruleProblems(rule, call)).toEqual([]);
  });

  test("does not agree with a descriptor that states no role", () => {
    const forgotten = compiled(own, "own.v1.Own", "Forgotten");
    expect(ruleProblems(ruleOf(lend), forgotten)).toEqual([
      "minRole is Unspecified in the mounted descriptor, Editor in the table; run buf generate",
    ]);
  });
});

describe("a rule for somebody else's RPC", () => {
  const call = compiled(strange, "strange.v1.Strange", "Call");
  const rule: Rule = { ...ruleOf(lend), minRole: Role.ADMIN, read: true, components: ["bmc"] };

  test("is not compared with an option of theirs that has the number of ours", () => {
    expect(ruleProblems(rule, call)).toEqual([]);
  });

  test("must be of the same kind", () => {
    expect(ruleProblems({ ...rule, kind: "bidi_streaming" }, call)).toEqual([
      'kind is "unary" in the mounted descriptor, "bidi_streaming" in the table; run buf generate',
    ]);
  });

  test("may not call a write what they call a read, because a GET would do it", () => {
    expect(ruleProblems({ ...rule, read: false }, call)).toEqual([
      "read is true in the mounted descriptor, false in the table; run buf generate",
    ]);
  });

  test("must state a role", () => {
    expect(ruleProblems({ ...rule, minRole: Role.UNSPECIFIED }, call)).toEqual([
      "minRole is 0 in the table, which is no role",
    ]);
  });
});
