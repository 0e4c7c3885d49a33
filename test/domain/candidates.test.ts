// Which machines can be had, and why others cannot.
import { describe, expect, test } from "@jest/globals";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  assertAvailable,
  assertObtainable,
  isAllocatable,
  machineStates,
  noneFits,
  type Readiness,
  type Wish,
} from "../../src/domain/candidates.ts";
import { livelinesses } from "../../src/domain/liveliness.ts";

const ready: Readiness = {
  allocated: false,
  waiting: true,
  state: "available",
  liveliness: "Alive",
};

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

describe("a machine may be taken", () => {
  const reservations = [{ projectId: "q", amount: 1 }];
  const wish: Wish = {
    projectId: "p",
    sizeId: "large",
    partitionId: "east",
    available: 1,
    reservations: [],
    usage: new Map(),
  };

  test.each<[string, Partial<Wish>]>([
    ['no machine of size "large" in partition "east" is available', { available: 0 }],
    [
      'all available machines of size "large" in partition "east" are reserved by others',
      { reservations },
    ],
  ])("not if %s", (message, given) => {
    const error = failure(() => assertAvailable({ ...wish, ...given }));
    expect([error.code, error.rawMessage]).toEqual([Code.ResourceExhausted, message]);
  });

  test.each<[string, Partial<Wish>]>([
    ["if nobody reserved it", {}],
    ["by who reserved it", { projectId: "q", reservations }],
    ["if the others have what they reserved", { reservations, usage: new Map([["q", 1]]) }],
    ["if more are left than others reserved", { reservations, available: 2 }],
  ])("%s", (_, given) => {
    expect(() => assertAvailable({ ...wish, ...given })).not.toThrow();
  });

  test("not if those that are available do not fit", () => {
    expect(noneFits(wish).message).toMatch(
      'no available machine of size "large" in partition "east" has the disks that the filesystem layout needs',
    );
  });
});
