import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { MachineBMCRecordSchema } from "../../../gen/metal/store/v1/machine_pb.ts";
import { BmcCommandState, BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import { MachineLedValue, MachineSchema } from "../../../gen/metal/v1/machine_pb.ts";
import { PartitionSchema } from "../../../gen/metal/v1/partition_pb.ts";
import type { Store } from "../../../src/store/store.ts";
import { failure } from "../../world/failure.ts";
import { machineClient } from "../../world/machine-part.ts";
import { machineId } from "../../world/machines.ts";
import { openTestStore } from "../../world/store.ts";

const id = machineId(1);
const mute = machineId(2);
let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  await store.transaction(async (tx) => {
    await tx.partition.insert(create(PartitionSchema, { id: "north" }));
    for (const each of [id, mute])
      await tx.machine.insert(create(MachineSchema, { id: each, partitionId: "north" }));
    const bmc = { partitionId: "north", address: "192.0.2.7:623" };
    await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id, bmc }));
  });
});
afterEach(() => store.close());

const machines = () => machineClient(store);
const eventsOf = async (machine: string) =>
  (await store.read.machineHistory.get(machine))?.events?.log.map(({ event }) => event) ?? [];

test.each([
  ["powerOn", BmcCommandType.ON, []],
  ["powerOff", BmcCommandType.OFF, ["Planned Reboot"]],
  ["powerReset", BmcCommandType.RESET, ["Planned Reboot"]],
  ["powerCycle", BmcCommandType.CYCLE, ["Planned Reboot"]],
  ["bootBIOS", BmcCommandType.BIOS, []],
  ["bootDisk", BmcCommandType.DISK, []],
  ["bootPXE", BmcCommandType.PXE, []],
  ["identifyLEDOn", BmcCommandType.LED_ON, []],
  ["identifyLEDOff", BmcCommandType.LED_OFF, []],
] as const)(
  "%s issues its command, and whoever stops a machine has planned it",
  async (rpc, type, events) => {
    const { commandId } = await machines()[rpc]({ id: id.toUpperCase() });
    const command = await store.read.bmcCommand.get(commandId);
    expect(command).toMatchObject({ machineId: id, type, state: BmcCommandState.PENDING });
    expect(command?.issuer).not.toBe("");
    expect(await eventsOf(id)).toEqual(events);
  },
);

test("the LED of a chassis is said to be lit, and why", async () => {
  await machines().identifyLEDOn({ id, description: "broken fan" });
  expect((await store.read.machine.get(id))?.led).toMatchObject({
    value: MachineLedValue.ON,
    description: "broken fan",
  });
});

test("a machine whose BMC nobody knows is refused, and nothing is recorded of it", async () => {
  expect(await failure(machines().powerCycle({ id: mute }))).toBe(
    `FailedPrecondition: machine "${mute}" has no BMC that is known in a partition`,
  );
  expect(await eventsOf(mute)).toEqual([]);
  expect(await store.read.bmcCommand.count({})).toBe(0);
});

test("a machine that is not there is not found", async () => {
  const nobody = machineId(9);
  expect(await failure(machines().powerOn({ id: nobody }))).toBe(
    `NotFound: no machine "${nobody}"`,
  );
});
