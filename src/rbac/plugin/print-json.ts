// Prints rules.json: every fact that is a matter of rights, and nothing that changes without one. Comparing two
// of these files is comparing two sets of rights.
import type { CheckedRule } from "./rule.ts";
import { roleMember } from "./word.ts";

/** Canonical JSON: procedures and keys are sorted, a source is a file without the line, the last line ends. */
export function printJson(rules: readonly CheckedRule[]): string {
  const facts = Object.fromEntries(rules.map((rule) => [rule.procedure, factsOf(rule)]));
  return `${JSON.stringify(facts, null, 2)}\n`;
}

function factsOf(rule: CheckedRule): object {
  const { audit, auditBecause, components, kind, read, reason, scope } = rule;
  const minRole = roleMember(rule.role);
  const source = rule.place.file;
  return { audit, auditBecause, components, kind, minRole, read, reason, scope, source };
}
