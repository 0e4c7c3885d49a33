// The one way to change anything: a transaction that holds the audit record of the call it belongs to.
import type { HandlerContext } from "@connectrpc/connect";
import { callKey } from "../rbac/call.ts";
import type { Store, Transaction } from "../store/store.ts";
import { type Draft, draftKey } from "./draft.ts";

/**
 * Runs `work` and appends the record of the call in the same transaction: a change whose record cannot be written does
 * not happen. The record of a stream is there since it opened. Only where the rule of the call says that nothing but
 * refusals is recorded, and why, there is none. `work` may run more than once, and must have no effect outside of the transaction.
 */
export type Change = <R>(
  context: HandlerContext,
  work: (tx: Transaction) => Promise<R>,
) => Promise<R>;

/** The way to change what `store` keeps. */
export function createChange(store: Pick<Store, "transaction">): Change {
  return async (context, work) => {
    const draft = context.values.get(draftKey);
    if (draft === undefined) assertUnrecorded(context);
    if (draft === undefined || isOpenStream(draft)) return store.transaction(work);
    const result = await store.transaction(async (tx) => {
      const value = await work(tx);
      await tx.audit.append([draft.record("ok")]);
      return value;
    });
    draft.recorded = true;
    return result;
  };
}

/** Throws unless the rule of the call leaves out records of changes, and says why; a plain read says nothing. */
function assertUnrecorded({ values }: HandlerContext): void {
  const { rule, decision } = values.get(callKey) ?? {};
  const isMeant = rule?.audit === "refusals" && !rule.read && rule.auditBecause !== "";
  if (!isMeant || !decision?.allowed) throw new Error("a change outside of an audited call");
}

/** Whether the call is a stream that the server feeds, which may go on changing things under the one record it has. */
function isOpenStream({ recorded, call }: Draft): boolean {
  return recorded && ["server_streaming", "bidi_streaming"].includes(call.rule?.kind ?? "");
}
