// Writes docs/components/README.md from the table of components and the rules. `npm run components`; a test fails when the page
// is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../gen/rbac/rules.ts";
import { type Component, components } from "../src/domain/component.ts";
import { leastRole } from "../src/rbac/policy/need.ts";
import { policyOfTable } from "../src/rbac/policy/policy.ts";
import { type Role, roleName } from "../src/rbac/role.ts";

const begin = "<!-- components: written by npm run components -->";
const end = "<!-- end of components -->";
const policy = policyOfTable(rules);

/** The least role with which `component` can do its work. */
export function leastRoleOf({ calls }: Component): Role {
  return leastRole(policy, Object.keys(calls));
}

function overview(): string {
  const rows = components.map((component) => {
    const { name, documentedRole, mark } = component;
    const least = roleName(leastRoleOf(component));
    const documented = roleName(documentedRole);
    const verdict = least === documented ? "as documented" : `${least} instead of ${documented}`;
    return row([`[${name}](#${name})`, documented, `**${least}**`, mark ?? "–", verdict]);
  });
  const head = ["Component", "Documented", "Enough here", "Marked as", ""];
  return [row(head), row(head.map(() => "---")), ...rows].join("\n");
}

function section({ name, purpose, calls }: Component): string {
  const rows = Object.entries(calls)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([procedure, why]) => {
      const rule = policy.get(procedure);
      if (rule === undefined) throw new Error(`${name} calls ${procedure}, which has no rule`);
      const only = rule.components.join(", ") || "–";
      return row([`\`${procedure}\``, roleName(rule.minRole), only, why]);
    });
  const head = ["RPC", "Minimum role", "Limited to", "For"];
  const table = [row(head), row(head.map(() => "---")), ...rows].join("\n");
  return `### ${name}\n\nIt ${purpose}.\n\n${table}`;
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** `text` with what lies between its marks brought up to date. Throws if the marks are missing. */
export function withComponents(text: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error("the page of components has lost its marks");
  const body = [overview(), "## What each calls", ...components.map(section)].join("\n\n");
  return `${text.slice(0, from)}${begin}\n\n${body}\n\n${text.slice(to)}`;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "../docs/components/README.md");
  writeFileSync(path, withComponents(readFileSync(path, "utf8")));
}
