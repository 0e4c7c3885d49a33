import { expect, test } from "@jest/globals";
import { lint, lintChecks } from "../../../src/rbac/policy/lint.ts";
import type { PolicyRule } from "../../../src/rbac/policy/policy.ts";
import { Role } from "../../../src/rbac/role.ts";
import { policy, rule, write } from "./rule.ts";

const { PUBLIC, VIEWER, EDITOR, ADMIN } = Role;
type Rules = Readonly<Record<string, PolicyRule>>;

/** For each check: rules that it finds, the first of them, and the same made sense of. */
const rows: readonly (readonly [keyof typeof lintChecks, Rules, Rules])[] = [
  [
    "write for readers",
    { "x.Y/Rename": write({ minRole: VIEWER }) },
    { "x.Y/Rename": write({ minRole: VIEWER, components: ["metal-hammer"] }) },
  ],
  [
    "open stream",
    { "x.Y/Watch": rule({ minRole: PUBLIC, kind: "server_streaming" }) },
    { "x.Y/Watch": rule({ kind: "server_streaming" }), "x.Y/Get": rule({ minRole: PUBLIC }) },
  ],
  [
    "cheap secret",
    { "x.Y/Show": rule({ reason: true, audit: "full", secrets: ["password"] }) },
    {
      "x.Y/Show": write({ reason: true, secrets: ["password"] }),
      "x.Y/Boot": rule({ components: ["pixiecore"], secrets: ["key"] }),
      "x.Y/Get": rule({ secrets: ["machine.password"] }),
    },
  ],
  [
    "secret below its reveal role",
    {
      "x.Y/Peek": write({ reason: true, secrets: ["bmc.password"] }),
      "x.Y/Show": write({ minRole: ADMIN, reason: true, secrets: ["password"] }),
    },
    {
      "x.Y/Peek": write({ reason: true, secrets: ["bmc.key"] }),
      "x.Y/Show": write({ minRole: ADMIN, reason: true, secrets: ["password"] }),
    },
  ],
  [
    "secret without a reason",
    { "x.Y/GetKey": rule({ secrets: ["key"] }) },
    { "x.Y/GetKey": write({ reason: true, secrets: ["key"] }) },
  ],
  [
    "lost reason",
    { "x.Y/Show": write({ reason: true, audit: "refusals" }) },
    { "x.Y/Show": write({ reason: true, audit: "metadata" }) },
  ],
  [
    "unrecorded power",
    { "x.Y/Move": write({ minRole: ADMIN, audit: "refusals" }) },
    { "x.Y/Move": write({ minRole: EDITOR, audit: "refusals" }) },
  ],
  [
    "component with Admin",
    { "x.Y/Tell": write({ minRole: ADMIN, components: ["metal-core"] }) },
    { "x.Y/Tell": write({ minRole: EDITOR, components: ["metal-core"] }) },
  ],
  ["write in disguise", { "x.Y/DeleteAll": rule() }, { "x.Y/DeleteAll": write() }],
  [
    "cheaper end",
    { "x.Y/DeleteZone": write(), "x.Y/CreateZone": write({ minRole: ADMIN }) },
    {
      "x.Y/DeleteZone": write({ minRole: ADMIN }),
      "x.Y/CreateZone": write(),
      "x.Y/Free": write(),
      "x.Y/Allocate": write(),
    },
  ],
  [
    "uneven reading",
    { "x.Y/ListZones": rule(), "x.Y/GetZone": write() },
    { "x.Y/ListZones": rule(), "x.Y/GetZone": rule(), "x.Y/List": write() },
  ],
];

test.each(rows)("%s is found, and what makes sense is not", (check, odd, sound) => {
  const [procedure] = Object.keys(odd);
  expect(lint(policy(odd)).map((finding) => [finding.check, finding.procedure])).toEqual([
    [check, procedure],
  ]);
  expect(lint(policy(sound))).toEqual([]);
});

test("every check has its example", () => {
  expect(rows.map(([check]) => check).sort()).toEqual(Object.keys(lintChecks).sort());
});

test("a finding says what is wrong, with whom and where", () => {
  expect(lint(policy({ "x.Y/Rename": write({ minRole: VIEWER }) }))).toEqual([
    {
      check: "write for readers",
      procedure: "x.Y/Rename",
      text: "changes something, and needs Viewer only, a role that reads",
      source: "x.proto:1",
    },
  ]);
});
