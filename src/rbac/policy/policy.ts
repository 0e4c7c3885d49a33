// A set of rules as something to compare, check and reason about: from rules.json, a table, or (image.ts) descriptors.
import { Role } from "../role.ts";
import { auditLevels, type Rule, type RuleTable } from "../rule.ts";

/** What a policy says of one RPC. */
export interface PolicyRule extends Rule {
  /**
   * Paths of the answer's fields that are marked secret, "machine.allocation.user_data"; undefined where the source of
   * the policy does not say, as rules.json does not.
   */
  readonly secrets?: readonly string[];
}

/** Rules by RPC, "package.Service/Method", in alphabetical order. */
export type Policy = ReadonlyMap<string, PolicyRule>;

/** What was given is no policy. The message says what is wrong, and begins with the name it was given under. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}

/** The policy that a table enforces. */
export function policyOfTable(table: RuleTable): Policy {
  const entries = Object.entries(table).map(([name, rule]) => [name.slice(1), rule] as const);
  return new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads rules.json. Throws PolicyError. */
export function parsePolicy(json: string, name: string): Policy {
  const rules = parseObject(json, name);
  const entries = Object.entries(rules).map(([procedure, facts]) => {
    if (!/^\/[^/]+\/[^/]+$/.test(procedure))
      throw new PolicyError(`${name}: "${procedure}" is no RPC; it must look like rules.json`);
    return [procedure.slice(1), ruleOf(facts, `${name}: ${procedure}`)] as const;
  });
  return new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function parseObject(json: string, name: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, together with JSON of another shape.
  }
  throw new PolicyError(`${name}: is no rules.json`);
}

const kinds = ["unary", "server_streaming", "client_streaming", "bidi_streaming"] as const;

function ruleOf(facts: unknown, name: string): PolicyRule {
  const given: Readonly<Record<string, unknown>> = { ...(facts as object | null) };
  const minRole = roleOf(given["minRole"]);
  if (minRole === undefined) throw new PolicyError(`${name}: has no known minRole`);
  return {
    minRole,
    kind: kinds.find((kind) => kind === given["kind"]) ?? "unary",
    read: given["read"] === true,
    audit: auditLevels.find((level) => level === given["audit"]) ?? "full",
    auditBecause: textOf(given["auditBecause"]),
    reason: given["reason"] === true,
    components: listOf(given["components"]),
    scope: textOf(given["scope"]),
    source: textOf(given["source"]),
  };
}

/** The role of "EDITOR", "ROLE_EDITOR", "editor" or 4; undefined for anything else. */
export function roleOf(word: unknown): Role | undefined {
  if (typeof word === "number") return Object.values(Role).find((role) => role === word);
  const name = String(word)
    .toUpperCase()
    .replace(/^ROLE_/, "");
  return Object.entries(Role).find(([known]) => known === name)?.[1];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string").toSorted() : [];

/** True if the answer of an RPC shows its secrets: everywhere else they are masked. */
export function reveals({ reason, components }: Rule): boolean {
  return reason || components.length > 0;
}
