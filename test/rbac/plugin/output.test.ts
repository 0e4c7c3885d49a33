// What the outputs say, and when they change: a change of right changes rules.json, and nothing else does.
import { createHash } from "node:crypto";
import { afterAll, describe, expect, test } from "@jest/globals";
import { callPlugin, output } from "./request.ts";
import { createWorkspace, optionsProto } from "./workspace.ts";

const path = "proto/test/v1/image.proto";
const proto = `syntax = "proto3";
package test.v1;
import "metal/rbac/v1/rbac.proto";
option (metal.rbac.v1.foreign_rule) = {
  procedure: "other.Other/Check" min_role: ROLE_PUBLIC read: true
};
message Request { string project = 1; string reason = 2; }
service ImageService {
  rpc Update(Request) returns (Request) {
    option (metal.rbac.v1.min_role) = ROLE_EDITOR;
    option (metal.rbac.v1.audit) = { level: AUDIT_LEVEL_METADATA because: "\\"big\\" | binary" };
    option (metal.rbac.v1.reason) = true;
    option (metal.rbac.v1.components) = "pixie";
    option (metal.rbac.v1.components) = "bmc";
    option (metal.rbac.v1.scope) = "project";
  }
  rpc Get(Request) returns (Request) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (metal.rbac.v1.min_role) = ROLE_VIEWER;
  }
}
`;

const workspace = createWorkspace({
  "proto/metal/rbac/v1/rbac.proto": optionsProto,
  "proto/other/other.proto": `syntax = "proto3";
package other;
message Q {}
service Other { rpc Check(Q) returns (stream Q); }
`,
});
afterAll(workspace.remove);

/** All outputs for one text of the proto. */
function generate(text: string, parameter?: string) {
  workspace.write(path, text);
  const response = callPlugin([workspace.build()], parameter);
  const read = (name: string) => output(response, name);
  const names = response.file.map(({ name }) => name);
  return { names, rules: read("rules.ts"), json: read("rules.json"), read };
}

const standard = generate(proto);

test("the outputs are four files", () => {
  expect(standard.names).toEqual(["rules.ts", "gate.ts", "rules.json", "role-mapping.md"]);
});

test("rules.json states every fact of every rpc, sorted, without lines", () => {
  expect(standard.json).toBe(`{
  "/other.Other/Check": {
    "audit": "refusals",
    "auditBecause": "",
    "components": [],
    "kind": "server_streaming",
    "minRole": "PUBLIC",
    "read": true,
    "reason": false,
    "scope": "",
    "source": "proto/test/v1/image.proto"
  },
  "/test.v1.ImageService/Get": {
    "audit": "refusals",
    "auditBecause": "",
    "components": [],
    "kind": "unary",
    "minRole": "VIEWER",
    "read": true,
    "reason": false,
    "scope": "",
    "source": "proto/test/v1/image.proto"
  },
  "/test.v1.ImageService/Update": {
    "audit": "metadata",
    "auditBecause": "\\"big\\" | binary",
    "components": [
      "bmc",
      "pixie"
    ],
    "kind": "unary",
    "minRole": "EDITOR",
    "read": false,
    "reason": true,
    "scope": "project",
    "source": "proto/test/v1/image.proto"
  }
}
`);
});

test("rules.ts is the same as code, with lines and the hash of rules.json", () => {
  const hash = createHash("sha256").update(standard.json).digest("hex");
  expect(standard.rules).toBe(`\
// Written by \`buf generate\` from the options in the protos. To change a rule, change its proto.
import { Role } from "../../rbac/role.ts";
import { createRuleTable } from "../../rbac/table.ts";

/** Identifies this set of rights: the SHA-256 of rules.json. */
export const schemaHash = "sha256:${hash}";

/** The rule of every procedure. Frozen, without a prototype. */
export const rules = createRuleTable({
  "/other.Other/Check": {
    minRole: Role.PUBLIC,
    kind: "server_streaming", read: true,
    audit: "refusals", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/test/v1/image.proto:4",
  },
  "/test.v1.ImageService/Get": {
    minRole: Role.VIEWER,
    kind: "unary", read: true,
    audit: "refusals", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/test/v1/image.proto:17",
  },
  "/test.v1.ImageService/Update": {
    minRole: Role.EDITOR,
    kind: "unary", read: false,
    audit: "metadata", auditBecause: "\\"big\\" | binary",
    reason: true, components: ["bmc","pixie"], scope: "project",
    source: "proto/test/v1/image.proto:9",
  },
});

/** A procedure that has a rule. */
export type Procedure = keyof typeof rules;
`);
});

test("role-mapping.md shows a row per rpc under its service", () => {
  const text = standard.read("role-mapping.md");
  expect(text).toContain("Admin ⊃ Edit ⊃ View");
  expect(text).toContain("| Viewer | 1 |\n| Editor | 1 |\n| Admin | 0 |");
  expect(text).toContain(`## test.v1.ImageService

| RPC | Minimum role | Kind | Access | Audit | Limited to components | Written at |
| --- | --- | --- | --- | --- | --- | --- |
| Get | Viewer | unary | read | refusals | – | \`proto/test/v1/image.proto:17\` |
| Update | Editor | unary | write | metadata, with the caller's reason, because "big" \\| binary | bmc, pixie | \`proto/test/v1/image.proto:9\` |
`);
});

test("imports name the runtime as the project says", () => {
  const { read } = generate(proto, "target=ts,import_extension=js,runtime=@example/rbac");
  expect(read("rules.ts")).toContain('from "@example/rbac/role.js"');
  expect(read("gate.ts")).toContain('from "@example/rbac/guard.js"');
  expect(read("gate.ts")).toContain('from "./rules.js"');
  expect(read("rules.json")).toContain('"source": "test/v1/image.proto"');
});

const rights = [
  { change: "a weaker role", from: "ROLE_EDITOR", to: "ROLE_VIEWER" },
  { change: "a lost component", from: 'option (metal.rbac.v1.components) = "bmc";', to: "" },
  { change: "less audit", from: "AUDIT_LEVEL_METADATA", to: "AUDIT_LEVEL_REFUSALS" },
  { change: "another reason for less audit", from: "binary", to: "text" },
  { change: "no reason to give", from: "option (metal.rbac.v1.reason) = true;", to: "" },
  { change: "a lost scope", from: 'option (metal.rbac.v1.scope) = "project";', to: "" },
  { change: "an rpc gone", from: /rpc Get(.|\n)*?\}\n/, to: "" },
];

test.each(rights)("$change changes rules.json and the hash", ({ from, to }) => {
  const other = generate(proto.replace(from, to));
  expect(other.json).not.toBe(standard.json);
  expect(hashOf(other.rules)).not.toBe(hashOf(standard.rules));
});

describe("what is no change of right", () => {
  const [updateRpc = "", getRpc = ""] = proto.match(/ {2}rpc (.|\n)*?\n {2}\}\n/g) ?? [];
  const [pixie = "", bmc = ""] = proto.match(/.*components.*\n/g) ?? [];
  const same = [
    { change: "a moved line", text: proto.replace("service", "// More.\n\nservice") },
    {
      change: "another order of rpcs",
      text: proto.replace(updateRpc + getRpc, getRpc + updateRpc),
    },
    { change: "another order of components", text: proto.replace(pixie + bmc, bmc + pixie) },
  ];

  test.each(same)("$change leaves rules.json and the hash", ({ text }) => {
    expect(text).not.toBe(proto);
    const other = generate(text);
    expect(other.json).toBe(standard.json);
    expect(hashOf(other.rules)).toBe(hashOf(standard.rules));
  });
});

function hashOf(rules: string): string | undefined {
  return /sha256:\w{64}/.exec(rules)?.[0];
}

describe("parameters", () => {
  const bad = [
    { parameter: "target=ts", says: "runtime=PATH is required, once" },
    { parameter: "target=ts,runtime=a,runtime=b", says: "runtime=PATH is required, once" },
    { parameter: "target=ts,runtime=a,sourceroot=b", says: 'unknown "sourceroot"' },
  ];

  test.each(bad)('"$parameter" is refused', ({ parameter, says }) => {
    expect(() => callPlugin([workspace.build()], parameter)).toThrow(says);
  });

  test("another target than ts is refused", () => {
    const { error, file } = callPlugin([workspace.build()], "target=js,runtime=a");
    expect(error).toBe('writes TypeScript only; set "target=ts" for this plugin in buf.gen.yaml');
    expect(file).toEqual([]);
  });
});
