// Gives machines that nobody uses and that do not come back by themselves a new start, ever more rarely while it does not
// help. Each start is in the history of its machine.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type MachineHistory,
  MachineResurrectionSchema,
} from "../../gen/metal/store/v1/machine_pb.ts";
import { MachineLiveliness } from "../../gen/metal/v1/machine_pb.ts";
import { free } from "../domain/allocation/free.ts";
import { every } from "../domain/every.ts";
import { isLocked } from "../domain/machine.ts";
import { containerOf } from "../domain/machine-history.ts";
import { type Attempts, type Decision, decideResurrection } from "../domain/resurrection.ts";
import type { Snapshot, Store, Transaction } from "../store/store.ts";

/** A machine that was given a new start, and why. */
export interface Resurrected {
  readonly machine: string;
  readonly plight: string;
  readonly attempt: number;
}

/**
 * Gives a new start to those machines whose time it is at `nowMs`, in milliseconds since 1970, and tells of each. One
 * that fails keeps no other from it.
 */
export async function resurrectMachines(
  store: Pick<Store, "read" | "transaction">,
  nowMs: number,
  tell: (outcome: Resurrected | { readonly machine: string; readonly err: unknown }) => void,
): Promise<void> {
  for await (const history of every(store.read.machineHistory, "machineHistory")) {
    if (!mayNeedIt(history)) continue;
    const { kind } = await decide(store.read, history, nowMs);
    if (kind !== "attempt" && kind !== "forget") continue;
    try {
      const done = await store.transaction((tx) => resurrect(tx, history.id, nowMs));
      if (done !== undefined) tell(done);
    } catch (error) {
      tell({ machine: history.id, err: error });
    }
  }
}

/** Whether there can be anything to do, by the history alone: of most machines nothing else is read. */
function mayNeedIt({ liveliness, events, resurrection }: MachineHistory): boolean {
  const isDead = liveliness === MachineLiveliness.DEAD;
  return isDead || events?.failedMachineReclaim === true || resurrection !== undefined;
}

/** Decides anew on what the transaction sees, and does it. */
async function resurrect(
  tx: Transaction,
  id: string,
  nowMs: number,
): Promise<Resurrected | undefined> {
  const history = await tx.machineHistory.get(id);
  if (history === undefined) return undefined;
  const decision = await decide(tx, history, nowMs);
  if (decision.kind === "attempt") {
    await free(tx, id, { nowMs });
    await remember(tx, id, decision.attempts);
    return { machine: id, plight: decision.plight, attempt: decision.attempts.count };
  }
  if (decision.kind === "forget") await remember(tx, id, undefined);
  return undefined;
}

async function decide(
  read: Pick<Snapshot, "machine">,
  history: MachineHistory,
  nowMs: number,
): Promise<Decision> {
  const machine = await read.machine.get(history.id);
  if (machine === undefined) return { kind: "none" };
  const attempts = attemptsOf(history);
  const casualty = {
    allocated: machine.allocation !== undefined,
    locked: isLocked(machine),
    container: containerOf(history),
    ...(attempts && { attempts }),
  };
  return decideResurrection(casualty, nowMs);
}

function attemptsOf({ resurrection }: MachineHistory): Attempts | undefined {
  if (resurrection?.last === undefined) return undefined;
  return { count: resurrection.attempts, lastTime: timestampMs(resurrection.last) };
}

async function remember(
  { machineHistory }: Pick<Transaction, "machineHistory">,
  id: string,
  attempts: Attempts | undefined,
): Promise<void> {
  const history = await machineHistory.get(id);
  if (history === undefined) return;
  const resurrection =
    attempts &&
    create(MachineResurrectionSchema, {
      attempts: attempts.count,
      last: timestampFromMs(attempts.lastTime),
    });
  await machineHistory.update({ ...history, resurrection });
}
