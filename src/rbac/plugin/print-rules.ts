// Prints rules.ts: the table that is enforced, a block per procedure so that a diff shows who may do what anew.
import { createHash } from "node:crypto";
import { notice, runtimePath, type Style } from "./module.ts";
import { lineOf } from "./place.ts";
import type { CheckedRule } from "./rule.ts";
import { roleMember } from "./word.ts";

/** The module's text. `json` is the content of rules.json, of which the module carries the hash. */
export function printRules(rules: readonly CheckedRule[], json: string, style: Style): string {
  return `// ${notice}
import { Role } from ${runtimePath(style, "role")};
import { createRuleTable } from ${runtimePath(style, "table")};

/** Identifies this set of rights: the SHA-256 of rules.json. */
export const schemaHash = "sha256:${createHash("sha256").update(json).digest("hex")}";

/** The rule of every procedure. Frozen, without a prototype. */
export const rules = createRuleTable({
${rules.map(block).join("\n")}
});

/** A procedure that has a rule. */
export type Procedure = keyof typeof rules;
`;
}

function block(rule: CheckedRule): string {
  const { kind, read, audit, auditBecause, reason, components, scope } = rule;
  return `  ${JSON.stringify(rule.procedure)}: {
    minRole: Role.${roleMember(rule.role)},
    ${line({ kind, read })}
    ${line({ audit, auditBecause })}
    ${line({ reason, components, scope })}
    ${line({ source: lineOf(rule.place) })}
  },`;
}

function line(facts: object): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)},`)
    .join(" ");
}
