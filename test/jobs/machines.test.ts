// What is done about machines by itself: conclusions about their life, the end of their waiting, new starts.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  MachineBMCRecordSchema,
  MachineHistorySchema,
} from "../../gen/metal/store/v1/machine_pb.ts";
import { BmcCommandType } from "../../gen/metal/v1/bmc_command_pb.ts";
import {
  MachineLiveliness,
  MachineSchema,
  MachineStateValue,
} from "../../gen/metal/v1/machine_pb.ts";
import { recordEvent } from "../../src/domain/machine-history.ts";
import { beginWait, renewWait, waitMs } from "../../src/domain/machine-wait.ts";
import type { EventType } from "../../src/domain/provisioning-event.ts";
import { concludeLiveliness } from "../../src/jobs/liveliness.ts";
import { type Resurrected, resurrectMachines } from "../../src/jobs/resurrection.ts";
import { endLapsedWaits } from "../../src/jobs/wait.ts";
import type { Store } from "../../src/store/store.ts";
import { machineId } from "../world/machines.ts";
import { openTestStore } from "../world/store.ts";

let store: Store;
const clock = { ms: 0 };
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
beforeEach(async () => {
  clock.ms = Date.parse("2026-03-01T12:00:00Z");
  store = await openTestStore({ now: () => clock.ms });
});
afterEach(() => store.close());

const allocated = { allocation: { projectId: "p" } };
const keep = (n: number, machine: MessageInitShape<typeof MachineSchema> = {}) =>
  store.transaction((tx) =>
    tx.machine.insert(
      create(MachineSchema, { partitionId: "north", ...(machine as object), id: machineId(n) }),
    ),
  );
const happen = (n: number, event: EventType) =>
  store.transaction((tx) => recordEvent(tx, machineId(n), { event, message: "", time: clock.ms }));
const history = async (n: number) => store.read.machineHistory.get(machineId(n));
const liveliness = async (n: number) => (await history(n))?.liveliness;
const { ALIVE, DEAD, UNKNOWN, UNSPECIFIED } = MachineLiveliness;

describe("liveliness", () => {
  const conclude = () => concludeLiveliness(store, clock.ms);

  test("a machine that is silent for more than five minutes is dead, or unknown if it is in use", async () => {
    await keep(1);
    await keep(2, allocated);
    for (const n of [1, 2]) await happen(n, "Waiting");
    clock.ms += 5 * minuteMs;
    expect(await conclude()).toBe(0);
    clock.ms += 1;
    expect(await conclude()).toBe(2);
    expect([await liveliness(1), await liveliness(2)]).toEqual([DEAD, UNKNOWN]);
  });

  test("any event makes it alive again, at once", async () => {
    await keep(1);
    await happen(1, "Waiting");
    clock.ms += hourMs;
    await conclude();
    await happen(1, "Alive");
    expect(await liveliness(1)).toBe(ALIVE);
    expect(await conclude()).toBe(0);
  });

  test("a silent machine that was freed, or handed out, is concluded of anew", async () => {
    await keep(1, allocated);
    await happen(1, "Phoned Home");
    clock.ms += hourMs;
    await conclude();
    await store.transaction(async (tx) => {
      const machine = await tx.machine.get(machineId(1));
      if (machine) await tx.machine.update({ ...machine, allocation: undefined });
    });
    expect(await conclude()).toBe(1);
    expect(await liveliness(1)).toBe(DEAD);
  });

  test("what is known is not written again, and of a machine that was never heard of nothing is concluded", async () => {
    await keep(1);
    await happen(1, "Waiting");
    const silent = create(MachineHistorySchema, { id: machineId(2) });
    await store.transaction((tx) => tx.machineHistory.insert(silent));
    clock.ms += hourMs;
    await conclude();
    const seq = await store.changes.head();
    expect(await conclude()).toBe(0);
    expect(await store.changes.head()).toBe(seq);
    expect(await liveliness(2)).toBe(UNSPECIFIED);
  });

  test("three hundred machines take a few transactions", async () => {
    const numbers = Array.from({ length: 300 }, (_, index) => index + 1);
    await store.transaction(async (tx) => {
      for (const n of numbers)
        await recordEvent(tx, machineId(n), { event: "Alive", message: "", time: clock.ms });
    });
    clock.ms += hourMs;
    let transactions = 0;
    const counting = {
      read: store.read,
      transaction: ((work) => {
        transactions += 1;
        return store.transaction(work);
      }) as Store["transaction"],
    };
    expect(await concludeLiveliness(counting, clock.ms)).toBe(300);
    expect(transactions).toBe(3);
    expect(await store.read.machineHistory.count({ liveliness: `${DEAD}` })).toBe(300);
  });
});

describe("waiting", () => {
  test("machines whose streams are gone wait no more, others do", async () => {
    for (const n of [1, 2]) {
      await keep(n);
      await store.transaction((tx) => beginWait(tx, machineId(n), clock.ms));
    }
    clock.ms += waitMs / 2;
    await store.transaction((tx) => renewWait(tx, machineId(2), clock.ms));
    clock.ms += waitMs / 2;
    await endLapsedWaits(store, clock.ms);
    expect(
      (await store.read.machine.list({ where: { waiting: "true" }, limit: 9 })).map(({ id }) => id),
    ).toEqual([machineId(2)]);
    expect(await store.read.machineWait.count({})).toBe(1);
  });

  test("what is left of the wait of a machine that is forgotten goes away", async () => {
    await store.transaction((tx) => renewWait(tx, machineId(1), clock.ms));
    clock.ms += waitMs;
    await endLapsedWaits(store, clock.ms);
    expect(await store.read.machineWait.count({})).toBe(0);
  });
});

describe("resurrection", () => {
  /** Concludes about life and gives new starts, as of now. */
  async function run(): Promise<string[]> {
    await concludeLiveliness(store, clock.ms);
    const told: string[] = [];
    await resurrectMachines(store, clock.ms, (outcome) =>
      told.push(
        "err" in outcome
          ? String(outcome.err)
          : `${outcome.plight} ${(outcome satisfies Resurrected).attempt}`,
      ),
    );
    return told;
  }
  const bmc = (n: number) =>
    store.transaction((tx) =>
      tx.machineBmc.insert(
        create(MachineBMCRecordSchema, { id: machineId(n), bmc: { address: "10.0.0.1:623" } }),
      ),
    );
  const commands = async () =>
    (await store.read.bmcCommand.list({ where: { machine: machineId(1) }, limit: 9 })).map(
      ({ type }) => type,
    );

  test("a machine that is dead for more than an hour is booted anew, and that is in its history", async () => {
    await keep(1);
    await bmc(1);
    await happen(1, "Waiting");
    clock.ms += hourMs;
    expect(await run()).toEqual([]);
    clock.ms += 1;
    expect(await run()).toEqual(["dead 1"]);
    expect(await commands()).toEqual([BmcCommandType.FREE]);
    expect((await history(1))?.events?.log[0]).toMatchObject({ event: "Machine Reclaim" });
    const { resurrection } = (await history(1)) ?? {};
    expect([resurrection?.attempts, resurrection?.last && timestampMs(resurrection.last)]).toEqual([
      1,
      clock.ms,
    ]);
  });

  test("attempts become rarer while they do not help", async () => {
    await keep(1);
    await happen(1, "Waiting");
    const attempts: number[] = [];
    const start = clock.ms;
    for (let minutes = 0; minutes < 16 * 60; minutes += 10) {
      clock.ms = start + minutes * minuteMs;
      if ((await run()).length > 0) attempts.push(minutes);
    }
    const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(3);
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(4 * 60);
  });

  test("a machine that waits again is forgotten, so that the next time counts anew", async () => {
    await keep(1);
    await happen(1, "Waiting");
    clock.ms += hourMs + 1;
    await run();
    for (const event of ["PXE Booting", "Preparing", "Registering", "Waiting"] as const)
      await happen(1, event);
    expect(await run()).toEqual([]);
    expect((await history(1))?.resurrection).toBeUndefined();
  });

  test("a machine that still runs what it ran before it was freed is booted anew at once", async () => {
    await keep(1);
    await happen(1, "Machine Reclaim");
    clock.ms += 6 * minuteMs;
    await happen(1, "Phoned Home");
    expect(await run()).toEqual(["failed-reclaim 1"]);
  });

  test.each([
    ["in use", allocated],
    ["locked", { state: { value: MachineStateValue.LOCKED } }],
  ])("a machine that is %s is left alone", async (_, machine) => {
    await keep(1, machine);
    await happen(1, "Phoned Home");
    clock.ms += 2 * hourMs;
    expect(await run()).toEqual([]);
  });

  test("a history without a machine is left alone, and keeps no other from its start", async () => {
    await happen(1, "Waiting");
    await keep(2);
    await happen(2, "Waiting");
    clock.ms += 2 * hourMs;
    expect(await run()).toEqual(["dead 1"]);
    expect((await history(1))?.resurrection).toBeUndefined();
  });
});
