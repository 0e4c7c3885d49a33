// Records refusals. Most never reach an interceptor, so the kit reports them here. A refusal stands whether or not its
// record can be written.
import type { ContextValues } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Call } from "../rbac/call.ts";
import { refusal } from "../rbac/refusal.ts";
import { Draft, draftKey } from "./draft.ts";
import type { AuditOptions } from "./options.ts";

/** Told of every decision; records those that refuse. */
export function recordRefusals({ recorder, peerOf, onError }: AuditOptions) {
  return async (call: Call, values: ContextValues): Promise<void> => {
    if (call.decision.allowed) return;
    const { code, rawMessage } = refusal(call, call.decision.reason);
    const draft = new Draft(call, peerOf(values));
    values.set(draftKey, draft);
    await recorder
      .append(draft.record(codeToString(code), rawMessage))
      .catch((error: unknown) => onError(error, call));
  };
}
