// Whether machines can be had now: what is said of them, by their streams, and by what was last heard of them.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Machine, MachineStateValue } from "../../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../../store/store.ts";
import type { MachineState, Readiness } from "../candidates.ts";
import { every } from "../every.ts";
import { containerOf } from "../machine-history.ts";

const stateWords: Readonly<Record<number, MachineState>> = {
  [MachineStateValue.RESERVED]: "reserved",
  [MachineStateValue.LOCKED]: "locked",
};

/** Whether and why a machine can be had. It waits as long as its stream says so. */
export async function readinessOf(
  tx: Transaction,
  { id, allocation, state, waiting }: Machine,
  nowMs: number,
): Promise<Readiness> {
  const [wait, history] = [await tx.machineWait.get(id), await tx.machineHistory.get(id)];
  const until = wait?.until ? timestampMs(wait.until) : Number.POSITIVE_INFINITY;
  return {
    allocated: allocation !== undefined,
    waiting: waiting && until > nowMs,
    state: stateWords[state?.value ?? 0] ?? "available",
    liveliness: history && containerOf(history).liveliness,
  };
}

/** Whether the machine really waits, and lives. */
export async function isReady(tx: Transaction, machine: Machine, nowMs: number): Promise<boolean> {
  const { waiting, liveliness } = await readinessOf(tx, machine, nowMs);
  return waiting && liveliness === "Alive";
}

/** More machines that are said to wait are not looked at. */
const lookLimit = 2_000;

/**
 * How many of the machines that are free at a place, as placeOf() returns it, really wait and live: counted up to
 * `most`, because more make no difference.
 */
export async function readyAmong(
  tx: Transaction,
  free: string,
  { most, nowMs }: { readonly most: number; readonly nowMs: number },
): Promise<number> {
  let [looked, ready] = [0, 0];
  for await (const machine of every(tx.machine, "machine", { where: { free } })) {
    if (await isReady(tx, machine, nowMs)) ready += 1;
    looked += 1;
    if (ready === most || looked === lookLimit) break;
  }
  return ready;
}
