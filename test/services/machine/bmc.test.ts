import { create, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MachineBMCRecordSchema } from "../../../gen/metal/store/v1/machine_pb.ts";
import { BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import {
  MachineLedValue,
  MachineSchema,
  MachineServiceGetBMCResponseSchema,
  type MachineServiceReportBMCRequestSchema,
} from "../../../gen/metal/v1/machine_pb.ts";
import { PartitionSchema } from "../../../gen/metal/v1/partition_pb.ts";
import { issueCommand } from "../../../src/domain/bmc-command.ts";
import { bmcAddress } from "../../../src/domain/bmc-report.ts";
import type { Store } from "../../../src/store/store.ts";
import { failure } from "../../world/failure.ts";
import { machineClient } from "../../world/machine-part.ts";
import { machineId } from "../../world/machines.ts";
import { openTestStore } from "../../world/store.ts";

let store: Store;
const nowMs = Date.parse("2026-03-01T12:00:00Z");
beforeEach(async () => {
  store = await openTestStore();
  await store.transaction(async (tx) => {
    for (const id of ["north", "south"]) await tx.partition.insert(create(PartitionSchema, { id }));
  });
});
afterEach(() => store.close());

const a = machineId(1);
const reason = "looking at the console";
const machines = (superUserPassword?: string) =>
  machineClient(
    store,
    {},
    { now: () => nowMs, ...(superUserPassword !== undefined && { superUserPassword }) },
  );

async function keep(
  machine: MessageInitShape<typeof MachineSchema>,
  record?: Omit<MessageInitShape<typeof MachineBMCRecordSchema>, "$typeName">,
) {
  await store.transaction(async (tx) => {
    await tx.machine.insert(create(MachineSchema, machine));
    const { id = "" } = machine;
    if (record) await tx.machineBmc.insert(create(MachineBMCRecordSchema, { ...record, id }));
  });
}

const known = {
  user: "metal",
  password: "secret of the BMC",
  bmc: {
    id: a,
    partitionId: "north",
    address: "10.0.0.1:1623",
    mac: "m",
    interface: "lanplus",
    fru: { boardMfg: "v", productSerial: "s" },
  },
};
const machine = {
  id: a,
  partitionId: "north",
  rackId: "r",
  sizeId: "small",
  bios: { version: "1" },
};

describe("GetBMC", () => {
  test("shows what is known of BMC and machine, and the last commands, newest first", async () => {
    await keep(machine, known);
    await store.transaction(async (tx) => {
      for (const type of [BmcCommandType.ON, BmcCommandType.DISK])
        await issueCommand(tx, { id: a, partitionId: "north" }, { type, issuer: "" });
    });
    const answer = await machines().getBMC({ id: a });
    expect(answer.bmc).toMatchObject({
      ...known.bmc,
      rackId: "r",
      sizeId: "small",
      bios: { version: "1" },
    });
    expect(answer.lastCommands.map(({ type }) => type)).toEqual([
      BmcCommandType.DISK,
      BmcCommandType.ON,
    ]);
    expect(toJsonString(MachineServiceGetBMCResponseSchema, answer)).not.toContain("secret");
  });

  test("shows the machine alone if nothing is known of its BMC", async () => {
    await keep(machine);
    expect((await machines().getBMC({ id: a })).bmc).toMatchObject({ id: a, address: "" });
    expect(await failure(machines().getBMC({ id: machineId(9) }))).toMatch(/^NotFound/);
  });
});

describe("ListBMC", () => {
  const filters: readonly (readonly [object, number[]])[] = [
    [{}, [1, 2, 3]],
    [{ id: a }, [1]],
    [{ partitionId: "north" }, [1, 2]],
    [{ sizeId: "small" }, [1]],
    [{ rackId: "r" }, [1, 3]],
    [{ rackId: "r", boardMfg: "v" }, [1]],
    [{ address: "10.0.0.1:1623" }, [1]],
    [{ mac: "m" }, [1, 2]],
    [{ boardMfg: "v", productSerial: "s" }, [1]],
    [{ chassisPartSerial: "c" }, []],
  ];

  test.each(filters)("filters by %j", async (filter, wanted) => {
    await keep(machine, known);
    await keep(
      { id: machineId(2), partitionId: "north" },
      { bmc: { partitionId: "north", mac: "m" } },
    );
    await keep({ id: machineId(3), rackId: "r" }, { bmc: { partitionId: "south" } });
    await keep({ id: machineId(4) });
    const { bmcs } = await machines().listBMC(filter);
    expect(bmcs.map(({ id }) => id)).toEqual(wanted.map(machineId));
  });

  test("pages by machine", async () => {
    for (const n of [1, 2, 3]) await keep({ id: machineId(n), rackId: "r" }, { bmc: { mac: "m" } });
    for (const filter of [{ mac: "m" }, { rackId: "r" }]) {
      const first = await machines().listBMC({ ...filter, pageSize: 2 });
      const pageToken = first.nextPageToken;
      const next = await machines().listBMC({ ...filter, pageSize: 2, pageToken });
      expect([...first.bmcs, ...next.bmcs].map(({ id }) => id)).toEqual([1, 2, 3].map(machineId));
    }
  });
});

describe("GetBMCCredentials", () => {
  const credentials = (password?: string) =>
    machines(password).getBMCCredentials({ id: a, reason });

  test("returns address and account, and the reason is on record", async () => {
    await keep(machine, known);
    expect(await credentials()).toMatchObject({
      id: a,
      address: "10.0.0.1:1623",
      interface: "lanplus",
      user: "metal",
      password: known.password,
    });
    const [record] = await store.read.audit.list({ where: {}, limit: 1 });
    expect(record).toMatchObject({
      procedure: "metal.v1.MachineService/GetBMCCredentials",
      reason,
    });
  });

  test("needs a reason", async () => {
    await keep(machine, known);
    expect(await failure(machines().getBMCCredentials({ id: a }))).toMatch(
      /^InvalidArgument: reason/,
    );
  });

  test("returns the account that all machines create, if no other is known", async () => {
    await keep(machine, { bmc: known.bmc });
    expect(await credentials("of-root")).toMatchObject({ user: "root", password: "of-root" });
    expect(await failure(credentials())).toBe(
      `FailedPrecondition: no account is known of the BMC of machine "${a}"`,
    );
  });

  test("is refused if nothing is known of the BMC", async () => {
    await keep(machine);
    expect(await failure(credentials("of-root"))).toBe(
      `FailedPrecondition: nothing is known of the BMC of machine "${a}"`,
    );
  });
});

describe("ReportBMC", () => {
  type Request = MessageInitShape<typeof MachineServiceReportBMCRequestSchema>;
  const report = (reports: Exclude<Request["reports"], undefined>, partitionId = "north") =>
    machines().reportBMC({ partitionId, reports });
  const record = async (id = a) => store.read.machineBmc.get(id);

  test("a machine that is not known becomes known, with its BMC, and without a history", async () => {
    const answer = await report({
      [a.toUpperCase()]: { bmcIp: "10.0.0.7", indicatorLedState: "LED-ON" },
    });
    expect(answer).toMatchObject({ created: [a], updated: [] });
    expect(await store.read.machine.get(a)).toMatchObject({
      partitionId: "north",
      led: { value: MachineLedValue.ON },
    });
    const { bmc } = (await record()) ?? {};
    expect(bmc).toMatchObject({ address: "10.0.0.7:623", partitionId: "north" });
    expect(bmc?.lastUpdated && timestampMs(bmc.lastUpdated)).toBe(nowMs);
    expect(await store.read.machineHistory.get(a)).toBeUndefined();
  });

  test("of a known machine what is told is noted, and what is left out stays", async () => {
    await keep({ ...machine, led: { value: MachineLedValue.OFF, description: "d" } }, known);
    const answer = await report({
      [a]: {
        bmcIp: "10.0.0.9",
        fru: { productSerial: "new" },
        biosVersion: "2",
        powerState: "ON",
        indicatorLedState: "LED-ON",
        powerSupplies: [{ status: { health: "OK", state: "Enabled" } }],
      },
    });
    expect(answer).toMatchObject({ created: [], updated: [a] });
    await report({ [a]: { indicatorLedState: "strange" } });
    expect(await store.read.machine.get(a)).toMatchObject({
      bios: { version: "2" },
      led: { value: MachineLedValue.ON, description: "d" },
    });
    expect(await record()).toMatchObject({
      user: "metal",
      bmc: {
        address: "10.0.0.9:1623",
        mac: "m",
        powerState: "ON",
        fru: { boardMfg: "v", productSerial: "new" },
        powerSupplies: [{ status: { health: "OK" } }],
      },
    });
  });

  test("a report that says nothing new of the machine does not change it", async () => {
    await keep(machine, known);
    await report({ [a]: { biosVersion: "1", powerState: "OFF" } });
    expect(await store.read.machine.get(a)).toMatchObject({ generation: 0n });
  });

  test("a machine that stands nowhere is adopted, one of another partition is left alone", async () => {
    await keep({ id: a });
    await keep({ id: machineId(2), partitionId: "south" });
    const reports = { [a]: {}, [machineId(2)]: { bmcIp: "10.0.0.2" }, "no UUID": {} };
    expect(await report(reports)).toMatchObject({ created: [], updated: [a] });
    expect(await store.read.machine.get(a)).toMatchObject({ partitionId: "north" });
    expect(await record(machineId(2))).toBeUndefined();
  });

  test("is refused for a partition that there is not", async () => {
    expect(await failure(report({ [a]: {} }, "none"))).toBe('NotFound: no partition "none"');
    expect(await store.read.machine.count({})).toBe(0);
  });

  const addresses: readonly (readonly [string, string, string])[] = [
    ["10.0.0.1", "", "10.0.0.1:623"],
    ["10.0.0.1", "10.0.0.9:1623", "10.0.0.1:1623"],
    ["2001:db8::1", "", "[2001:db8::1]:623"],
    ["[2001:db8::1]", "[2001:db8::9]:1623", "[2001:db8::1]:1623"],
    ["bmc-1.example", "", "bmc-1.example:623"],
    ["", "10.0.0.9:623", "10.0.0.9:623"],
    ["not a host", "10.0.0.9:623", "10.0.0.9:623"],
    ["10.0.0.1", "10.0.0.9", "10.0.0.1:623"],
  ];
  test.each(addresses)("%j after %j is %j", (told, before, after) => {
    expect(bmcAddress(told, before)).toBe(after);
  });
});
