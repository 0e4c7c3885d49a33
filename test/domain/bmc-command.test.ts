import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BmcCommandState, BmcCommandType } from "../../gen/metal/v1/bmc_command_pb.ts";
import {
  type BmcOrder,
  finishCommand,
  forgetCommands,
  issueCommand,
  lastCommands,
  maxOpenCommands,
  reportCommand,
} from "../../src/domain/bmc-command.ts";
import { ascending } from "../../src/domain/order.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { keepMachines } from "../world/bmc.ts";
import { failure } from "../world/failure.ts";
import { machineId } from "../world/machines.ts";
import { openTestStore } from "../world/store.ts";

const { PENDING, SENT, DONE, FAILED, EXPIRED } = BmcCommandState;
const { ON, OFF, FREE, REINSTALL, DISK, UPDATE_FIRMWARE } = BmcCommandType;
const machine = { id: machineId(1), partitionId: "here" };

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  await keepMachines(store, 2);
});
afterEach(() => store.close());

const order = (values: Partial<BmcOrder>) => (tx: Transaction) =>
  issueCommand(tx, machine, { type: ON, issuer: "somebody", ...values });
const issue = (type: BmcCommandType, issuer = "somebody") =>
  store.transaction(order({ type, issuer }));
const states = async () =>
  (await lastCommands(store.read, machine.id)).map(({ type, state }) => [type, state]);
const report = (id: string, error = "") =>
  store.transaction((tx) => reportCommand(tx, { id, error, nowMs: 5_000 }));
const send = (id: string) =>
  store.transaction(async (tx) => {
    const command = await tx.bmcCommand.get(id);
    if (command) await tx.bmcCommand.update({ ...command, state: SENT });
  });

describe("a command", () => {
  test("says who wants what of which machine, and waits to be sent", async () => {
    expect(await issue(OFF)).toMatchObject({
      machineId: machine.id,
      partitionId: "here",
      type: OFF,
      state: PENDING,
      issuer: "somebody",
      deliveries: 0,
    });
  });

  test("has a greater id than those before, however fast they come", async () => {
    const ids: string[] = [];
    for (const type of [ON, OFF, ON, OFF, ON]) ids.push((await issue(type))?.id ?? "");
    expect(ids).toEqual(ids.toSorted(ascending));
    expect(new Set(ids).size).toBe(5);
  });

  test.each([
    ["whose partition is not known", { id: machineId(1), partitionId: "" }],
    ["of whose BMC nothing is known", { id: machineId(3), partitionId: "here" }],
  ])("is not issued for a machine %s", async (_, unreachable) => {
    const issued = await store.transaction((tx) =>
      issueCommand(tx, unreachable, { type: ON, issuer: "" }),
    );
    expect(issued).toBeUndefined();
    expect(await store.read.bmcCommand.count({})).toBe(0);
  });

  test("that repeats the last one before that was sent is that one", async () => {
    const first = await issue(ON);
    expect((await issue(ON, "another"))?.id).toBe(first?.id);
    await send(first?.id ?? "");
    expect((await issue(ON))?.id).not.toBe(first?.id);
    await issue(OFF);
    await issue(ON);
    expect(await states()).toEqual([
      [ON, PENDING],
      [OFF, PENDING],
      [ON, PENDING],
      [ON, SENT],
    ]);
  });

  test("vanishes with the transaction that failed after it", async () => {
    const failed = store.transaction(async (tx) => {
      await order({})(tx);
      throw new Error("later");
    });
    await expect(failed).rejects.toThrow("later");
    expect(await states()).toEqual([]);
  });

  test.each([FREE, REINSTALL])("of type %s replaces what was not sent yet", async (type) => {
    await send((await issue(OFF))?.id ?? "");
    await issue(ON);
    await issue(DISK, "");
    await issue(type, "");
    expect(await states()).toEqual([
      [type, PENDING],
      [DISK, EXPIRED],
      [ON, EXPIRED],
      [OFF, SENT],
    ]);
  });
});

describe("of open commands", () => {
  const fill = async () => {
    for (let n = 0; n < maxOpenCommands; n += 1) await issue(n % 2 === 0 ? ON : OFF);
  };

  test("people may issue only so many for a machine", async () => {
    await fill();
    expect(await failure(issue(DISK))).toBe(
      `ResourceExhausted: machine "${machine.id}" has 16 open commands for its BMC`,
    );
    await report((await lastCommands(store.read, machine.id))[0]?.id ?? "");
    expect(await failure(issue(DISK))).toBe("no failure");
  });

  test("the server itself is never refused one", async () => {
    await fill();
    await issue(DISK, "");
    await issue(FREE, "");
    expect((await states())[0]).toEqual([FREE, PENDING]);
  });
});

describe("what became of a command", () => {
  test.each([
    ["", DONE],
    ["no route to host", FAILED],
  ])("is told once: %j", async (error, state) => {
    const id = (await issue(ON))?.id ?? "";
    await report(id, error);
    await report(id, "another time");
    await report(id);
    const told = await store.read.bmcCommand.get(id);
    expect(told).toMatchObject({ state, error, finished: { seconds: 5n }, generation: 1n });
  });

  test("may be told although it was given up", async () => {
    const command = await store.transaction(async (tx) => {
      const issued = await order({})(tx);
      return issued && finishCommand(tx, issued, { state: EXPIRED, error: "late", nowMs: 0 });
    });
    await report(command?.id ?? "");
    expect(await store.read.bmcCommand.get(command?.id ?? "")).toMatchObject({
      state: DONE,
      error: "",
    });
  });

  test("cannot be told of a command that there is not", async () => {
    expect(await failure(report("x"))).toBe('NotFound: no BMC command "x"');
  });

  test("is kept of the last twenty of a machine", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 25; n += 1) {
      const id = (await issue(n % 2 === 0 ? ON : OFF))?.id ?? "";
      await report(id);
      ids.unshift(id);
    }
    const shown = (await lastCommands(store.read, machine.id)).map(({ id }) => id);
    expect(shown).toEqual(ids.slice(0, 20));
    expect(await store.read.bmcCommand.count({ machine: machine.id })).toBeLessThanOrEqual(21);
  });
});

test("a firmware is part of its command, so each is one of its own", async () => {
  const firmware = { revision: "1.2" };
  for (let n = 0; n < 2; n += 1)
    await store.transaction(order({ type: UPDATE_FIRMWARE, firmware: firmware as never }));
  const kept = await lastCommands(store.read, machine.id);
  expect(kept.map((command) => command.firmware?.revision)).toEqual(["1.2", "1.2"]);
});

test("the commands of a machine are forgotten with it, those of others not", async () => {
  await issue(ON);
  const other = { id: machineId(2), partitionId: "here" };
  await store.transaction((tx) => issueCommand(tx, other, { type: ON, issuer: "" }));
  await store.transaction((tx) => forgetCommands(tx, machine.id));
  expect(await store.read.bmcCommand.count({})).toBe(1);
});
