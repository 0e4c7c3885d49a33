// Rules and decisions as AccessService answers them.
import { AuditLevel } from "../../../gen/metal/rbac/v1/rbac_pb.ts";
import { decide } from "../../rbac/decide.ts";
import type { Principal } from "../../rbac/principal.ts";
import type { Procedure, Rule, RuleTable } from "../../rbac/rule.ts";

/** The rule of "package.Service/Method"; undefined if there is none. */
export function ruleOf(rules: RuleTable, name: string): Rule | undefined {
  const procedure = `/${name}` as Procedure;
  return Object.hasOwn(rules, procedure) ? rules[procedure] : undefined;
}

/** Whether `principal` may call "package.Service/Method", as the gate would decide. */
export function decisionOn(rules: RuleTable, procedure: string, principal: Principal | undefined) {
  const rule = ruleOf(rules, procedure);
  const decision = decide(rule, principal, `/${procedure}` as Procedure);
  return {
    rule: rule ? shown(procedure, rule) : { procedure },
    allowed: decision.allowed,
    refusal: decision.allowed ? "" : decision.reason,
  };
}

const levels: Readonly<Record<Rule["audit"], AuditLevel>> = {
  refusals: AuditLevel.REFUSALS,
  metadata: AuditLevel.METADATA,
  full: AuditLevel.FULL,
};

/** The rule of "package.Service/Method" as a message. */
export function shown(procedure: string, rule: Rule) {
  const { minRole, components, kind, read, audit, reason, source } = rule;
  return {
    procedure,
    minRole,
    components: [...components],
    kind,
    read,
    audit: levels[audit],
    reason,
    source,
  };
}
