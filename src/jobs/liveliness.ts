// Concludes whether machines are alive from when they were last heard of. Machines of which nothing is to be concluded
// anew are only read.
import type { MachineHistory } from "../../gen/metal/store/v1/machine_pb.ts";
import { every } from "../domain/every.ts";
import { type Liveliness, livelinessAt } from "../domain/liveliness.ts";
import { containerOf, livelinessNumber } from "../domain/machine-history.ts";
import type { Snapshot, Store } from "../store/store.ts";
import { inBatches } from "./batch.ts";

type Reader = Pick<Snapshot, "machine" | "machineHistory">;

/** Concludes about all machines, as of `nowMs`, in milliseconds since 1970. Returns how many conclusions were new. */
export async function concludeLiveliness(
  store: Pick<Store, "read" | "transaction">,
  nowMs: number,
): Promise<number> {
  const ids: string[] = [];
  for await (const history of every(store.read.machineHistory, "machineHistory"))
    if ((await newConclusion(store.read, history, nowMs)) !== undefined) ids.push(history.id);
  let concluded = 0;
  await inBatches(store, ids, async (tx, id) => {
    // What was read may have changed: an event makes a machine alive.
    const history = await tx.machineHistory.get(id);
    const conclusion = history && (await newConclusion(tx, history, nowMs));
    if (history === undefined || conclusion === undefined) return;
    history.liveliness = livelinessNumber(conclusion);
    await tx.machineHistory.update(history);
    concluded += 1;
  });
  return concluded;
}

/** What is to be concluded now; undefined if that is known already. */
async function newConclusion(
  read: Reader,
  history: MachineHistory,
  nowMs: number,
): Promise<Liveliness | undefined> {
  const { lastEventTime, liveliness } = containerOf(history);
  if (lastEventTime === undefined) return undefined;
  const contact = { lastEventTime, ...(liveliness && { liveliness }) };
  // Whether it is allocated matters only for one that is silent.
  const isSilent = livelinessAt(contact, { nowMs, allocated: false }) !== "Alive";
  const allocated = isSilent && (await isAllocated(read, history.id));
  const conclusion = livelinessAt(contact, { nowMs, allocated });
  return conclusion === liveliness ? undefined : conclusion;
}

async function isAllocated({ machine }: Reader, id: string): Promise<boolean> {
  return (await machine.get(id))?.allocation !== undefined;
}
