// The one way to change anything: a transaction that holds the audit record of the call it belongs to.
import type { HandlerContext } from "@connectrpc/connect";
import type { Store, Transaction } from "../store/store.ts";
import { draftKey } from "./draft.ts";

/**
 * Runs `work` and appends the record of the call in the same transaction: a change whose record cannot be written does
 * not happen. `work` may run more than once, and must have no effect outside of the transaction.
 */
export type Change = <R>(
  context: HandlerContext,
  work: (tx: Transaction) => Promise<R>,
) => Promise<R>;

/** The way to change what `store` keeps. */
export function createChange(store: Pick<Store, "transaction">): Change {
  return async (context, work) => {
    const draft = context.values.get(draftKey);
    if (draft === undefined) throw new Error("a change outside of an audited call");
    const result = await store.transaction(async (tx) => {
      const value = await work(tx);
      await tx.audit.append([draft.record("ok")]);
      return value;
    });
    draft.recorded = true;
    return result;
  };
}
