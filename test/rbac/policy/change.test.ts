import { describe, expect, test } from "@jest/globals";
import { changesBetween } from "../../../src/rbac/policy/change.ts";
import type { PolicyRule } from "../../../src/rbac/policy/policy.ts";
import { Role } from "../../../src/rbac/role.ts";
import { policy, rule, write } from "./rule.ts";

const { PUBLIC, AUTHENTICATED, VIEWER, EDITOR, ADMIN } = Role;
const none = "none";

type Row = readonly [
  string,
  Partial<PolicyRule>,
  Partial<PolicyRule>,
  readonly (readonly string[])[],
];

const rows: readonly Row[] = [
  ["nothing", {}, {}, []],
  [
    "a lower role",
    { minRole: ADMIN },
    { minRole: EDITOR },
    [["widened", "role", "Admin", "Editor"]],
  ],
  [
    "a higher role",
    { minRole: VIEWER },
    { minRole: ADMIN },
    [["narrowed", "role", "Viewer", "Admin"]],
  ],
  [
    "a role for everybody",
    { minRole: AUTHENTICATED },
    { minRole: PUBLIC },
    [["widened", "role", "Authenticated", "Public"]],
  ],
  [
    "a limit to components",
    {},
    { components: ["a"] },
    [["narrowed", "components", "everybody with the role", "a"]],
  ],
  [
    "no more limit to components",
    { components: ["a", "b"] },
    {},
    [["widened", "components", "a b", "everybody with the role"]],
  ],
  [
    "one more component",
    { components: ["a"] },
    { components: ["a", "b"] },
    [["widened", "components", "a", "a b"]],
  ],
  [
    "one less component",
    { components: ["a", "b"] },
    { components: ["a"] },
    [["narrowed", "components", "a b", "a"]],
  ],
  [
    "another component",
    { components: ["a"] },
    { components: ["b"] },
    [
      ["widened", "components", "a", "b"],
      ["narrowed", "components", "a", "b"],
    ],
  ],
  [
    "a write that is a read",
    { read: false },
    { read: true },
    [["widened", "access", "write", "read"]],
  ],
  [
    "a read that is a write",
    { read: true },
    { read: false },
    [["narrowed", "access", "read", "write"]],
  ],
  [
    "less audit",
    { audit: "full" },
    { audit: "metadata" },
    [["widened", "audit", "full", "metadata"]],
  ],
  [
    "more audit",
    { audit: "refusals" },
    { audit: "full" },
    [["narrowed", "audit", "refusals", "full"]],
  ],
  [
    "no more reason",
    { reason: true },
    { reason: false },
    [["widened", "reason", "demanded", none]],
  ],
  ["a reason", { reason: false }, { reason: true }, [["narrowed", "reason", none, "demanded"]]],
  ["a scope", {}, { scope: "project" }, [["narrowed", "scope", none, "project"]]],
  [
    "another scope",
    { scope: "project" },
    { scope: "tenant" },
    [["widened", "scope", "project", "tenant"]],
  ],
  ["no more scope", { scope: "project" }, {}, [["widened", "scope", "project", none]]],
  [
    "a secret that is revealed",
    { reason: true, secrets: ["password"] },
    { reason: true, secrets: ["password", "key"] },
    [["widened", "secret", none, "key"]],
  ],
  [
    "a secret that is no longer revealed",
    { reason: true, secrets: ["password"] },
    { reason: true, secrets: [] },
    [["narrowed", "secret", "password", none]],
  ],
  ["a secret in an answer that masks it", { secrets: [] }, { secrets: ["password"] }, []],
  [
    "a secret, as far as only one side tells",
    { reason: true },
    { reason: true, secrets: ["key"] },
    [],
  ],
  [
    "a place, a kind of stream, an explanation",
    { source: "a.proto:1", kind: "unary", auditBecause: "a" },
    { source: "b.proto:2", kind: "server_streaming", auditBecause: "b" },
    [],
  ],
];

test.each(rows)("%s", (_, before, after, wanted) => {
  const changes = changesBetween(
    policy({ "x.Y/Z": rule(before) }),
    policy({ "x.Y/Z": rule(after) }),
  );
  expect(changes).toEqual(
    wanted.map(([kind, fact, from, to]) => ({
      kind,
      procedure: "x.Y/Z",
      fact,
      before: from,
      after: to,
    })),
  );
});

describe("an RPC", () => {
  const rpc = { procedure: "x.Y/Z", fact: "rpc" };

  test("that is new or gone gives nobody more", () => {
    const some = policy({ "x.Y/Z": write({ components: ["a", "b"] }) });
    expect(changesBetween(policy({}), some)).toEqual([
      { kind: "added", ...rpc, before: none, after: "Editor, only a b" },
    ]);
    expect(changesBetween(some, policy({}))).toEqual([
      { kind: "removed", ...rpc, before: "Editor, only a b", after: none },
    ]);
  });

  test("that is new and open to everybody is a widening", () => {
    const open = policy({ "x.Y/Z": rule({ minRole: PUBLIC }) });
    expect(changesBetween(policy({}), open)).toEqual([
      { kind: "widened", ...rpc, before: none, after: "Public" },
    ]);
  });
});

test("changes are ordered by RPC", () => {
  const before = policy({ "b/B": rule(), "a/A": rule({ reason: true }) });
  const after = policy({ "c/C": rule(), "a/A": rule({ minRole: EDITOR }) });
  expect(changesBetween(before, after).map(({ procedure, fact }) => [procedure, fact])).toEqual([
    ["a/A", "role"],
    ["a/A", "reason"],
    ["b/B", "rpc"],
    ["c/C", "rpc"],
  ]);
});
