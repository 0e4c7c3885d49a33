// Records calls that were allowed and never reached an interceptor, because their message could not be read: broken
// off, malformed, too large. Seen from the socket, when the answer has been sent.
import type { ContextValues } from "@connectrpc/connect";
import { callKey } from "../rbac/call.ts";
import { Draft, draftKey } from "./draft.ts";
import type { AuditOptions } from "./options.ts";

/**
 * Writes the record of a finished call if its rule asks for one and no stage has begun it. One that asked for the decision
 * alone reached none either, and did nothing.
 */
export function recordUnread(options: AuditOptions, values: ContextValues): void {
  const call = values.get(callKey);
  const begun = values.get(draftKey) !== undefined;
  if (begun || !call?.decision.allowed || call.dryRun || call.rule?.audit === "refusals") return;
  const draft = new Draft(call, options.peerOf(values));
  options.recorder
    .append(draft.record("invalid_argument", "the request could not be read"))
    .catch((error: unknown) => options.onError(error, call));
}
