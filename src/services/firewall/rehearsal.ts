// Doing something to see whether it can be done, and taking it back.
import type { Store, Transaction } from "../../store/store.ts";

/** Runs `work` in a transaction that is never committed. Rejects with what it rejects with. */
export type Rehearse = <R>(work: (tx: Transaction) => Promise<R>) => Promise<R>;

class TakenBack<R> extends Error {
  readonly result: R;

  constructor(result: R) {
    super("a rehearsal is taken back");
    this.result = result;
  }
}

/** Rehearses on `store`. */
export function createRehearsal(store: Pick<Store, "transaction">): Rehearse {
  return async <R>(work: (tx: Transaction) => Promise<R>) => {
    try {
      return await store.transaction(async (tx) => {
        throw new TakenBack(await work(tx));
      });
    } catch (error) {
      if (error instanceof TakenBack) return error.result as R;
      throw error;
    }
  };
}
