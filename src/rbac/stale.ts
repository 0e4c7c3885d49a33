// Compares a rule of the table with the descriptor that is really mounted: generated code and table may come from
// different days.
import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import * as options from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { canState } from "./options-file.ts";
import { type Role, roleName, roles } from "./role.ts";
import type { Rule } from "./rule.ts";

/** What is wrong with the rule of `method`; empty if nothing is. */
export function ruleProblems(rule: Rule | undefined, method: DescMethod): readonly string[] {
  if (rule === undefined) return ["has no rule in the table; state min_role and run buf generate"];
  const unknown = roles.some((role) => role === rule.minRole) ? [] : [noRole(rule.minRole)];
  return [...unknown, ...differences(rule, method)];
}

const noRole = (role: Role) => `minRole is ${String(role)} in the table, which is no role`;

function differences(rule: Rule, method: DescMethod): readonly string[] {
  const stated: Readonly<Record<string, unknown>> = { ...rule };
  return Object.entries(mountedFacts(method))
    .filter(([fact, value]) => JSON.stringify(value) !== JSON.stringify(stated[fact]))
    .map(([fact, value]) => {
      const [here, there] = [show(fact, value), show(fact, stated[fact])];
      return `${fact} is ${here} in the mounted descriptor, ${there} in the table; run buf generate`;
    });
}

function show(fact: string, value: unknown): string {
  return fact === "minRole" ? roleName(value as Role) : JSON.stringify(value);
}

/** Descriptors do not change, and options are decoded whenever they are asked for: tests mount hundreds of servers. */
const known = new WeakMap<DescMethod, Partial<Rule>>();

function mountedFacts(method: DescMethod): Partial<Rule> {
  const facts = known.get(method) ?? factsOf(method);
  known.set(method, facts);
  return facts;
}

/** What the descriptor itself says, in the words of the table. About the rule of somebody else's proto: little. */
function factsOf(method: DescMethod): Partial<Rule> {
  const kind = method.methodKind;
  const read = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  if (!canState(method.parent.file)) return read ? { kind, read } : { kind };
  return { kind, read, ...statedFacts(method, read) };
}

const auditLevels: Readonly<Record<number, Rule["audit"]>> = {
  [options.AuditLevel.REFUSALS]: "refusals",
  [options.AuditLevel.METADATA]: "metadata",
  [options.AuditLevel.FULL]: "full",
};

function statedFacts(method: DescMethod, read: boolean): Partial<Rule> {
  const { level, because } = getOption(method, options.audit);
  return {
    minRole: hasOption(method, options.min_role) ? getOption(method, options.min_role) : 0,
    audit: auditLevels[level] ?? (read ? "refusals" : "full"),
    auditBecause: because,
    reason: getOption(method, options.reason),
    components: getOption(method, options.components).toSorted(),
    scope: getOption(method, options.scope),
  };
}
