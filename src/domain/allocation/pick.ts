// Which machine it is: the one that is asked for, or one of those that are free, by reservations, racks and tags.
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import { placeOf } from "../../store/machine-place.ts";
import type { Transaction } from "../../store/store.ts";
import {
  assertAvailable,
  assertObtainable,
  noneAvailable,
  noneFits,
  type Wish,
} from "../candidates.ts";
import { every } from "../every.ts";
import { assertFits } from "../layout/hardware.ts";
import { heldForOthers, holdings } from "../reservation.ts";
import { candidates } from "./candidates.ts";
import { isReady, readinessOf, readyAmong } from "./readiness.ts";
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
  const readiness = await readinessOf(tx, machine, chance.nowMs);
  assertObtainable(machine.id, readiness);
  assertFits(layout, machine.hardware?.disks ?? []);
  // Who names a machine takes it from those that are available: what is held for others stays.
  if (readiness.state === "available")
    assertAvailable(await wishOf(tx, spec, { target, nowMs: chance.nowMs }));
  return machine;
}

/** Takes the first candidate that is there after all: of those that are said to wait, some may have gone. */
async function pickFree(
  tx: Transaction,
  spec: AllocationSpec,
  { target, chance }: { readonly target: Target; readonly chance: Chance },
): Promise<Machine> {
  const { nowMs, random } = chance;
  const wish = await wishOf(tx, spec, { target, nowMs });
  assertAvailable(wish);
  let misfits = 0;
  for await (const machine of candidates(tx, spec, { target, random })) {
    if (!fits(target, machine)) misfits += 1;
    else if (await isReady(tx, machine, nowMs)) return machine;
  }
  throw misfits > 0 ? noneFits(wish) : noneAvailable(wish);
}

/**
 * What there is and what of it is spoken for. What is held for others must be there, so machines that are only said to
 * wait do not count where something is held.
 */
async function wishOf(
  tx: Transaction,
  { projectId }: AllocationSpec,
  { target, nowMs }: { readonly target: Target; readonly nowMs: number },
): Promise<Wish> {
  const { sizeId, partition } = target;
  const place = { partitionId: partition.id, sizeId };
  const where = { size: sizeId, partition: partition.id };
  const reservations = await Array.fromAsync(
    every(tx.sizeReservation, "sizeReservation", { where }),
  );
  const projects = [...new Set(reservations.map((reservation) => reservation.projectId))];
  const held = projects.map((project) => placeOf(place, project));
  const counts = await tx.machine.counts("held", held);
  const usage = new Map(projects.map((project, index) => [project, counts[index] ?? 0]));
  const needed = heldForOthers(holdings(reservations, usage), projectId) + 1;
  const available =
    reservations.length === 0
      ? await tx.machine.count({ free: placeOf(place) })
      : await readyAmong(tx, placeOf(place), { most: needed, nowMs });
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
