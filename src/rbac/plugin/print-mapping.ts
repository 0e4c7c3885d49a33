// Prints role-mapping.md: who may call what, for people.
import { notice } from "./module.ts";
import { lineOf } from "./place.ts";
import type { CheckedRule } from "./rule.ts";
import { roleTitle, roleWords } from "./word.ts";

const intro = `Each RPC states the least role a caller must have. Roles include one another, Admin ⊃ Edit ⊃ View: an Admin
may do whatever an Editor may, and an Editor whatever a Viewer may. Public RPCs need no credential, Authenticated ones
any valid credential. A refusal is always recorded; the audit column says what else is.`;

const header = `| RPC | Minimum role | Kind | Access | Audit | Limited to components | Written at |
| --- | --- | --- | --- | --- | --- | --- |`;

/** The document, a section per service. */
export function printMapping(rules: readonly CheckedRule[]): string {
  const sections = Map.groupBy(rules, ({ procedure }) => procedure.split("/")[1] ?? "");
  return [
    `<!-- ${notice} -->`,
    "# Role mapping",
    intro,
    summary(rules),
    ...[...sections].map(([service, its]) => section(service, its)),
  ].join("\n\n");
}

function summary(rules: readonly CheckedRule[]): string {
  const rows = roleWords.map((word) => {
    const count = rules.filter(({ role }) => role === word).length;
    return row([roleTitle(word), String(count)]);
  });
  return ["| Minimum role | RPCs |", "| --- | --- |", ...rows].join("\n");
}

function section(service: string, rules: readonly CheckedRule[]): string {
  return [`## ${service}`, "", header, ...rules.map(ruleRow)].join("\n");
}

function ruleRow(rule: CheckedRule): string {
  return row([
    rule.procedure.split("/")[2] ?? "",
    roleTitle(rule.role),
    rule.kind.replace("_", " "),
    rule.read ? "read" : "write",
    auditCell(rule),
    rule.components.join(", ") || "–",
    `\`${lineOf(rule.place)}\``,
  ]);
}

function auditCell({ audit, auditBecause, reason }: CheckedRule): string {
  const because = auditBecause === "" ? "" : `, because ${auditBecause}`;
  return `${audit}${reason ? ", with the caller's reason" : ""}${because}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(" | ")} |`;
}

/** A cell is one line, and a bar would end it. */
function escaped(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
}
