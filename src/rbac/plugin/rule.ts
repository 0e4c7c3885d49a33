// From statements that passed every check to the facts that the outputs print.
import type { Procedure, Rule } from "../rule.ts";
import type { Place } from "./place.ts";
import type { Statement } from "./statement.ts";
import { auditLevel } from "./word.ts";

/** A rule with the role by name, because the enum may not be generated yet, and with its place in parts. */
export interface CheckedRule extends Omit<Rule, "minRole" | "source"> {
  readonly procedure: Procedure;
  /** For example "ROLE_EDITOR". */
  readonly role: string;
  readonly place: Place;
}

/** The rules of checked statements, sorted by procedure. */
export function checkedRules(statements: readonly Statement[]): readonly CheckedRule[] {
  return statements.map(checkedRule).toSorted((a, b) => (a.procedure < b.procedure ? -1 : 1));
}

function checkedRule(statement: Statement): CheckedRule {
  const { role = "", read, method, because, reason, components, scope, place } = statement;
  return {
    procedure: `/${method.parent.typeName}/${method.name}`,
    role,
    kind: method.methodKind,
    read,
    audit: auditLevel(statement.auditLevel, read),
    auditBecause: because,
    reason,
    components: components.toSorted(),
    scope,
    place,
  };
}
