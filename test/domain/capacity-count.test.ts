// How many machines there are, can be had and are reserved.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isAllocatable, machineStates } from "../../src/domain/candidates.ts";
import {
  type CapacityQuestion,
  type CountedMachine,
  countCapacity,
  type SizeCount,
  type SizedReservation,
} from "../../src/domain/capacity-count.ts";
import { livelinesses } from "../../src/domain/liveliness.ts";
import { eventTypes } from "../../src/domain/provisioning-event.ts";
import { mayTake } from "../../src/domain/reservation.ts";

const waiting = (id: string, given: Partial<CountedMachine> = {}): CountedMachine => ({
  id,
  partitionId: "east",
  sizeId: "large",
  projectId: "",
  allocated: false,
  waiting: true,
  state: "available",
  liveliness: "Alive",
  newestEvent: "Waiting",
  faulty: false,
  ...given,
});
const used = (id: string, given: Partial<CountedMachine> = {}) =>
  waiting(id, {
    allocated: true,
    projectId: "p",
    waiting: false,
    newestEvent: "Phoned Home",
    ...given,
  });
const reserve = (amount: number, given: Partial<SizedReservation> = {}): SizedReservation => ({
  projectId: "p",
  sizeId: "large",
  partitionIds: ["east"],
  amount,
  ...given,
});

const question = (given: Partial<CapacityQuestion>): CapacityQuestion => ({
  machines: [],
  reservations: [],
  partitionIds: ["east"],
  sizeIds: new Set(["large", "small"]),
  projectId: "",
  ...given,
});

/** What of a row is neither 0 nor empty. */
const telling = (row: SizeCount) =>
  Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== 0 && (value as string[]).length !== 0),
  );
const rows = (given: Partial<CapacityQuestion>) =>
  (countCapacity(question(given)).get("east") ?? []).map(telling);

const oneUsed = { total: 1, allocated: 1, phonedHome: 1 };
const oneWaiting = { total: 1, waiting: 1, allocatable: 1 };

describe("counted are", () => {
  test.each<[string, CountedMachine[], object]>([
    ["one in use", [used("a")], oneUsed],
    ["two in use", [used("a"), used("b")], { total: 2, allocated: 2, phonedHome: 2 }],
    [
      "one in use with an issue",
      [used("a", { faulty: true })],
      { ...oneUsed, faulty: 1, faultyMachineIds: ["a"] },
    ],
    ["one that waits", [waiting("a")], { ...oneWaiting, free: 1 }],
    [
      "one that waits and is dead",
      [waiting("a", { liveliness: "Dead", faulty: true })],
      { total: 1, waiting: 1, faulty: 1, faultyMachineIds: ["a"], unavailable: 1 },
    ],
    [
      "one that waits and one in use",
      [waiting("a"), used("b")],
      { total: 2, waiting: 1, phonedHome: 1, allocated: 1, allocatable: 1, free: 1 },
    ],
    [
      "one that reboots",
      [waiting("a", { waiting: false, newestEvent: "PXE Booting" })],
      { total: 1, other: 1, otherMachineIds: ["a"], unavailable: 1 },
    ],
    [
      "one of which nothing was heard",
      [waiting("a", { waiting: false, liveliness: undefined, newestEvent: undefined })],
      { total: 1, other: 1, otherMachineIds: ["a"], unavailable: 1 },
    ],
    [
      "one that is reserved by operators",
      [waiting("a", { state: "reserved" })],
      { total: 1, waiting: 1, unavailable: 1 },
    ],
  ])("%s", (_, machines, expected) => {
    expect(rows({ machines })).toEqual([{ sizeId: "large", ...expected }]);
  });

  test("sizes one by one, in order, those that are not known together", () => {
    const sizes = ["small", "gone", "large", "unknown", ""];
    const machines = sizes.map((sizeId, at) => used(`m${at}`, { sizeId }));
    expect(rows({ machines })).toEqual([
      { sizeId: "large", ...oneUsed },
      { sizeId: "small", ...oneUsed },
      { sizeId: "unknown", total: 3, allocated: 3, phonedHome: 3 },
    ]);
  });

  test("partitions one by one, and no others", () => {
    const machines = ["east", "west", "moon", ""].map((partitionId) => used("a", { partitionId }));
    const counts = countCapacity(question({ machines, partitionIds: ["west", "east", "south"] }));
    expect(Array.from(counts, ([id, sizes]) => [id, sizes.map(({ total }) => total)])).toEqual([
      ["west", [1]],
      ["east", [1]],
      ["south", []],
    ]);
  });
});

describe("reservations", () => {
  const [one, two] = [[waiting("a")], [used("a"), used("b")]];
  const three = [...two, waiting("c")];
  const inUse = { total: 3, allocated: 2, phonedHome: 2, waiting: 1, allocatable: 1 };

  test.each<[string, CountedMachine[], SizedReservation[], object]>([
    ["hold back machines", one, [reserve(1)], { ...oneWaiting, reservations: 1 }],
    [
      "can be more than there is",
      one,
      [reserve(1), reserve(2)],
      { ...oneWaiting, reservations: 3 },
    ],
    [
      "hold nothing back once they are used",
      three,
      [reserve(2)],
      { ...inUse, free: 1, reservations: 2, usedReservations: 2 },
    ],
    [
      "are used up to their amount",
      three,
      [reserve(1)],
      { ...inUse, free: 1, reservations: 1, usedReservations: 1 },
    ],
    [
      "of one project add up, and each machine is counted once",
      three,
      [reserve(2), reserve(1)],
      { ...inUse, reservations: 3, usedReservations: 2 },
    ],
    [
      "are not used by other projects",
      three,
      [reserve(2, { projectId: "q" })],
      { ...inUse, reservations: 2 },
    ],
    [
      "elsewhere do not count",
      three,
      [reserve(9, { partitionIds: ["west"] })],
      { ...inUse, free: 1 },
    ],
    [
      "count once for a partition that they name twice",
      three,
      [reserve(2, { partitionIds: ["east", "west", "east"] })],
      { ...inUse, free: 1, reservations: 2, usedReservations: 2 },
    ],
  ])("%s", (_, machines, reservations, expected) => {
    expect(rows({ machines, reservations })).toEqual([{ sizeId: "large", ...expected }]);
  });

  test("of other sizes hold nothing back", () => {
    const reservations = [reserve(9, { sizeId: "small" })];
    expect(rows({ machines: one, reservations })).toEqual([
      { sizeId: "large", ...oneWaiting, free: 1 },
      { sizeId: "small", reservations: 9 },
    ]);
  });

  test("are not held back from the project that has them", () => {
    const machines = [used("a"), waiting("b"), waiting("c")];
    const [row] = rows({ machines, reservations: [reserve(3)], projectId: "p" });
    expect(row).toMatchObject({ free: 2, allocatable: 2, reservations: 3, usedReservations: 1 });
    const [others] = rows({ machines, reservations: [reserve(3)], projectId: "q" });
    expect(others).toEqual({ ...row, free: undefined });
  });
});

const project = fc.constantFrom("p", "q", "r");
const anyMachine: fc.Arbitrary<CountedMachine> = fc
  .record({
    owner: fc.option(project, { nil: "" }),
    waiting: fc.boolean(),
    state: fc.constantFrom(...machineStates),
    liveliness: fc.constantFrom(...livelinesses, undefined),
    newestEvent: fc.constantFrom(...eventTypes),
    faulty: fc.boolean(),
    sizeId: fc.constantFrom("large", "small", "gone"),
    partitionId: fc.constantFrom("east", "west", "moon"),
  })
  .map(({ owner, ...rest }) => ({
    ...waiting("m"),
    ...rest,
    projectId: owner,
    allocated: owner !== "",
  }));
const anyReservation: fc.Arbitrary<SizedReservation> = fc.record({
  projectId: project,
  sizeId: fc.constantFrom("large", "small"),
  partitionIds: fc.subarray(["east", "west"], { minLength: 1 }),
  amount: fc.integer({ min: 1, max: 3 }),
});
const anyQuestion = fc.record({
  machines: fc.array(anyMachine, { maxLength: 30 }),
  reservations: fc.array(anyReservation, { maxLength: 5 }),
  partitionIds: fc.constant(["east", "west"]),
  sizeIds: fc.constant(new Set(["large", "small"])),
  projectId: fc.option(project, { nil: "" }),
});

describe("whatever there is", () => {
  test("the sums are right", () => {
    fc.assert(
      fc.property(anyQuestion, (given) => {
        const all = [...countCapacity(given).values()].flat();
        for (const row of all) {
          expect(row.total).toBe(row.allocated + row.allocatable + row.unavailable);
          expect(row.total).toBe(row.phonedHome + row.waiting + row.other);
          expect(row.faulty).toBe(row.faultyMachineIds.length);
          expect(row.other).toBe(row.otherMachineIds.length);
          expect(row.free).toBeLessThanOrEqual(row.allocatable);
          expect(row.usedReservations).toBeLessThanOrEqual(row.reservations);
          for (const value of Object.values(row)) expect(Number(value) < 0).toBe(false);
        }
        const there = given.machines.filter(({ partitionId }) => partitionId !== "moon");
        expect(all.reduce((sum, { total }) => sum + total, 0)).toBe(there.length);
      }),
    );
  });

  test("something is free exactly if a project without reservations could take it", () => {
    fc.assert(
      fc.property(anyQuestion, (given) => {
        const rowsThere = countCapacity({ ...given, projectId: "" }).get("east") ?? [];
        for (const { sizeId, free } of rowsThere.filter((row) => row.sizeId !== "unknown")) {
          const here = given.machines.filter(
            (one) => one.partitionId === "east" && one.sizeId === sizeId,
          );
          const usage = new Map<string, number>();
          for (const { projectId } of here.filter(({ allocated }) => allocated))
            usage.set(projectId, (usage.get(projectId) ?? 0) + 1);
          const reservations = given.reservations.filter(
            (one) => one.sizeId === sizeId && one.partitionIds.includes("east"),
          );
          const available = here.filter(isAllocatable).length;
          expect(free > 0).toBe(mayTake({ projectId: "", available, reservations, usage }));
        }
      }),
    );
  });

  test("the order does not matter", () => {
    fc.assert(
      fc.property(anyQuestion, (given) => {
        const turned = {
          ...given,
          machines: given.machines.toReversed(),
          reservations: given.reservations.toReversed(),
        };
        expect(countCapacity(turned)).toEqual(countCapacity(given));
      }),
    );
  });
});
