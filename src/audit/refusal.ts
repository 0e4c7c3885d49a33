// Records refusals. Most never reach an interceptor, so the kit reports them here. A refusal stands whether or not its
// record can be written, and a flood of them is recorded together.
import type { ContextValues } from "@connectrpc/connect";
import type { Call } from "../rbac/call.ts";
import { refusalText, refusalWord } from "../rbac/refusal.ts";
import { newTraceId } from "../rbac/trace-id.ts";
import { Draft, draftKey } from "./draft.ts";
import type { AuditOptions } from "./options.ts";

/** Told of every decision; records those that refuse. Undefined where there is nothing to wait for. */
export function recordRefusals({ recorder, peerOf, sourceOf, flood, onError }: AuditOptions) {
  return (call: Call, values: ContextValues): Promise<void> | undefined => {
    if (call.decision.allowed) return undefined;
    const { reason } = call.decision;
    const draft = new Draft(underOwnId(call, values.get(draftKey)), peerOf(values));
    supersede(values, draft);
    const record = draft.record(refusalWord(reason), refusalText(call, reason));
    const source = call.principal?.id ?? sourceOf?.(values) ?? "";
    if (flood?.admits(source, record) === false) return undefined;
    return recorder.append(record).catch((error: unknown) => onError(error, call));
  };
}

/** A stream has had its record since it opened: its refusal is a second one, which says whose it is. */
function underOwnId(call: Call, earlier: Draft | undefined): Call {
  if (!earlier?.recorded) return call;
  return { ...call, traceId: newTraceId(), detail: `${call.detail} stream ${call.traceId}`.trim() };
}

/** What a later stage has begun for a call that is refused after all would be its second record. */
function supersede(values: ContextValues, draft: Draft): void {
  const begun = values.get(draftKey);
  if (begun !== undefined) begun.recorded = true;
  values.set(draftKey, draft);
}
