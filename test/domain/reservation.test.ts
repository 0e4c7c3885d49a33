// Who may take a machine when projects have reserved some.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  heldForOthers,
  holdings,
  mayTake,
  type Reservation,
} from "../../src/domain/reservation.ts";

const reserve = (projectId: string, amount: number): Reservation => ({ projectId, amount });
const usage = (used: Readonly<Record<string, number>>) => new Map(Object.entries(used));

describe("p1 reserves 1 and p2 reserves 2 of 5 machines", () => {
  const reservations = [reserve("p1", 1), reserve("p2", 2)];

  test.each([
    [5, {}, "p0", true],
    [4, { p0: 1 }, "p2", true],
    [3, { p0: 1, p2: 1 }, "p0", true],
    [2, { p0: 2, p2: 1 }, "p0", false],
    [2, { p0: 2, p2: 1 }, "p2", true],
    [1, { p0: 2, p2: 2 }, "p0", false],
    [1, { p0: 2, p2: 2 }, "p2", false],
    [1, { p0: 2, p2: 2 }, "p1", true],
  ])("%d left, %j in use: %s may take one: %s", (available, used, projectId, expected) => {
    for (const order of [reservations, reservations.toReversed()]) {
      const demand = { projectId, available, reservations: order, usage: usage(used) };
      expect(mayTake(demand)).toBe(expected);
    }
  });
});

describe("a project may take a machine", () => {
  test.each<[string, number, Reservation[], Readonly<Record<string, number>>, boolean]>([
    ["without any reservations", 1, [], {}, true],
    ["not without machines", 0, [], {}, false],
    ["not without machines, even if it reserved some", 0, [reserve("p", 1)], {}, false],
    [
      "of its own reservation, however much others reserved",
      1,
      [reserve("p", 1), reserve("q", 9)],
      {},
      true,
    ],
    ["beyond its own reservation", 2, [reserve("p", 1), reserve("q", 1)], { p: 1 }, true],
    [
      "not if all that is left is held for others",
      1,
      [reserve("p", 1), reserve("q", 1)],
      { p: 1 },
      false,
    ],
    [
      "of several reservations, which add up",
      1,
      [reserve("p", 1), reserve("p", 1), reserve("q", 1)],
      { p: 1 },
      true,
    ],
    [
      "not beyond the sum of them",
      1,
      [reserve("p", 1), reserve("p", 1), reserve("q", 1)],
      { p: 2 },
      false,
    ],
    [
      "not of what is held, however far another exceeds its own",
      1,
      [reserve("q", 1), reserve("r", 1)],
      { q: 9 },
      false,
    ],
    ["if another has used up what it reserved", 1, [reserve("q", 2)], { q: 2 }, true],
  ])("%s", (_, available, reservations, used, expected) => {
    const demand = { projectId: "p", available, reservations, usage: usage(used) };
    expect(mayTake(demand)).toBe(expected);
  });
});

test("reservations of a project add up, and no more than that is counted as used", () => {
  const held = holdings([reserve("p", 1), reserve("q", 3), reserve("p", 2)], usage({ p: 7, x: 2 }));
  expect(held).toEqual(
    new Map([
      ["p", { reserved: 3, used: 3 }],
      ["q", { reserved: 3, used: 0 }],
    ]),
  );
  expect([heldForOthers(held, "p"), heldForOthers(held, "q"), heldForOthers(held, "")]).toEqual([
    3, 0, 3,
  ]);
});

const project = fc.constantFrom("p", "q", "r");
const someReservations = fc.array(fc.record({ projectId: project, amount: fc.nat(4) }), {
  maxLength: 6,
});

test("the order of reservations does not matter, nor whether they are split", () => {
  fc.assert(
    fc.property(
      someReservations.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
      ),
      fc.dictionary(project, fc.nat(5)),
      fc.nat(6),
      ([reservations, shuffled], used, available) => {
        const split = shuffled.flatMap(({ projectId, amount }) =>
          Array.from({ length: amount }, () => reserve(projectId, 1)),
        );
        const answers = [reservations, shuffled, split].map((one) =>
          mayTake({ projectId: "p", available, reservations: one, usage: usage(used) }),
        );
        expect(new Set(answers).size).toBe(1);
      },
    ),
  );
});

test("as long as there are machines for all that is reserved, every project gets what it reserved", () => {
  const requests = fc.array(project, { maxLength: 30 });
  fc.assert(
    fc.property(someReservations, fc.nat(4), requests, (reservations, spare, asking) => {
      const used = new Map<string, number>();
      let available = reservations.reduce((sum, { amount }) => sum + amount, spare);
      for (const projectId of asking) {
        if (!mayTake({ projectId, available, reservations, usage: used })) continue;
        used.set(projectId, (used.get(projectId) ?? 0) + 1);
        available -= 1;
      }
      expect(available).toBeGreaterThanOrEqual(heldForOthers(holdings(reservations, used), ""));
    }),
  );
});
