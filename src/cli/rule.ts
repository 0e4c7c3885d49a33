// What the descriptor of an RPC says about access, for help texts and for choosing a credential. The server decides.
import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { min_role, Role, reason } from "../../gen/metal/rbac/v1/rbac_pb.ts";

/** The roles, lowest first. */
export { Role };

const words: Readonly<Record<number, string>> = {
  [Role.PUBLIC]: "Public",
  [Role.AUTHENTICATED]: "Authenticated",
  [Role.VIEWER]: "Viewer",
  [Role.EDITOR]: "Editor",
  [Role.ADMIN]: "Admin",
};

/** The minimum role that is written on the RPC. */
export function neededRole(method: DescMethod): Role {
  return getOption(method, min_role);
}

/** "Viewer" for ROLE_VIEWER; "Unspecified" for what is not a role. */
export function roleWord(role: Role): string {
  return words[role] ?? "Unspecified";
}

/** True if the RPC wants to know why it is called. */
export function demandsReason(method: DescMethod): boolean {
  return getOption(method, reason);
}

/** What a command's help says about access: "Needs role Viewer." */
export function accessSentence(method: DescMethod): string {
  const role = neededRole(method);
  if (role === Role.PUBLIC) return "Open to everybody.";
  if (role === Role.AUTHENTICATED) return "Needs a credential, of any role.";
  return `Needs role ${roleWord(role)}.`;
}

/** True if what the RPC does cannot be undone: it asks a person first. */
export function isDestructive({ name }: DescMethod): boolean {
  return /^(Delete|Free|Reinstall)/.test(name);
}

/** True if the RPC has no side effects. */
export function isRead(method: DescMethod): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}
