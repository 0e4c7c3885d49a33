// Which machine it is: the one that is asked for, or one of those that are free, by reservations, racks and tags.
import { type Machine, MachineStateValue } from "../../../gen/metal/v1/machine_pb.ts";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Transaction } from "../../store/store.ts";
import {
  assertObtainable,
  type Candidate,
  choose,
  type MachineState,
  type Occupied,
  type Readiness,
} from "../candidates.ts";
import { every } from "../every.ts";
import { assertFits } from "../layout/hardware.ts";
import { containerOf } from "../machine-history.ts";
import type { Reservation } from "../reservation.ts";
import type { AllocationSpec } from "./spec.ts";
import type { Target } from "./target.ts";

/** What a choice needs beside the request. */
export interface Chance {
  readonly nowMs: number;
  /** At least 0 and less than 1. */
  readonly random: () => number;
}

/** More waiting machines of a size and partition are not looked at. */
const candidateLimit = 2_000;

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

/**
 * Chooses among those that are said to wait, and looks at what else is known of the choice: one that turns out not to be
 * there after all is left out of the next choice.
 */
async function pickFree(
  tx: Transaction,
  spec: AllocationSpec,
  { target, chance }: { readonly target: Target; readonly chance: Chance },
): Promise<Machine> {
  const [machines, occupied, reservations] = [
    await waitingMachines(tx, target),
    await occupiedBy(tx, spec, target),
    await reservationsOf(tx, target),
  ];
  const candidates = new Map(machines.map((machine) => [machine.id, asCandidate(machine)]));
  const byId = new Map(machines.map((machine) => [machine.id, machine]));
  const wish = {
    projectId: spec.projectId,
    sizeId: target.sizeId,
    partitionId: target.partition.id,
    role: `${spec.role}`,
    placementTags: spec.placementTags,
    occupied,
    reservations,
    fits: ({ id }: Candidate) => fits(target, byId.get(id)),
  };
  for (;;) {
    const { id } = choose([...candidates.values()], wish, chance.random);
    const machine = byId.get(id);
    if (machine === undefined) throw new Error(`machine "${id}" was chosen and not offered`);
    const readiness = await readinessOf(tx, machine, chance.nowMs);
    if (readiness.waiting && readiness.liveliness === "Alive") return machine;
    candidates.delete(id);
  }
}

async function waitingMachines(tx: Transaction, { sizeId, partition }: Target): Promise<Machine[]> {
  const where = {
    size: sizeId,
    partition: partition.id,
    allocated: "false",
    waiting: "true",
    state: `${MachineStateValue.AVAILABLE}`,
  };
  const machines: Machine[] = [];
  for await (const machine of every(tx.machine, "machine", { where })) {
    machines.push(machine);
    if (machines.length === candidateLimit) break;
  }
  return machines;
}

function asCandidate({ id, rackId }: Machine): Candidate {
  return { id, rackId, allocated: false, waiting: true, state: "available", liveliness: "Alive" };
}

function fits({ layout }: Target, machine: Machine | undefined): boolean {
  try {
    assertFits(layout, machine?.hardware?.disks ?? []);
    return true;
  } catch {
    return false; // Why one of many machines does not fit is of no use to whoever asks for any of them.
  }
}

/** The machines that count for spreading and reservations: of this project, and of those with reservations. */
async function occupiedBy(
  tx: Transaction,
  { projectId }: AllocationSpec,
  target: Target,
): Promise<Occupied[]> {
  const reserving = (await reservationsOf(tx, target)).map((reservation) => reservation.projectId);
  const occupied: Occupied[] = [];
  for (const project of new Set([projectId, ...reserving])) {
    const where = { project, size: target.sizeId, partition: target.partition.id };
    for await (const { rackId, allocation } of every(tx.machine, "machine", { where }))
      occupied.push({
        projectId: project,
        rackId,
        role: `${allocation?.role}`,
        placementTags: allocation?.placementTags ?? [],
      });
  }
  return occupied;
}

function reservationsOf(tx: Transaction, { sizeId, partition }: Target): Promise<Reservation[]> {
  const where = { size: sizeId, partition: partition.id };
  return Array.fromAsync(every(tx.sizeReservation, "sizeReservation", { where }));
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
