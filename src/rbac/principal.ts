// Who is calling, as authentication established it. The gate freezes it: a caller stays who it is.
import type { Role } from "./role.ts";
import type { Procedure } from "./rule.ts";

/** How an identity was established. */
export interface Credential {
  /** The scheme, for example "hmac" or "oidc". */
  readonly kind: string;
  /** What a person would call it, for example "HMAC key of Metal-View" or "token of https://login.example". */
  readonly label: string;
  /** Which of several keys was used; never the key. */
  readonly keyId?: string;
}

/** An identified caller. An anonymous one is `undefined`, not a principal. */
export interface Principal {
  /** Unique across all schemes and issuers: "hmac:Metal-View", "oidc:https://login.example#4711". */
  readonly id: string;
  /** What people call this caller. A label: never decide by it. */
  readonly name: string;
  /** The role held; ROLE_AUTHENTICATED for a caller without one. */
  readonly role: Role;
  /** The component this identity is marked as, for RPCs that are limited to components. */
  readonly component?: string;
  /**
   * The one machine (a UUID in lower case) that this identity belongs to. It speaks for no other; RPCs that name a
   * machine refuse it there.
   */
  readonly machine?: string;
  /**
   * The only RPCs that this identity may call, of those that need a role; absent if it may call all that its role admits.
   */
  readonly procedures?: ReadonlySet<Procedure>;
  readonly credential: Credential;
  /** From when on the credential is refused, with what the scheme allows for clocks. A running stream ends then. */
  readonly expiresAt?: Date;
  /** Aborted when the credential is revoked. A running stream ends with it. */
  readonly revoked?: AbortSignal;
  /** Further facts for "who am I": all optional, all labels. */
  readonly email?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly groups?: readonly string[];
  readonly tenant?: string;
}

/** True if the credential was revoked or has expired. */
export function hasEnded({ expiresAt, revoked }: Principal): boolean {
  if (revoked?.aborted) return true;
  // Written so that a date which is none has come.
  return expiresAt !== undefined && !(Date.now() < expiresAt.getTime());
}
