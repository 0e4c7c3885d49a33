// The decision, row by row: a rule, a caller, and what follows.
import { describe, expect, test } from "@jest/globals";
import { decide } from "../../src/rbac/decide.ts";
import { Role, roles } from "../../src/rbac/role.ts";
import type { Rule } from "../../src/rbac/rule.ts";
import { principal } from "./library.ts";

const rule = (minRole: Role, components: readonly string[] = []): Rule => ({
  minRole,
  kind: "unary",
  read: false,
  audit: "full",
  auditBecause: "",
  reason: false,
  components,
  scope: "",
  source: "proto/a.proto:1",
});

const as = (role: Role, component?: string) => principal("somebody", { role, component });
const verdict = (...question: Parameters<typeof decide>) => {
  const decision = decide(...question);
  return decision.allowed ? "allowed" : decision.reason;
};

test("without a rule nobody is allowed, not even an admin", () => {
  expect(verdict(undefined, as(Role.ADMIN))).toBe("NO_RULE");
  expect(verdict(undefined, undefined)).toBe("NO_RULE");
});

test("an anonymous caller may call what is public, and nothing else", () => {
  const verdicts = roles.map((role) => verdict(rule(role), undefined));
  const [open, ...closed] = verdicts;
  expect(open).toBe("allowed");
  expect(new Set(closed)).toEqual(new Set(["NO_CREDENTIAL"]));
});

describe.each(roles)("under a rule of role %i", (needed) => {
  test("a caller of that role or above is allowed, and one below is not", () => {
    const allowed = roles.filter((held) => decide(rule(needed), as(held)).allowed);
    expect(allowed).toEqual(roles.filter((held) => held >= needed));
  });

  test("who may call anonymously may call with any role", () => {
    const anonymous = decide(rule(needed), undefined).allowed;
    const lost = roles.filter((held) => anonymous && !decide(rule(needed), as(held)).allowed);
    expect(lost).toEqual([]);
  });

  test.each([undefined, null, Number.NaN, 0, 6, "5"])("a caller with role %p is refused", (odd) => {
    expect(verdict(rule(needed), as(odd as Role))).toBe("ROLE_TOO_LOW");
  });
});

test.each([undefined, Number.NaN, 0, 6])("a rule with role %p lets nobody in", (odd) => {
  const broken = rule(odd as Role);
  const verdicts = [undefined, ...roles.map((role) => as(role))].map((who) => verdict(broken, who));
  expect(verdicts).not.toContain("allowed");
});

const components = [
  { who: "an identity of a listed component", component: "box", verdict: "allowed" },
  { who: "an identity of another component", component: "desk", verdict: "WRONG_COMPONENT" },
  { who: "an identity of no component", component: undefined, verdict: "WRONG_COMPONENT" },
  { who: "an identity of an empty component", component: "", verdict: "WRONG_COMPONENT" },
];

test.each(components)("a rule for components: $who is $verdict", ({ component, ...row }) => {
  const limited = rule(Role.EDITOR, ["gate", "box"]);
  expect(verdict(limited, as(Role.EDITOR, component))).toBe(row.verdict);
  expect(verdict(limited, as(Role.ADMIN, component))).toBe(row.verdict);
});

test("the right component does not make up for a role that is too low", () => {
  expect(verdict(rule(Role.EDITOR, ["box"]), as(Role.VIEWER, "box"))).toBe("ROLE_TOO_LOW");
});

describe("a caller that is limited to some RPCs", () => {
  const limited = principal("somebody", { role: Role.ADMIN, procedures: new Set(["/a.B/C"]) });
  const rows = [
    ["may call one of them", Role.ADMIN, "/a.B/C", "allowed"],
    ["may call no other, whatever its role", Role.VIEWER, "/a.B/D", "NOT_GRANTED"],
    ["may call none that nobody names", Role.VIEWER, undefined, "NOT_GRANTED"],
    ["may call what needs no role", Role.AUTHENTICATED, "/a.B/D", "allowed"],
    ["may call what is open to everybody", Role.PUBLIC, "/a.B/D", "allowed"],
  ] as const;
  test.each(rows)("%s", (_, needed, procedure, expected) => {
    expect(verdict(rule(needed), limited, procedure)).toBe(expected);
  });

  test("gains nothing by it that its role lacks", () => {
    const viewer = { ...limited, role: Role.VIEWER };
    expect(verdict(rule(Role.ADMIN), viewer, "/a.B/C")).toBe("ROLE_TOO_LOW");
  });

  test("may call nothing if it is limited to nothing", () => {
    const nothing = { ...limited, procedures: new Set<never>() };
    expect(verdict(rule(Role.VIEWER), nothing, "/a.B/C")).toBe("NOT_GRANTED");
  });
});

test("decisions cannot be changed", () => {
  const decisions = [decide(undefined, undefined), decide(rule(Role.PUBLIC), undefined)];
  expect(decisions.every(Object.isFrozen)).toBe(true);
});
