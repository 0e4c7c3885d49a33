// Which role would have been enough for what an identity did.
import { decide } from "../decide.ts";
import { Role } from "../role.ts";
import type { Activity } from "./activity.ts";
import { heldRole, principalOf } from "./impact.ts";
import { leastRole } from "./need.ts";
import type { Policy } from "./policy.ts";

/** An RPC that was called. */
export interface Used {
  readonly procedure: string;
  readonly minRole: Role;
  readonly count: number;
}

/** What can be said about one identity. */
export interface Advice {
  readonly principal: string;
  readonly held: Role;
  /** The least role that suffices for everything it called. */
  readonly enough: Role;
  /** What it called, most demanding first. RPCs that are gone are left out. */
  readonly used: readonly Used[];
  /** What it may call by its role and never called, most demanding first. */
  readonly unused: readonly Omit<Used, "count">[];
}

/** Advice on everybody who did `activities`, ordered by identity. */
export function adviseOn(policy: Policy, activities: readonly Activity[]): Advice[] {
  const byPrincipal = [...Map.groupBy(activities, ({ principal }) => principal)];
  return byPrincipal
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([principal, its]) => adviceOn(policy, principal, its));
}

function adviceOn(policy: Policy, principal: string, activities: readonly Activity[]): Advice {
  const names = activities.map(({ procedure }) => procedure);
  const [first] = activities;
  const held = heldRole(activities);
  const { component } = first ?? {};
  const asker = principalOf({ principal, role: held, ...(component && { component }) });
  const allowed = [...policy].filter(
    ([, rule]) => rule.minRole >= Role.VIEWER && decide(rule, asker).allowed,
  );
  const unused = allowed.filter(([name]) => !names.includes(name));
  return {
    principal,
    held,
    enough: leastRole(policy, names),
    used: usedOf(policy, activities),
    unused: byDemand(unused.map(([procedure, { minRole }]) => ({ procedure, minRole }))),
  };
}

function usedOf(policy: Policy, activities: readonly Activity[]): Used[] {
  const used = activities.flatMap(({ procedure, count }) => {
    const rule = policy.get(procedure);
    return rule ? [{ procedure, minRole: rule.minRole, count }] : [];
  });
  return byDemand(used);
}

function byDemand<T extends Omit<Used, "count">>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => b.minRole - a.minRole || (a.procedure < b.procedure ? -1 : 1));
}
