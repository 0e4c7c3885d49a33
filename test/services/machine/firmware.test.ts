import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { MachineBMCRecordSchema } from "../../../gen/metal/store/v1/machine_pb.ts";
import { BmcCommandState, BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import { FirmwareKind } from "../../../gen/metal/v1/firmware_pb.ts";
import { MachineSchema } from "../../../gen/metal/v1/machine_pb.ts";
import { PartitionSchema } from "../../../gen/metal/v1/partition_pb.ts";
import { openFirmwareFolder } from "../../../src/firmware/folder.ts";
import type { FirmwareStore } from "../../../src/firmware/store.ts";
import type { Store } from "../../../src/store/store.ts";
import { failure } from "../../world/failure.ts";
import { machineClient } from "../../world/machine-part.ts";
import { machineId } from "../../world/machines.ts";
import { openTestStore } from "../../world/store.ts";

const { BIOS, BMC } = FirmwareKind;
const known = machineId(1);
const boardless = machineId(2);
const mute = machineId(3);
const fru = { boardMfg: "ACME", boardPartNumber: "b1" };

let folder: string;
let firmware: FirmwareStore;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "metal-firmware-"));
  firmware = await openFirmwareFolder({ folder, baseUrl: () => "http://127.0.0.1" });
  const name = { kind: "bios", vendor: "acme", board: "B1", revision: "1.1" } as const;
  const chunks = (async function* () {
    yield Buffer.from("new");
  })();
  await firmware.put(name, {
    size: 3,
    sha256: createHash("sha256").update("new").digest("hex"),
    chunks,
  });
  store = await openTestStore();
  await keep(known, { address: "192.0.2.7:623", fru, bmcVersion: "2.0" });
  await keep(boardless, { address: "192.0.2.8:623" });
  await keep(mute, { fru });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function keep(id: string, bmc: object): Promise<void> {
  await store.transaction(async (tx) => {
    if ((await tx.partition.get("north")) === undefined)
      await tx.partition.insert(create(PartitionSchema, { id: "north" }));
    const bios = { version: "1.0" };
    await tx.machine.insert(create(MachineSchema, { id, partitionId: "north", bios }));
    const reported = { partitionId: "north", ...bmc };
    await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id, bmc: reported }));
  });
}

const machines = (options = { firmware: firmware as FirmwareStore | undefined }) =>
  machineClient(store, {}, options);

test("a BMC is told to install the firmware for the board of its machine", async () => {
  const { commandId } = await machines().updateFirmware({
    id: known.toUpperCase(),
    kind: BIOS,
    revision: "1.1",
  });
  expect(await store.read.bmcCommand.get(commandId)).toMatchObject({
    machineId: known,
    type: BmcCommandType.UPDATE_FIRMWARE,
    state: BmcCommandState.PENDING,
    firmware: { kind: BIOS, vendor: "acme", board: "B1", revision: "1.1" },
  });
});

test.each([
  ["the machine is unknown", { id: machineId(9) }, `NotFound: no machine "${machineId(9)}"`],
  [
    "the machine has it",
    { revision: "1.0" },
    `FailedPrecondition: machine "${known}" has bios firmware "1.0" already`,
  ],
  ["it is not kept", { kind: BMC }, 'NotFound: no bmc firmware "1.1" for board "B1" of "acme"'],
  [
    "nobody knows the board",
    { id: boardless },
    `FailedPrecondition: the board of machine "${boardless}" is not known`,
  ],
  [
    "nobody knows the BMC",
    { id: mute },
    `FailedPrecondition: machine "${mute}" has no BMC that is known in a partition`,
  ],
])("nothing is installed if %s", async (_, request, message) => {
  const refused = machines().updateFirmware({ id: known, kind: BIOS, revision: "1.1", ...request });
  expect(await failure(refused)).toBe(message);
  expect(await store.read.bmcCommand.count({})).toBe(0);
});

test("nothing is installed without a store for firmware, and the refusal names the settings", async () => {
  const refused = machines({ firmware: undefined }).updateFirmware({
    id: known,
    kind: BIOS,
    revision: "1.1",
  });
  expect(await failure(refused)).toBe(
    "FailedPrecondition: no store for firmware is configured: set data or firmware-s3-endpoint",
  );
});
