// Which machine a project gets: one that is free and fits, in a rack where it has few, as far as reservations allow.
import { exhausted, precondition } from "./errors.ts";
import type { Liveliness } from "./liveliness.ts";
import { ascending } from "./order.ts";
import { type Neighbour, spread } from "./rack-spread.ts";
import { mayTake, type Reservation, type Usage } from "./reservation.ts";

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

/** A machine of the size and partition that are asked for. */
export interface Candidate extends Readiness {
  readonly id: string;
  readonly rackId: string;
}

/** A machine of that size and partition that has a user. */
export interface Occupied extends Neighbour {
  readonly projectId: string;
  readonly role: string;
}

/** What is asked for, and what else matters. */
export interface Wish<M> {
  readonly projectId: string;
  readonly sizeId: string;
  readonly partitionId: string;
  /** Machines and firewalls are spread separately. */
  readonly role: string;
  readonly placementTags: readonly string[];
  /** All machines in use of that size and partition, of whatever project and role. */
  readonly occupied: readonly Occupied[];
  /** Those of that size that are for this partition. */
  readonly reservations: readonly Reservation[];
  /** Whether the disks of a machine are what is to be installed on them needs. */
  readonly fits: (machine: M) => boolean;
}

/**
 * Chooses one of the machines, each of the best ones with the same chance. `random` returns at least 0 and less than 1;
 * the same answers of it lead to the same choice, in whatever order machines are given. Throws resource_exhausted.
 */
export function choose<M extends Candidate>(
  machines: readonly M[],
  wish: Wish<M>,
  random: () => number,
): M {
  const best = spread(suitable(machines, wish), {
    neighbours: wish.occupied.filter((one) => isAlike(one, wish)),
    placementTags: wish.placementTags,
  });
  const ordered = best.toSorted((a, b) => ascending(a.id, b.id));
  const chosen = ordered[Math.floor(random() * ordered.length)];
  if (chosen === undefined) throw new Error("random answered something that is not in [0, 1)");
  return chosen;
}

function isAlike({ projectId, role }: Occupied, wish: Pick<Occupied, "projectId" | "role">) {
  return projectId === wish.projectId && role === wish.role;
}

/** The machines that the project may get, at least one. */
function suitable<M extends Candidate>(machines: readonly M[], wish: Wish<M>): readonly M[] {
  const what = `of size "${wish.sizeId}" in partition "${wish.partitionId}"`;
  const available = machines.filter(isAllocatable);
  if (available.length === 0) throw exhausted(`no machine ${what} is available`);
  const demand = { ...wish, available: available.length, usage: usageOf(wish.occupied) };
  if (!mayTake(demand)) throw exhausted(`all available machines ${what} are reserved by others`);
  const fitting = available.filter((machine) => wish.fits(machine));
  if (fitting.length === 0)
    throw exhausted(`no available machine ${what} has the disks that the filesystem layout needs`);
  return fitting;
}

/** How many machines each project has, of whatever role. */
export function usageOf(occupied: readonly Pick<Occupied, "projectId">[]): Usage {
  const usage = new Map<string, number>();
  for (const { projectId } of occupied) usage.set(projectId, (usage.get(projectId) ?? 0) + 1);
  return usage;
}
