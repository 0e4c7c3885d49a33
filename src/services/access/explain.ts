// Explains a call that has been decided, from its record in the audit.
import { type AuditRecord } from "../../../gen/metal/v1/audit_pb.ts";
import { notFound } from "../../domain/errors.ts";
import { explain, sufficientRoles } from "../../rbac/explanation.ts";
import type { Principal } from "../../rbac/principal.ts";
import { atLeast, Role } from "../../rbac/role.ts";
import type { Procedure, RuleTable } from "../../rbac/rule.ts";
import type { AuditReader } from "../../store/store.ts";
import { ruleOf, shown } from "./answer.ts";
import { type Holders, usersThatMay } from "./holder.ts";

/** What explanations are made from. */
export interface Sources {
  readonly rules: RuleTable;
  readonly holders: Holders;
  readonly audit: Pick<AuditReader, "get">;
}

/**
 * Explains the call `traceId` to `asker`: their own, or any to an Admin. Throws not_found alike for calls of others and
 * for those that nobody made.
 */
export async function explanationOf(
  { rules, holders, audit }: Sources,
  traceId: string,
  asker: Principal | undefined,
) {
  const isAdmin = atLeast(asker?.role ?? Role.PUBLIC, Role.ADMIN);
  const record = await audit.get(traceId);
  if (record === undefined || !(isAdmin || isOwn(record, asker)))
    throw notFound(`no record of a call "${traceId}" that you may see`);
  const rule = ruleOf(rules, record.procedure);
  const { role, requiredRole, detail } = record;
  const { because, remedy } = explain({ ...record, components: rule?.components ?? [] });
  return {
    ...callFacts(record),
    because,
    remedy,
    role,
    requiredRole,
    sufficientRoles: sufficientRoles(requiredRole),
    ...(rule && { rule: shown(record.procedure, rule) }),
    ...(isAdmin && {
      detail,
      users: rule ? usersThatMay(holders, rule, `/${record.procedure}` as Procedure) : [],
    }),
  };
}

/** Nobody owns the calls of callers that were not identified. */
function isOwn(record: AuditRecord, asker: Principal | undefined): boolean {
  return asker !== undefined && record.principal !== "" && record.principal === asker.id;
}

function callFacts(record: AuditRecord) {
  const { traceId, time, procedure, principal, principalName, credential, decision, code } = record;
  const [credentialKind = ""] = principal.split(":");
  return {
    traceId,
    procedure,
    principal,
    principalName,
    credential,
    credentialKind,
    decision,
    code,
    ...(time && { time }),
  };
}
