// Counts the machines of partitions, size by size: in use, to be had, neither; and what of it is reserved.
import { isAllocatable, type Readiness, usageOf } from "./candidates.ts";
import { ascending } from "./order.ts";
import type { EventType } from "./provisioning-event.ts";
import { heldForOthers, holdings, type Reservation } from "./reservation.ts";
import { unknownSize } from "./size.ts";

/** A machine as far as counting goes. */
export interface CountedMachine extends Readiness {
  readonly id: string;
  readonly partitionId: string;
  readonly sizeId: string;
  /** The project that has it; empty if it is free. */
  readonly projectId: string;
  /** Missing if there is none; such machines count like all others. */
  readonly newestEvent?: EventType;
  /** Whether it has an issue. */
  readonly faulty: boolean;
}

/** A reservation of one size. Its amount is reserved in each of the partitions. */
export interface SizedReservation extends Reservation {
  readonly sizeId: string;
  readonly partitionIds: readonly string[];
}

/** What is counted, and how. */
export interface CapacityQuestion {
  readonly machines: Iterable<CountedMachine>;
  readonly reservations: Iterable<SizedReservation>;
  /** Machines and reservations elsewhere are left out. */
  readonly partitionIds: Iterable<string>;
  /** Machines of other sizes count as of unknown size. */
  readonly sizeIds: ReadonlySet<string>;
  /** What this project has reserved is not held back from it. Empty: no project. */
  readonly projectId: string;
}

/**
 * The machines of one size in one partition: total = allocated + allocatable + unavailable = phonedHome + waiting +
 * other, free <= allocatable, usedReservations <= reservations.
 */
export interface SizeCount {
  readonly sizeId: string;
  readonly total: number;
  readonly allocated: number;
  /** Anybody could have them now, see `isAllocatable`. */
  readonly allocatable: number;
  /** Of these, what is not held for other projects. */
  readonly free: number;
  readonly unavailable: number;
  /** With an issue; allocated or not. */
  readonly faulty: number;
  readonly faultyMachineIds: readonly string[];
  /** By the newest event. */
  readonly phonedHome: number;
  readonly waiting: number;
  readonly other: number;
  readonly otherMachineIds: readonly string[];
  readonly reservations: number;
  readonly usedReservations: number;
}

/** The machines and reservations of one size in one partition. */
interface Share {
  readonly machines: CountedMachine[];
  readonly reservations: Reservation[];
}

type Shares = Map<string, Share>;

/** By partition, in the given order, the sizes that have machines or reservations there, ordered by id. */
export function countCapacity(question: CapacityQuestion): Map<string, SizeCount[]> {
  const partitions = new Map<string, Shares>();
  for (const id of question.partitionIds) partitions.set(id, new Map());
  for (const machine of question.machines) {
    const sizeId = question.sizeIds.has(machine.sizeId) ? machine.sizeId : unknownSize;
    shareOf(partitions.get(machine.partitionId), sizeId)?.machines.push(machine);
  }
  for (const reservation of question.reservations)
    for (const id of new Set(reservation.partitionIds))
      shareOf(partitions.get(id), reservation.sizeId)?.reservations.push(reservation);
  return new Map(Array.from(partitions, ([id, shares]) => [id, rowsOf(shares, question)]));
}

function shareOf(shares: Shares | undefined, sizeId: string): Share | undefined {
  const share = shares?.get(sizeId) ?? { machines: [], reservations: [] };
  shares?.set(sizeId, share);
  return share;
}

function rowsOf(shares: Shares, { projectId }: CapacityQuestion): SizeCount[] {
  return Array.from(shares)
    .toSorted(([a], [b]) => ascending(a, b))
    .map(([sizeId, share]) => countShare(sizeId, share, projectId));
}

const idsOf = (machines: readonly CountedMachine[]) => machines.map(({ id }) => id);

function countShare(sizeId: string, share: Share, projectId: string): SizeCount {
  const { machines } = share;
  const allocated = machines.filter((machine) => machine.allocated).length;
  const allocatable = machines.filter(isAllocatable).length;
  const faulty = machines.filter((machine) => machine.faulty);
  const waiting = machines.filter(({ newestEvent }) => newestEvent === "Waiting").length;
  const phonedHome = machines.filter(({ newestEvent }) => newestEvent === "Phoned Home").length;
  const others = machines.filter(
    ({ newestEvent }) => newestEvent !== "Waiting" && newestEvent !== "Phoned Home",
  );
  const { held, ...reserved } = countReserved(share, projectId);
  return {
    sizeId,
    total: machines.length,
    allocated,
    allocatable,
    free: Math.max(allocatable - held, 0),
    unavailable: machines.length - allocated - allocatable,
    faulty: faulty.length,
    faultyMachineIds: idsOf(faulty),
    phonedHome,
    waiting,
    other: others.length,
    otherMachineIds: idsOf(others),
    ...reserved,
  };
}

/** What is reserved and used by all, and what is held for projects other than the given one. */
function countReserved({ machines, reservations }: Share, projectId: string) {
  const usage = usageOf(machines.filter(({ allocated }) => allocated));
  const all = holdings(reservations, usage);
  const sum = (of: "reserved" | "used") =>
    Array.from(all.values()).reduce((total, holding) => total + holding[of], 0);
  return {
    reservations: sum("reserved"),
    usedReservations: sum("used"),
    held: heldForOthers(all, projectId),
  };
}
