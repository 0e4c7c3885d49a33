// AccessService: proto/metal/v1/access.proto made real. It answers from the table that enforces.
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { notFound } from "../domain/errors.ts";
import { pageOf } from "../domain/page.ts";
import { callOf } from "../rbac/call.ts";
import { demandRole } from "../rbac/demand.ts";
import { sufficientRoles } from "../rbac/explanation.ts";
import type { Principal } from "../rbac/principal.ts";
import { Role } from "../rbac/role.ts";
import type { Procedure } from "../rbac/rule.ts";
import { decisionOn, ruleOf, shown } from "./access/answer.ts";
import { explanationOf, type Sources } from "./access/explain.ts";
import { grantsThatMay, userNamed, usersThatMay } from "./access/holder.ts";
import { type UsageSource, usagePage } from "./access/usage.ts";

/** What answers are made from. */
export interface AccessParts extends Sources {
  readonly usage: UsageSource;
}

export function accessService({ usage, ...sources }: AccessParts) {
  const { rules, holders } = sources;
  const procedures = Object.keys(rules)
    .map((procedure) => procedure.slice(1))
    .sort();
  return {
    whoAmI(_, { values }) {
      const { principal } = callOf(values);
      if (principal === undefined) throw new Error("the gate let an anonymous caller in");
      return describe(principal);
    },
    async check({ procedures: asked, as }, { values }) {
      if (as !== "") await demandRole(values, Role.VIEWER);
      const principal = as === "" ? callOf(values).principal : userNamed(holders, as);
      return { decisions: asked.map((name) => decisionOn(rules, name, principal)) };
    },
    async listRules(request, { values }) {
      const { principal } = callOf(values);
      const { service, allowedOnly } = request;
      const listed = procedures
        .filter((name) => service === "" || name.startsWith(`${service}/`))
        .map((name) => decisionOn(rules, name, principal))
        .filter(({ allowed }) => allowed || !allowedOnly);
      const page = await pageOf(request, {
        filter: [service, allowedOnly],
        key: ({ rule }: ReturnType<typeof decisionOn>) => rule.procedure,
        fetch: (after, limit) =>
          listed.filter(({ rule }) => rule.procedure > after).slice(0, limit),
      });
      return { decisions: page.items, nextPageToken: page.nextPageToken };
    },
    whoCan({ procedure }) {
      const rule = ruleOf(rules, procedure);
      if (rule === undefined) throw notFound(`no RPC "${procedure}"`);
      return {
        rule: shown(procedure, rule),
        roles: sufficientRoles(rule.minRole),
        users: usersThatMay(holders, rule, `/${procedure}` as Procedure),
        grants: [...grantsThatMay(holders, rule)],
      };
    },
    async explain({ traceId }, { values }) {
      const explanation = await explanationOf(sources, traceId, callOf(values).principal);
      return { explanation };
    },
    listUsage(request) {
      return usagePage(usage, request);
    },
  } satisfies ServiceImpl<typeof AccessService>;
}

function describe(principal: Principal) {
  const { id, name, role, component, credential, expiresAt } = principal;
  const { email, groups, issuer, subject, tenant } = principal;
  return {
    id,
    name,
    role,
    component,
    credential: credential.label,
    credentialKind: credential.kind,
    expiresAt: expiresAt && timestampFromDate(expiresAt),
    email,
    groups: [...(groups ?? [])],
    issuer,
    subject,
    tenant,
  };
}
