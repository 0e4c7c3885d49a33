// Writes the role table of the README from the rule table. `npm run readme`; a test fails when the README is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../gen/rbac/rules.ts";
import { Role } from "../src/rbac/role.ts";
import type { RuleTable } from "../src/rbac/rule.ts";

const begin = "<!-- roles: written by npm run readme -->";
const end = "<!-- end of roles -->";

/** The columns: what each role adds to the ones before. */
const columns = [
  ["Anybody", Role.PUBLIC],
  ["Identified", Role.AUTHENTICATED],
  ["Viewer", Role.VIEWER],
  ["Editor", Role.EDITOR],
  ["Admin", Role.ADMIN],
] as const;

/** The table as Markdown: a row for each service, in each column the RPCs that need that role. */
export function roleTable(): string {
  const table: RuleTable = rules;
  const names = Object.keys(table).map((procedure) => procedure.slice(1).split("/")[0] ?? "");
  const rows = [...new Set(names)].map((service) => {
    const cells = columns.map(([, role]) => rpcsOf(table, service, role));
    return `| ${service.replace("metal.v1.", "")} | ${cells.join(" | ")} |`;
  });
  const head = ["Service", ...columns.map(([name]) => name)];
  return [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows].join("\n");
}

function rpcsOf(table: RuleTable, service: string, role: Role): string {
  return Object.entries(table)
    .filter(([procedure, rule]) => procedure.startsWith(`/${service}/`) && rule.minRole === role)
    .map(([procedure]) => procedure.split("/")[2])
    .join(", ");
}

/** `text` with the table between its marks brought up to date. Throws if the marks are missing. */
export function withRoleTable(text: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error("the README has lost the marks around its role table");
  return `${text.slice(0, from)}${begin}\n${roleTable()}\n${text.slice(to)}`;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "../README.md");
  writeFileSync(path, withRoleTable(readFileSync(path, "utf8")));
}
