// From an accepted token to the principal. Every field is read by name and checked; nothing of the payload is copied
// wholesale, so a token cannot bring along a member that we did not ask for.
import type { Credential, Principal } from "../../rbac/principal.ts";
import { grantedRole } from "../role-mapping.ts";
import { type Claims, clockSkewSeconds } from "./claims.ts";
import { claimText, claimValues } from "./claim-values.ts";
import type { Issuer } from "./issuer.ts";
import { type JsonObject, member } from "./json.ts";
import type { VerificationKey } from "./key.ts";
import { label } from "./label.ts";

/** All that is known about a token once it is accepted. */
export interface AcceptedToken {
  readonly issuer: Issuer;
  readonly claims: Claims;
  readonly payload: JsonObject;
  readonly key: VerificationKey;
  /** What `roleNames` found. */
  readonly roleNames: readonly string[];
}

const maximumNameLength = 256;
const nameClaims = ["preferred_username", "name", "email"];
// Looks like one of the HMAC users. Only `id` decides, but people read names.
const reservedName = /^metal-/i;

/** The caller that an accepted token names, frozen. `id` is issuer and subject; all other texts are labels. */
export function identify({ issuer, claims, payload, key, roleNames }: AcceptedToken): Principal {
  return Object.freeze<Principal>({
    id: `oidc:${issuer.issuer}#${claims.subject}`,
    name: displayName(payload) ?? claims.subject,
    role: grantedRole(roleNames, issuer.roleMapping),
    component: componentOf(payload, issuer),
    credential: credentialOf(issuer, key),
    expiresAt: new Date((claims.expiresAt + clockSkewSeconds) * 1000),
    revoked: key.revoked.signal,
    email: labelAt(payload, "email"),
    issuer: issuer.issuer,
    subject: claims.subject,
    groups: Object.freeze(roleNames.map(label)),
  });
}

/** The role names in a token of `issuer`; undefined if what stands there does not have the agreed shape. */
export function roleNames(payload: JsonObject, issuer: Issuer): readonly string[] | undefined {
  for (const path of issuer.roleClaims) {
    const names = claimValues(payload, path, issuer.roleClaimShape);
    if (names === undefined) return undefined;
    if (names.length > 0) return names.filter((name) => name.length <= maximumNameLength);
  }
  return [];
}

function credentialOf(issuer: Issuer, key: VerificationKey): Credential {
  const keyId = key.kid === undefined ? {} : { keyId: label(key.kid) };
  return Object.freeze({ kind: "oidc", label: `token of ${issuer.issuer}`, ...keyId });
}

function displayName(payload: JsonObject): string | undefined {
  const name = nameClaims
    .map((claim) => labelAt(payload, claim))
    .find((each) => each !== undefined);
  return name !== undefined && reservedName.test(name) ? `${name} (oidc)` : name;
}

function labelAt(payload: JsonObject, claim: string): string | undefined {
  const text = member(payload, claim);
  return typeof text === "string" && text !== "" ? label(text) : undefined;
}

/** The component, if the values at the agreed place name exactly one. */
function componentOf(payload: JsonObject, { components }: Issuer): string | undefined {
  const text = claimText(payload, components.claim);
  const values = text === undefined ? claimValues(payload, components.claim, "strings") : [text];
  const named = new Set(values?.flatMap((value) => components.names.get(value) ?? []));
  return named.size === 1 ? [...named][0] : undefined;
}
