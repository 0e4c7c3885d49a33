// Rules to compare and check, with only what a test is about.
import { type Policy, type PolicyRule } from "../../../src/rbac/policy/policy.ts";
import { Role } from "../../../src/rbac/role.ts";

/** A read for viewers, with changes. */
export const rule = (changes: Partial<PolicyRule> = {}): PolicyRule => ({
  minRole: Role.VIEWER,
  kind: "unary",
  read: true,
  audit: "refusals",
  auditBecause: "",
  reason: false,
  components: [],
  scope: "",
  source: "x.proto:1",
  ...changes,
});

/** A write for editors, with changes. */
export const write = (changes: Partial<PolicyRule> = {}): PolicyRule =>
  rule({ minRole: Role.EDITOR, read: false, audit: "full", ...changes });

/** A policy of these rules by RPC. */
export const policy = (rules: Readonly<Record<string, PolicyRule>>): Policy =>
  new Map(Object.entries(rules));
