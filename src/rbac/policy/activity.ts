// Who called what, from an export: records of the audit, or entries of what AccessService.ListUsage counts.
import { Role } from "../role.ts";
import { PolicyError, roleOf } from "./policy.ts";

/** Allowed calls of one RPC by one identity. */
export interface Activity {
  /** The identity, for example "hmac:Metal-Edit". */
  readonly principal: string;
  /** "package.Service/Method". */
  readonly procedure: string;
  /** The role held at the last call. */
  readonly role: Role;
  /** The component it was marked as; empty for none, undefined where the export does not say. */
  readonly component?: string;
  readonly count: number;
}

/**
 * Reads JSON lines, or one JSON array, of audit records and usage entries, and adds up what belongs together. Refused
 * calls and those without an identity are left out. Throws PolicyError that begins with `name`.
 */
export function parseActivities(text: string, name: string): Activity[] {
  const activities = itemsOf(text, name).flatMap(activityOf);
  const sums = new Map<string, Activity>();
  for (const activity of activities) {
    const key = `${activity.principal} ${activity.procedure}`;
    const before = sums.get(key);
    sums.set(key, before ? { ...before, count: before.count + activity.count } : activity);
  }
  return [...sums.values()];
}

type Item = Readonly<Record<string, unknown>>;

function itemsOf(text: string, name: string): Item[] {
  const whole = parsed(text);
  if (Array.isArray(whole)) return whole.filter(isItem);
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  return lines
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => {
      const item = parsed(line);
      if (isItem(item)) return item;
      throw new PolicyError(`${name}:${number}: is no JSON object`);
    });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isItem = (value: unknown): value is Item =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function activityOf(item: Item): Activity[] {
  const { principal, procedure, decision = "allowed", component, count } = item;
  if (typeof principal !== "string" || typeof procedure !== "string") return [];
  if (principal === "" || decision !== "allowed") return [];
  const role = roleOf(item["role"]) ?? Role.AUTHENTICATED;
  // A usage entry counts; a record of the audit stands for one call, and does not tell the component.
  const isUsage = count !== undefined;
  return [
    {
      principal,
      procedure,
      role,
      count: isUsage ? Number(count) : 1,
      ...(isUsage && { component: typeof component === "string" ? component : "" }),
    },
  ];
}
