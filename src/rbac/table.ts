// Makes a rule table unchangeable, and free of names it does not list.
import type { Procedure, Rule } from "./rule.ts";

/**
 * The rules by procedure, frozen to the last list. Without a prototype, so that looking up "constructor" or
 * "__proto__" finds nothing.
 */
export function createRuleTable<Known extends Procedure>(
  rules: Readonly<Record<Known, Rule>>,
): Readonly<Record<Known, Rule>> {
  const table: Record<Known, Rule> = Object.assign(Object.create(null), rules);
  for (const rule of Object.values<Rule>(table)) {
    Object.freeze(rule.components);
    Object.freeze(rule);
  }
  return Object.freeze(table);
}
