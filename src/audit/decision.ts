// What becomes of every decision: a call that is allowed is counted, one that is refused is recorded.
import type { ContextValues } from "@connectrpc/connect";
import type { Call } from "../rbac/call.ts";
import type { AuditOptions } from "./options.ts";
import { recordRefusals } from "./refusal.ts";
import type { UsageCounter } from "./usage.ts";

/** Told of every decision. A call that is refused after it was allowed is counted and recorded. */
export function noteDecisions(audit: AuditOptions, usage: Pick<UsageCounter, "count">) {
  const record = recordRefusals(audit);
  return (call: Call, values: ContextValues): Promise<void> => {
    usage.count(call);
    return record(call, values);
  };
}
