// Roles as ordered ranks, and the words people use for them.
import { Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";

export { Role };

/** The roles a rule may state, lowest first. */
export const roles = [
  Role.PUBLIC,
  Role.AUTHENTICATED,
  Role.VIEWER,
  Role.EDITOR,
  Role.ADMIN,
] as const satisfies readonly Role[];

const names: ReadonlyMap<Role, string> = new Map([
  [Role.PUBLIC, "Public"],
  [Role.AUTHENTICATED, "Authenticated"],
  [Role.VIEWER, "Viewer"],
  [Role.EDITOR, "Editor"],
  [Role.ADMIN, "Admin"],
]);

/** "Viewer" for ROLE_VIEWER; "Unspecified" for anything that is not a role. */
export function roleName(role: Role): string {
  return names.get(role) ?? "Unspecified";
}

/**
 * True if `held` is `needed` or above. Anything that is not a role, on either side, is false: the comparison is
 * written so that `undefined` and NaN fail it.
 */
export function atLeast(held: Role, needed: Role): boolean {
  return names.has(held) && names.has(needed) && held >= needed;
}
