// Which machine is chosen, and why none is.
import { describe, expect, test } from "@jest/globals";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  assertObtainable,
  type Candidate,
  choose,
  isAllocatable,
  machineStates,
  type Occupied,
  type Readiness,
  usageOf,
  type Wish,
} from "../../src/domain/candidates.ts";
import { livelinesses } from "../../src/domain/liveliness.ts";

const ready: Readiness = {
  allocated: false,
  waiting: true,
  state: "available",
  liveliness: "Alive",
};

const machine = (id: string, rackId = "r1", given: Partial<Candidate> = {}): Candidate => ({
  ...ready,
  id,
  rackId,
  ...given,
});

const wish: Wish<Candidate> = {
  projectId: "p",
  sizeId: "large",
  partitionId: "east",
  role: "machine",
  placementTags: [],
  occupied: [],
  reservations: [],
  fits: () => true,
};

const occupied = (rackId: string, given: Partial<Occupied> = {}): Occupied => ({
  projectId: "p",
  role: "machine",
  rackId,
  placementTags: [],
  ...given,
});

/** Numbers in [0, 1) that look random and are the same for the same seed (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const first = () => 0;

function failure(run: () => unknown): ConnectError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a machine is ready", () => {
  const all = [true, false].flatMap((allocated) =>
    [true, false].flatMap((waiting) =>
      machineStates.flatMap((state) =>
        [...livelinesses, undefined].map((liveliness) => ({
          allocated,
          waiting,
          state,
          liveliness,
        })),
      ),
    ),
  );

  test("for anybody only if it is free, waits, is available and alive", () => {
    expect(all.length).toBe(48);
    expect(all.filter(isAllocatable)).toEqual([ready]);
  });

  test("for who names it also if it is reserved", () => {
    const obtainable = all.filter((one) => {
      try {
        assertObtainable("m1", one);
        return true;
      } catch {
        return false;
      }
    });
    expect(obtainable).toEqual([ready, { ...ready, state: "reserved" }]);
  });

  test("or all reasons are named why not", () => {
    const error = failure(() =>
      assertObtainable("m1", { ...ready, state: "locked", waiting: false, liveliness: undefined }),
    );
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.rawMessage).toBe(
      'machine "m1" is locked and does not wait for an allocation and is not alive',
    );
  });
});

describe("a machine is chosen", () => {
  test("that is allocatable and fits", () => {
    const machines = [
      machine("a", "r1", { waiting: false }),
      machine("b", "r1", { state: "reserved" }),
      machine("c"),
      machine("d"),
    ];
    expect(choose(machines, { ...wish, fits: ({ id }) => id === "d" }, first).id).toBe("d");
  });

  test("whatever the order they are in", () => {
    const machines = ["b", "c", "a"].map((id) => machine(id));
    for (const [number, id] of [
      [0, "a"],
      [0.34, "b"],
      [0.999, "c"],
    ] as const)
      for (const order of [machines, machines.toReversed()])
        expect(choose(order, wish, () => number).id).toBe(id);
  });

  test("in a rack where the project has the fewest of this role", () => {
    const machines = [machine("a", "r1"), machine("b", "r2")];
    const other = { projectId: "other" };
    const firewall = { role: "firewall" };
    const there = [occupied("r1"), occupied("r2", other), occupied("r2", firewall)];
    expect(choose(machines, { ...wish, occupied: there }, first).id).toBe("b");
    expect(choose(machines, { ...wish, ...firewall, occupied: there }, first).id).toBe("a");
  });

  test("apart from those with the same placement tag", () => {
    const machines = [machine("a", "r1"), machine("b", "r2")];
    const there = [occupied("r1", { placementTags: ["db"] }), occupied("r2"), occupied("r2")];
    expect(choose(machines, { ...wish, occupied: there }, first).id).toBe("a");
    const apart = { ...wish, occupied: there, placementTags: ["db"] };
    expect(choose(machines, apart, first).id).toBe("b");
  });

  test("a hundred in a row end up evenly in five racks", () => {
    const machines = Array.from({ length: 150 }, (_, at) => machine(`m${at}`, `r${at % 5}`));
    const random = randomFrom(7);
    const taken: (Occupied & { readonly id: string })[] = [];
    for (let count = 0; count < 100; count++) {
      const ids = new Set(taken.map(({ id }) => id));
      const left = machines.map((one) => ({ ...one, allocated: ids.has(one.id) }));
      const { id, rackId } = choose(left, { ...wish, occupied: taken }, random);
      taken.push({ ...occupied(rackId), id });
    }
    const perRack = Object.groupBy(taken, ({ rackId }) => rackId);
    expect(Object.values(perRack).map((rack) => rack?.length)).toEqual([20, 20, 20, 20, 20]);
  });

  test("each of the best ones some time", () => {
    const machines = ["a", "b", "c"].map((id) => machine(id));
    const random = randomFrom(1);
    const chosen = Array.from({ length: 60 }, () => choose(machines, wish, random).id);
    expect(new Set(chosen)).toEqual(new Set(["a", "b", "c"]));
  });
});

describe("no machine is chosen", () => {
  const reservations = [{ projectId: "q", amount: 1 }];

  test.each<[string, Candidate[], Partial<Wish<Candidate>>]>([
    ['no machine of size "large" in partition "east" is available', [], {}],
    [
      'no machine of size "large" in partition "east" is available',
      [machine("a", "r1", { liveliness: "Dead" })],
      {},
    ],
    [
      'all available machines of size "large" in partition "east" are reserved by others',
      [machine("a"), machine("b", "r1", { allocated: true })],
      { reservations },
    ],
    [
      'no available machine of size "large" in partition "east" has the disks that the filesystem layout needs',
      [machine("a")],
      { fits: () => false },
    ],
  ])("%s", (message, machines, given) => {
    const error = failure(() => choose(machines, { ...wish, ...given }, first));
    expect([error.code, error.rawMessage]).toEqual([Code.ResourceExhausted, message]);
  });

  test("is not said to who reserved it, nor when the others have what they reserved", () => {
    const machines = [machine("a")];
    expect(choose(machines, { ...wish, projectId: "q", reservations }, first).id).toBe("a");
    const firewall = occupied("r1", { projectId: "q", role: "firewall" });
    expect(choose(machines, { ...wish, reservations, occupied: [firewall] }, first).id).toBe("a");
  });

  test("machines that do not fit still count for what others reserved", () => {
    const machines = [machine("a"), machine("b")];
    const picky = { ...wish, reservations, fits: ({ id }: Candidate) => id === "a" };
    expect(choose(machines, picky, first).id).toBe("a");
  });

  test("a random number out of range is a defect", () => {
    expect(() => choose([machine("a")], wish, () => 1)).toThrow("not in [0, 1)");
  });
});

test("usage counts the machines of each project", () => {
  const all = [
    occupied("r1"),
    occupied("r2", { role: "firewall" }),
    occupied("r1", { projectId: "q" }),
  ];
  expect(usageOf(all)).toEqual(
    new Map([
      ["p", 2],
      ["q", 1],
    ]),
  );
});
