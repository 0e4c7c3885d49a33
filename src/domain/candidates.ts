// Which machines a project can get: those that are free, as far as reservations allow.
import { exhausted, precondition } from "./errors.ts";
import type { Liveliness } from "./liveliness.ts";
import { type Demand, mayTake, type Usage } from "./reservation.ts";

/** What operators say of a machine: anybody may have it, only who names it may, or it must stay as it is. */
export const machineStates = ["available", "reserved", "locked"] as const;
export type MachineState = (typeof machineStates)[number];

/** What decides whether a machine can be allocated. */
export interface Readiness {
  readonly allocated: boolean;
  /** An installer runs on it and waits for its user. */
  readonly waiting: boolean;
  readonly state: MachineState;
  /** Undefined if nothing is known of its events. */
  readonly liveliness: Liveliness | undefined;
}

/** Each names what must not be so for a machine that is asked for by id. */
const obstacles: readonly (readonly [reason: string, applies: (machine: Readiness) => boolean])[] =
  [
    ["is allocated", ({ allocated }) => allocated],
    ["is locked", ({ state }) => state === "locked"],
    ["does not wait for an allocation", ({ waiting }) => !waiting],
    ["is not alive", ({ liveliness }) => liveliness !== "Alive"],
  ];

const reasons = (machine: Readiness) =>
  obstacles.filter(([, applies]) => applies(machine)).map(([reason]) => reason);

/** Whether anybody could get the machine now. What is counted as allocatable is what can be chosen. */
export function isAllocatable(machine: Readiness): boolean {
  return machine.state === "available" && reasons(machine).length === 0;
}

/** Throws failed_precondition unless who names this machine can get it; it may be reserved. */
export function assertObtainable(id: string, machine: Readiness): void {
  const found = reasons(machine);
  if (found.length > 0) throw precondition(`machine "${id}" ${found.join(" and ")}`);
}

/** What is asked for, and who else wants it. */
export interface Wish extends Demand {
  readonly sizeId: string;
  readonly partitionId: string;
}

const whatOf = ({ sizeId, partitionId }: Wish) =>
  `of size "${sizeId}" in partition "${partitionId}"`;

/** Throws resource_exhausted unless the project may get one of the machines that are available. */
export function assertAvailable(wish: Wish): void {
  if (wish.available === 0) throw noneAvailable(wish);
  if (!mayTake(wish))
    throw exhausted(`all available machines ${whatOf(wish)} are reserved by others`);
}

/** What is said when there is none, whatever it is for. */
export function noneAvailable(wish: Wish): Error {
  return exhausted(`no machine ${whatOf(wish)} is available`);
}

/** What is said when machines are available, and none of them fits. */
export function noneFits(wish: Wish): Error {
  return exhausted(
    `no available machine ${whatOf(wish)} has the disks that the filesystem layout needs`,
  );
}

/** How many machines each project has, of whatever role. */
export function usageOf(occupied: readonly { readonly projectId: string }[]): Usage {
  const usage = new Map<string, number>();
  for (const { projectId } of occupied) usage.set(projectId, (usage.get(projectId) ?? 0) + 1);
  return usage;
}
