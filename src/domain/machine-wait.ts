// Waiting for an allocation: a machine counts as waiting as long as the stream that it waits on says that it lives.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type MachineWait, MachineWaitSchema } from "../../gen/metal/store/v1/machine_pb.ts";
import type { Transaction } from "../store/store.ts";
import { found } from "./entity.ts";

/** For so long after a stream said last that it lives, its machine counts as waiting. Streams come back in seconds. */
export const waitMs = 60_000;

type Waits = Pick<Transaction, "machine" | "machineWait">;

/**
 * Lets a machine wait, from `nowMs` on. Returns false, and changes nothing, if it is allocated already. Throws
 * not_found.
 */
export async function beginWait(tx: Waits, id: string, nowMs: number): Promise<boolean> {
  const machine = await found(tx.machine, "machine", id);
  if (machine.allocation !== undefined) return false;
  await renewWait(tx, id, nowMs);
  if (!machine.waiting) await tx.machine.update({ ...machine, waiting: true });
  return true;
}

/** Notes that the stream of a machine lives. */
export async function renewWait(
  { machineWait }: Pick<Transaction, "machineWait">,
  id: string,
  nowMs: number,
): Promise<void> {
  const until = timestampFromMs(nowMs + waitMs);
  const known = await machineWait.get(id);
  await (known === undefined
    ? machineWait.insert(create(MachineWaitSchema, { id, until }))
    : machineWait.update({ ...known, until }));
}

/** Whether no stream of a machine has said for long that it lives. */
export function hasLapsed({ until }: MachineWait, nowMs: number): boolean {
  return until === undefined || timestampMs(until) <= nowMs;
}

/** Forgets a wait that has lapsed, and that its machine waits. One that was renewed meanwhile stays. */
export async function endWait(tx: Waits, id: string, nowMs: number): Promise<void> {
  const wait = await tx.machineWait.get(id);
  if (wait === undefined || !hasLapsed(wait, nowMs)) return;
  await tx.machineWait.delete(id);
  const machine = await tx.machine.get(id);
  if (machine?.waiting) await tx.machine.update({ ...machine, waiting: false });
}
