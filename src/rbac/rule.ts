// The shape of a rule as `buf generate` writes it into the table.
import type { DescMethod } from "@bufbuild/protobuf";
import type { Role } from "./role.ts";

/** "/package.Service/Method", from the descriptor, never from a URL. */
export type Procedure = `/${string}/${string}`;

/** A text that is put together anew has to be hashed anew wherever it is looked up, several times in each call. */
const procedures = new WeakMap<DescMethod, Procedure>();

/** The procedure that calls `method`. */
export function procedureOf(method: DescMethod): Procedure {
  const known = procedures.get(method);
  if (known !== undefined) return known;
  const procedure: Procedure = `/${method.parent.typeName}/${method.name}`;
  procedures.set(method, procedure);
  return procedure;
}

export type MethodKind = "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";

/** What a call leaves in the audit, least first. A refusal is recorded at every level. */
export const auditLevels = ["refusals", "metadata", "full"] as const;
export type AuditLevel = (typeof auditLevels)[number];

/** What is known about one RPC. */
export interface Rule {
  readonly minRole: Role;
  readonly kind: MethodKind;
  /** The RPC has no side effects (`idempotency_level = NO_SIDE_EFFECTS`). */
  readonly read: boolean;
  readonly audit: AuditLevel;
  /** Why less is recorded than the default; empty when nothing is left out. */
  readonly auditBecause: string;
  /** The request's `reason` field must say why. */
  readonly reason: boolean;
  /** Only identities marked as one of these may call; empty admits everybody with the role. */
  readonly components: readonly string[];
  /** Path of the request field that names the subject; empty when there is none. No effect on access yet. */
  readonly scope: string;
  /** Where the rule is written: "proto/metal/v1/ip.proto:12". */
  readonly source: string;
}

/** All rules of a server by procedure. Frozen, without a prototype. */
export type RuleTable = Readonly<Record<Procedure, Rule>>;
