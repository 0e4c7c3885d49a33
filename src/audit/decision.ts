// What becomes of every decision: a call that is allowed is counted, one that is refused is recorded.
import type { ContextValues } from "@connectrpc/connect";
import type { Call } from "../rbac/call.ts";
import type { AuditOptions } from "./options.ts";
import { recordRefusals } from "./refusal.ts";
import type { UsageCounter } from "./usage.ts";

/**
 * Told of every decision. A call that is refused after it was allowed is counted and recorded. Identified callers who
 * want the decision alone learn what AccessService/Check tells them, and leave as little; strangers leave what they
 * always leave.
 */
export function noteDecisions(audit: AuditOptions, usage: Pick<UsageCounter, "count">) {
  const record = recordRefusals(audit);
  return (call: Call, values: ContextValues): Promise<void> | undefined => {
    if (isQuestion(call)) return undefined;
    usage.count(call);
    return call.decision.allowed ? undefined : record(call, values);
  };
}

/** The answers that AccessService/Check gives. */
const answers: ReadonlySet<string> = new Set(["ROLE_TOO_LOW", "WRONG_COMPONENT", "NOT_GRANTED"]);

/** True if an identified caller asks what the gate would say, and not for more. */
export function isQuestion({ dryRun, principal, decision }: Call): boolean {
  if (!dryRun || principal === undefined) return false;
  return decision.allowed || answers.has(decision.reason);
}
