// Records refusals. They never reach an interceptor, so gate and enforcer report them here. A refusal stands whether
// or not its record can be written.
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Call } from "../rbac/call.ts";
import type { RefusalReason } from "../rbac/decide.ts";
import { refusal } from "../rbac/refusal.ts";
import { Draft, draftKey } from "./draft.ts";
import type { AuditOptions } from "./options.ts";

/** What gate and enforcer call. */
export function recordRefusals({ recorder, peerOf, onError }: AuditOptions) {
  const record = async (call: Call, reason: RefusalReason, values: ContextValues) => {
    const { code, rawMessage } = refusal(call, reason);
    const refused = { ...call, decision: { allowed: false, reason } as const };
    const draft = new Draft(refused, peerOf(values));
    values.set(draftKey, draft);
    await recorder
      .append(draft.record(codeToString(code), rawMessage))
      .catch((error: unknown) => onError(error, call));
  };
  return {
    onDecision: async (call: Call, { values }: HandlerContext) => {
      if (!call.decision.allowed) await record(call, call.decision.reason, values);
    },
    onRefusal: record,
    onError,
  };
}
