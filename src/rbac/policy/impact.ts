// What a change of the policy does to those who were seen at work.
import { decide } from "../decide.ts";
import type { Principal } from "../principal.ts";
import type { Role } from "../role.ts";
import type { Activity } from "./activity.ts";
import { leastRole } from "./need.ts";
import type { Policy } from "./policy.ts";

/** An identity that could not go on calling an RPC. */
export interface Loss {
  readonly principal: string;
  readonly procedure: string;
  readonly role: Role;
  readonly count: number;
}

/** An identity that needs less from now on. */
export interface Relief {
  readonly principal: string;
  readonly held: Role;
  readonly needed: Role;
  readonly enough: Role;
}

/** Both, ordered by identity. */
export interface Impact {
  readonly losses: readonly Loss[];
  readonly reliefs: readonly Relief[];
}

/** What `after` instead of `before` means for those who did `activities`. */
export function impactOf(before: Policy, after: Policy, activities: readonly Activity[]): Impact {
  const losses = activities
    .filter((activity) => mayCall(before, activity) && !mayCall(after, activity))
    .map(({ principal, procedure, role, count }) => ({ principal, procedure, role, count }));
  const byPrincipal = Map.groupBy(activities, ({ principal }) => principal);
  const reliefs = [...byPrincipal].flatMap(([principal, its]) => {
    const used = its.map(({ procedure }) => procedure);
    const [needed, enough] = [leastRole(before, used), leastRole(after, used)];
    const held = heldRole(its);
    return enough < needed ? [{ principal, held, needed, enough }] : [];
  });
  const byName = (a: { principal: string }, b: { principal: string }) =>
    a.principal < b.principal ? -1 : 1;
  return { losses: losses.toSorted(byName), reliefs: reliefs.toSorted(byName) };
}

/** The strongest role an identity was seen with. */
export function heldRole(activities: readonly Activity[]): Role {
  return activities.reduce<Role>((most, { role }) => (role > most ? role : most), 0);
}

function mayCall(policy: Policy, activity: Activity): boolean {
  const rule = policy.get(activity.procedure);
  return decide(rule, principalOf(activity)).allowed;
}

/** An identity for the question alone. */
export function principalOf(
  activity: Pick<Activity, "principal" | "role" | "component">,
): Principal {
  const { principal: id, role, component } = activity;
  const credential = { kind: "question", label: "" };
  return { id, name: id, role, credential, ...(component && { component }) };
}
