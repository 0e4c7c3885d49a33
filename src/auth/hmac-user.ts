// The users of the HMAC scheme, and what is known about the three that every installation of metal-stack has.
import { Role } from "../rbac/role.ts";
import type { Procedure } from "../rbac/rule.ts";

/** A shared secret of an HMAC user. */
export interface HmacKey {
  /** What the audit calls it; never the secret. */
  readonly id: string;
  /** Its UTF-8 bytes are the key: neither trimmed nor decoded. Empty switches the key off. */
  readonly secret: string;
  /** The moment from which the key is refused. */
  readonly notAfter?: Date;
}

/** Somebody who signs calls with a shared secret. */
export interface HmacUser {
  /** Unique; becomes the principal's id. */
  readonly name: string;
  /** The scheme token of the Authorization header, unique, case-sensitive: "Metal-Admin". */
  readonly type: string;
  /** One live key, or two while keys are exchanged. */
  readonly keys: readonly HmacKey[];
  readonly role: Role;
  /** Marks the identity as one of the on-site components. */
  readonly component?: string;
  /** The only RPCs it may call, of those that need a role; absent if it may call all that its role admits. */
  readonly procedures?: ReadonlySet<Procedure>;
  /** How old a signature may be: whole seconds, 1 to 300. */
  readonly windowSeconds: number;
}

/** One of metal-stack's default users; its type is its name. */
export interface DefaultUser {
  readonly name: string;
  readonly role: Role;
  /** metal-stack's lifetime of this user's signatures, in seconds. */
  readonly windowSeconds: number;
  readonly email: string;
  readonly groups: readonly string[];
}

const defaultUser = (name: string, role: Role, windowSeconds: number): DefaultUser => {
  const verb = name.slice("Metal-".length).toLowerCase();
  const groups = Object.freeze([`k8s_kaas-${verb}`, `maas-all-all-${verb}`]);
  return { name, role, windowSeconds, email: `metal-${verb}@metal-stack.io`, groups };
};

/** Metal-Admin, Metal-Edit and Metal-View, with the e-mail addresses and groups metal-stack gives them. */
export const defaultUsers = [
  defaultUser("Metal-Admin", Role.ADMIN, 90),
  defaultUser("Metal-Edit", Role.EDITOR, 30),
  defaultUser("Metal-View", Role.VIEWER, 30),
] as const;

/** Other spellings of a type, by spelling: the user documentation calls Metal-View "Metal-Viewer". */
export const typeAliases: ReadonlyMap<string, string> = new Map([["Metal-Viewer", "Metal-View"]]);
