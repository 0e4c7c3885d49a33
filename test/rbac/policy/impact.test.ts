import { describe, expect, test } from "@jest/globals";
import { parseActivities } from "../../../src/rbac/policy/activity.ts";
import { adviseOn } from "../../../src/rbac/policy/advice.ts";
import { impactOf } from "../../../src/rbac/policy/impact.ts";
import { Role } from "../../../src/rbac/role.ts";
import { policy, rule, write } from "./rule.ts";

const { VIEWER, EDITOR, ADMIN, AUTHENTICATED } = Role;
const call = (principal: string, procedure: string, role: Role, count = 1) => ({
  principal,
  procedure,
  role,
  count,
});

describe("an export", () => {
  const record = { principal: "hmac:a", procedure: "x.Y/Z", role: "editor", decision: "allowed" };
  const usage = { principal: "hmac:a", procedure: "x.Y/Z", role: "admin", count: 4 };

  test("is JSON lines or one array; calls of one kind are added up, refused and nobody's left out", () => {
    const items = [
      record,
      { ...record, decision: "ROLE_TOO_LOW" },
      { ...record, principal: "" },
      usage,
      { ...usage, principal: "b", component: "metal-bmc", role: "ROLE_VIEWER" },
      { ...record, principal: "c", role: "chief" },
    ];
    const wanted = [
      { principal: "hmac:a", procedure: "x.Y/Z", role: EDITOR, count: 5 },
      { principal: "b", procedure: "x.Y/Z", role: VIEWER, component: "metal-bmc", count: 4 },
      { principal: "c", procedure: "x.Y/Z", role: AUTHENTICATED, count: 1 },
    ];
    const lines = items.map((item) => JSON.stringify(item));
    expect(parseActivities(lines.join("\n\n"), "f")).toEqual(wanted);
    expect(parseActivities(`[${lines.join()}]`, "f")).toEqual(wanted);
    expect(parseActivities("", "f")).toEqual([]);
  });

  test("with a line that is no object is refused", () => {
    expect(() => parseActivities(`${JSON.stringify(record)}\nx`, "f")).toThrow(
      "f:2: is no JSON object",
    );
  });
});

describe("a change", () => {
  const before = policy({ "x/Get": rule(), "x/Set": write(), "x/Tag": write({ minRole: ADMIN }) });

  test("takes from those who hold less than is needed now", () => {
    const after = policy({ "x/Get": rule(), "x/Set": write({ minRole: ADMIN }) });
    const seen = [
      call("b", "x/Set", EDITOR, 7),
      call("a", "x/Set", ADMIN),
      call("a", "x/Tag", ADMIN, 2),
      call("c", "x/Get", VIEWER),
    ];
    expect(impactOf(before, after, seen).losses).toEqual([
      { principal: "a", procedure: "x/Tag", role: ADMIN, count: 2 },
      { principal: "b", procedure: "x/Set", role: EDITOR, count: 7 },
    ]);
  });

  test("that limits to components takes from those who are none, or not known to be one", () => {
    const after = policy({ "x/Get": rule({ components: ["metal-core"] }) });
    const seen = [
      { ...call("core", "x/Get", VIEWER), component: "metal-core" },
      { ...call("person", "x/Get", VIEWER), component: "" },
      call("unknown", "x/Get", VIEWER),
    ];
    expect(impactOf(before, after, seen).losses.map(({ principal }) => principal)).toEqual([
      "person",
      "unknown",
    ]);
  });

  test("relieves those who needed a role for nothing else", () => {
    const after = policy({ "x/Get": rule(), "x/Set": write(), "x/Tag": write() });
    const seen = [
      call("ccm", "x/Tag", ADMIN),
      call("ccm", "x/Get", ADMIN),
      call("reader", "x/Get", ADMIN),
    ];
    expect(impactOf(before, after, seen)).toEqual({
      losses: [],
      reliefs: [{ principal: "ccm", held: ADMIN, needed: ADMIN, enough: EDITOR }],
    });
  });
});

test("advice names the least role, what it is for, and what is never called", () => {
  const rules = policy({
    "x/Ask": rule({ minRole: AUTHENTICATED }),
    "x/Boot": rule({ components: ["pixiecore"] }),
    "x/Drop": write({ minRole: ADMIN }),
    "x/Get": rule(),
    "x/List": rule(),
    "x/Set": write(),
  });
  const seen = [
    call("b", "x/Get", EDITOR, 3),
    call("b", "x/Ask", EDITOR),
    call("b", "x/Gone", EDITOR),
    { ...call("a", "x/Boot", VIEWER), component: "pixiecore" },
  ];
  expect(adviseOn(rules, seen)).toEqual([
    {
      principal: "a",
      held: VIEWER,
      enough: VIEWER,
      used: [{ procedure: "x/Boot", minRole: VIEWER, count: 1 }],
      unused: [
        { procedure: "x/Get", minRole: VIEWER },
        { procedure: "x/List", minRole: VIEWER },
      ],
    },
    {
      principal: "b",
      held: EDITOR,
      enough: VIEWER,
      used: [
        { procedure: "x/Get", minRole: VIEWER, count: 3 },
        { procedure: "x/Ask", minRole: AUTHENTICATED, count: 1 },
      ],
      unused: [
        { procedure: "x/Set", minRole: EDITOR },
        { procedure: "x/List", minRole: VIEWER },
      ],
    },
  ]);
});
