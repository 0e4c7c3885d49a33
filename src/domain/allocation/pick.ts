// Which machine it is: the one that is asked for, or one of those that are free, by reservations, racks and tags.
import { type Machine, MachineStateValue } from "../../../gen/metal/v1/machine_pb.ts";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { placeOf } from "../../store/machine-place.ts";
import type { Transaction } from "../../store/store.ts";
import {
  assertAvailable,
  assertObtainable,
  isAllocatable,
  type MachineState,
  noneFits,
  type Readiness,
  type Wish,
} from "../candidates.ts";
import { every } from "../every.ts";
import { assertFits } from "../layout/hardware.ts";
import { containerOf } from "../machine-history.ts";
import { candidates } from "./candidates.ts";
import type { AllocationSpec } from "./spec.ts";
import type { Target } from "./target.ts";

/** What a choice needs beside the request. */
export interface Chance {
  readonly nowMs: number;
  /** At least 0 and less than 1. */
  readonly random: () => number;
}

/** The machine to allocate. Throws failed_precondition if the one asked for cannot be had, resource_exhausted. */
export async function pickMachine(
  tx: Transaction,
  { spec, target }: { readonly spec: AllocationSpec; readonly target: Target },
  chance: Chance,
): Promise<Machine> {
  const { machine, layout } = target;
  if (machine === undefined) return pickFree(tx, spec, { target, chance });
  assertObtainable(machine.id, await readinessOf(tx, machine, chance.nowMs));
  assertFits(layout, machine.hardware?.disks ?? []);
  return machine;
}

/** Takes the first candidate that is there after all: of those that are said to wait, some may have gone. */
async function pickFree(
  tx: Transaction,
  spec: AllocationSpec,
  { target, chance }: { readonly target: Target; readonly chance: Chance },
): Promise<Machine> {
  const wish = await wishOf(tx, spec, target);
  assertAvailable(wish);
  for await (const machine of candidates(tx, spec, { target, random: chance.random })) {
    if (!fits(target, machine)) continue;
    if (isAllocatable(await readinessOf(tx, machine, chance.nowMs))) return machine;
    wish.available -= 1;
    assertAvailable(wish);
  }
  throw noneFits(wish);
}

/** What there is and what of it is spoken for. */
async function wishOf(
  tx: Transaction,
  { projectId }: AllocationSpec,
  { sizeId, partition }: Target,
): Promise<Wish & { available: number }> {
  const place = { partitionId: partition.id, sizeId };
  const where = { size: sizeId, partition: partition.id };
  const reservations = await Array.fromAsync(
    every(tx.sizeReservation, "sizeReservation", { where }),
  );
  const projects = [...new Set(reservations.map((reservation) => reservation.projectId))];
  const held = projects.map((project) => placeOf(place, project));
  const counts = await tx.machine.counts("held", held);
  const usage = new Map(projects.map((project, index) => [project, counts[index] ?? 0]));
  const available = await tx.machine.count({ free: placeOf(place) });
  return { ...place, projectId, reservations, usage, available };
}

function fits({ layout }: Target, { hardware }: Machine): boolean {
  try {
    assertFits(layout, hardware?.disks ?? []);
    return true;
  } catch {
    return false; // Why one of many machines does not fit is of no use to whoever asks for any of them.
  }
}

const stateWords: Readonly<Record<number, MachineState>> = {
  [MachineStateValue.RESERVED]: "reserved",
  [MachineStateValue.LOCKED]: "locked",
};
/** Whether and why a machine can be had. It waits as long as its stream says so. */
async function readinessOf(
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
