import { expect, test } from "@jest/globals";
import { Role } from "../../src/rbac/role.ts";
import type { Rule, RuleTable } from "../../src/rbac/rule.ts";
import { createRuleTable } from "../../src/rbac/table.ts";

const rule: Rule = {
  minRole: Role.VIEWER,
  kind: "unary",
  read: true,
  audit: "refusals",
  auditBecause: "",
  reason: false,
  components: ["pixie"],
  scope: "",
  source: "proto/test/v1/a.proto:1",
};
const rules: RuleTable = createRuleTable({ "/test.v1.A/Get": rule });

test("a table is frozen down to the components", () => {
  const found = rules["/test.v1.A/Get"];
  expect(found).toEqual(rule);
  expect([rules, found, found?.components].every(Object.isFrozen)).toBe(true);
});

test.each(["constructor", "__proto__", "toString", "/test.v1.A/Put"])(
  'a table knows nothing of "%s"',
  (name) => {
    expect(Reflect.get(rules, name)).toBeUndefined();
    expect(name in rules).toBe(false);
  },
);
