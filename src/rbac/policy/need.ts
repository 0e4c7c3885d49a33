// The least role with which a set of RPCs can be called.
import { Role } from "../role.ts";
import type { Policy } from "./policy.ts";

/** The highest minimum among `procedures`; PUBLIC for none. RPCs that the policy does not have do not count. */
export function leastRole(policy: Policy, procedures: Iterable<string>): Role {
  const needed = Array.from(procedures, (name) => policy.get(name)?.minRole ?? Role.PUBLIC);
  return needed.reduce<Role>((most, role) => (role > most ? role : most), Role.PUBLIC);
}
