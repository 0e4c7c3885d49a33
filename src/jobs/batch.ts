// Changes of many entities in transactions of bounded size, so that others get their turn.
import type { Store, Transaction } from "../store/store.ts";

const batchSize = 100;

/** Runs `work` for each id, many to a transaction. It may run more than once, so it must read what it changes. */
export async function inBatches(
  store: Pick<Store, "transaction">,
  ids: readonly string[],
  work: (tx: Transaction, id: string) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < ids.length; start += batchSize)
    await store.transaction(async (tx) => {
      for (const id of ids.slice(start, start + batchSize)) await work(tx, id);
    });
}
