// Takes machines for gone whose streams are.
import { every } from "../domain/every.ts";
import { endWait, hasLapsed } from "../domain/machine-wait.ts";
import type { Store } from "../store/store.ts";
import { inBatches } from "./batch.ts";

/** Ends the waits that have lapsed at `nowMs`, in milliseconds since 1970. */
export async function endLapsedWaits(
  store: Pick<Store, "read" | "transaction">,
  nowMs: number,
): Promise<void> {
  const ids: string[] = [];
  for await (const wait of every(store.read.machineWait, "machineWait"))
    if (hasLapsed(wait, nowMs)) ids.push(wait.id);
  await inBatches(store, ids, (tx, id) => endWait(tx, id, nowMs));
}
