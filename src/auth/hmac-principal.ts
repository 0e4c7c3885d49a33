// Who an HMAC user is to the rest of the server: made once for each key, the same object for every call.
import type { Principal } from "../rbac/principal.ts";
import { defaultUsers, type HmacKey, type HmacUser } from "./hmac-user.ts";

/** Labels that come from the settings. */
export interface HmacPrincipalOptions {
  /** The tenant that runs the data centre; the default users belong to it. */
  readonly providerTenant?: string;
}

/** The id of the principal of the user of that name. */
export const hmacPrincipalId = (name: string): string => `hmac:${name}`;

/** The principal for calls of `user` that are signed with `key`. Frozen. */
export function hmacPrincipal(
  user: HmacUser,
  key: HmacKey,
  options: HmacPrincipalOptions & Pick<Principal, "revoked">,
): Principal {
  const { name, role, component, procedures } = user;
  const { revoked } = options;
  return Object.freeze({
    id: hmacPrincipalId(name),
    name,
    role,
    credential: Object.freeze({ kind: "hmac", label: `HMAC key of ${name}`, keyId: key.id }),
    ...(component !== undefined && { component }),
    ...(procedures !== undefined && { procedures }),
    ...(revoked !== undefined && { revoked }),
    ...(key.notAfter !== undefined && { expiresAt: new Date(key.notAfter) }),
    ...defaultLabels(user, options),
  });
}

function defaultLabels(
  user: HmacUser,
  options: HmacPrincipalOptions,
): Pick<Principal, "email" | "groups" | "tenant"> {
  const known = defaultUsers.find(({ name, role }) => name === user.type && role === user.role);
  if (known === undefined) return {};
  const { email, groups } = known;
  const tenant = options.providerTenant;
  return { email, groups, ...(tenant !== undefined && { tenant }) };
}
