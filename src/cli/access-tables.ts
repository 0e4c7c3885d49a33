// The tables of who may do what, who did, and whether the server works.
import { items, yesNo } from "./cell.ts";
import type { Tables } from "./column.ts";

/** Rules, decisions, records, health. */
export const accessTables: Tables = {
  "metal.v1.AuditRecord": {
    columns: [
      { title: "TIME", at: "time" },
      { title: "TRACE ID", at: "traceId" },
      { title: "PROCEDURE", at: "procedure" },
      { title: "DECISION", at: "decision" },
      { title: "CODE", at: "code" },
      { title: "USER", at: "principal" },
      { title: "ROLE", at: "role", only: "wide" },
      { title: "PEER", at: "peer", only: "wide" },
      { title: "DURATION", at: "duration", only: "wide" },
      { title: "ERROR", at: "error", only: "wide" },
    ],
  },
  "metal.v1.AccessDecision": {
    columns: [
      { title: "PROCEDURE", at: "rule.procedure" },
      { title: "NEEDS", at: "rule.minRole" },
      { title: "ALLOWED", at: "allowed", show: yesNo },
      { title: "REFUSAL", at: "refusal" },
      { title: "COMPONENTS", at: "rule.components", only: "wide" },
      { title: "AUDIT", at: "rule.audit", only: "wide" },
      { title: "RULE", at: "rule.source", only: "wide" },
    ],
  },
  "metal.v1.Identity": {
    columns: [
      { title: "NAME", at: "name" },
      { title: "ROLE", at: "role" },
      { title: "COMPONENT", at: "component" },
      { title: "OWNER", at: "owner" },
      { title: "KEYS", at: "keys", show: items("id") },
      { title: "LAST USED", at: "keys", show: items("lastUsed") },
      { title: "ENDS", at: "keys", show: items("notAfter"), only: "wide" },
      { title: "TYPE", at: "type", only: "wide" },
      { title: "LIMITED TO", at: "limitedTo", only: "wide" },
      { title: "SOURCE", at: "source" },
    ],
  },
  "metal.v1.HealthComponent": {
    columns: [
      { title: "NAME", at: "name" },
      { title: "STATUS", at: "status" },
    ],
  },
};
