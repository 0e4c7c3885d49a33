// AccessService: proto/metal/v1/access.proto made real. It answers from the table that enforces.
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { AuditLevel } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { notFound } from "../domain/errors.ts";
import { pageOf } from "../domain/page.ts";
import { callOf } from "../rbac/call.ts";
import { decide } from "../rbac/decide.ts";
import type { Principal } from "../rbac/principal.ts";
import { atLeast, type Role, roles } from "../rbac/role.ts";
import { type Procedure, type Rule, type RuleTable } from "../rbac/rule.ts";

/** Who is known to hold a role, beside the caller. */
export interface Holders {
  /** The configured users: what a rule looks at. */
  readonly users: readonly Pick<Principal, "name" | "role" | "component">[];
  /** What tokens of a provider grant. */
  readonly grants: readonly {
    readonly issuer: string;
    readonly value: string;
    readonly role: Role;
  }[];
}

export function accessService(rules: RuleTable, holders: Holders) {
  const procedures = Object.keys(rules)
    .map((procedure) => procedure.slice(1))
    .sort();
  return {
    whoAmI(_, { values }) {
      const { principal } = callOf(values);
      if (principal === undefined) throw new Error("the gate let an anonymous caller in");
      return describe(principal);
    },
    check({ procedures: asked }, { values }) {
      const { principal } = callOf(values);
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
      const users = holders.users.filter((user) => decide(rule, asPrincipal(user)).allowed);
      return {
        rule: show(procedure, rule),
        roles: roles.filter((role) => atLeast(role, rule.minRole)),
        users: users.map(({ name }) => name).sort(),
        grants: holders.grants.filter(({ role }) => atLeast(role, rule.minRole)),
      };
    },
  } satisfies ServiceImpl<typeof AccessService>;
}

/** The rule of "package.Service/Method". */
function ruleOf(rules: RuleTable, name: string): Rule | undefined {
  const procedure = `/${name}` as Procedure;
  return Object.hasOwn(rules, procedure) ? rules[procedure] : undefined;
}

function decisionOn(rules: RuleTable, procedure: string, principal: Principal | undefined) {
  const rule = ruleOf(rules, procedure);
  const decision = decide(rule, principal);
  return {
    rule: rule ? show(procedure, rule) : { procedure },
    allowed: decision.allowed,
    refusal: decision.allowed ? "" : decision.reason,
  };
}

const levels: Readonly<Record<Rule["audit"], AuditLevel>> = {
  refusals: AuditLevel.REFUSALS,
  metadata: AuditLevel.METADATA,
  full: AuditLevel.FULL,
};

function show(procedure: string, rule: Rule) {
  const { minRole, components, kind, read, audit, reason, source } = rule;
  return {
    procedure,
    minRole,
    components: [...components],
    kind,
    read,
    audit: levels[audit],
    reason,
    source,
  };
}

/** A principal for the question alone. */
function asPrincipal(user: Holders["users"][number]): Principal {
  return { ...user, id: user.name, credential: { kind: "question", label: "" } };
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
