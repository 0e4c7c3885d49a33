// Machines for tests: ids, hardware, and the racks that they stand in.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type BootServiceRegisterRequest,
  BootServiceRegisterRequestSchema,
  type MachineHardware,
  MachineHardwareSchema,
  type MachineIPMISchema,
} from "../../gen/api/v1/boot_pb.ts";
import { PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import {
  type SizeConstraint,
  SizeConstraintSchema,
  SizeConstraintType,
  SizeSchema,
} from "../../gen/metal/v1/size_pb.ts";
import { SwitchMode, SwitchSchema } from "../../gen/metal/v1/switch_pb.ts";
import type { Store, Transaction } from "../../src/store/store.ts";

/** The UUID of the nth machine. */
export const machineId = (n: number): string =>
  `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;

/** A rack: its partition, and its two switches. */
export interface Rack {
  readonly partition: string;
  readonly rack: string;
  readonly switches: readonly [string, string];
}

export const rackOne: Rack = {
  partition: "north",
  rack: "rack-1",
  switches: ["leaf-1", "leaf-2"],
};

/** The switch port of the nth machine, on each switch. */
export const portOf = (n: number): string => `Ethernet${n * 4}`;
const portCount = 64;
const gib = 2n ** 30n;

/** Keeps a partition with a rack, and sizes "small" (8 cores, 64 GiB) and "large" (16 cores, 128 GiB). */
export async function keepRack(store: Pick<Store, "transaction">, rack = rackOne): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.partition.insert(create(PartitionSchema, { id: rack.partition }));
    await addSize(tx, "small", 1n);
    await addSize(tx, "large", 2n);
    await addSwitches(tx, rack);
  });
}

async function addSize(tx: Transaction, id: string, factor: bigint): Promise<void> {
  await tx.size.insert(create(SizeSchema, { id, constraints: constraintsOf(factor) }));
}

/** What the hardware of usual machines fulfils, taken so many times. */
export function constraintsOf(factor = 1n): SizeConstraint[] {
  const exactly = (type: SizeConstraintType, amount: bigint, identifier = "") => ({
    type,
    min: amount,
    max: amount,
    identifier,
  });
  return [
    exactly(SizeConstraintType.CORES, 8n * factor),
    exactly(SizeConstraintType.MEMORY, 64n * gib * factor),
    exactly(SizeConstraintType.STORAGE, 1024n * gib, "/dev/*"),
  ].map((constraint) => create(SizeConstraintSchema, constraint));
}

/** Adds the switches of a rack. */
export async function addSwitches(tx: Transaction, rack: Rack): Promise<void> {
  for (const id of rack.switches)
    await tx.switch.insert(
      create(SwitchSchema, {
        id,
        name: id,
        partitionId: rack.partition,
        rackId: rack.rack,
        mode: SwitchMode.OPERATIONAL,
        os: { vendor: "SONiC" },
        nics: Array.from({ length: portCount }, (_, index) => ({
          mac: macOf(id, index),
          name: portOf(index),
          identifier: portOf(index),
        })),
      }),
    );
}

const macOf = (id: string, index: number): string =>
  `02:${id.at(-1) ?? 0}0:00:00:00:${index.toString(16).padStart(2, "0")}`;

/** What the nth machine consists of: of size "small", plugged into both switches of a rack. */
export function hardwareOf(n: number, rack = rackOne): MachineHardware {
  const seen = (hostname: string) => [
    { mac: "", identifier: portOf(n), hostname, name: portOf(n) },
  ];
  return create(MachineHardwareSchema, {
    memory: 64n * gib,
    cpus: [{ vendor: "v", model: "m", cores: 8, threads: 16 }],
    disks: [{ name: "/dev/sda", size: 1024n * gib }],
    nics: rack.switches.map((hostname, index) => ({
      mac: `0a:00:00:00:0${index}:${n.toString(16).padStart(2, "0")}`,
      name: `eth${index}`,
      neighbors: seen(hostname),
    })),
  });
}

/** In what a registration differs from the usual one. */
export interface Unusual {
  readonly uuid?: string;
  readonly hardware?: MachineHardware | undefined;
  readonly ipmi?: MessageInitShape<typeof MachineIPMISchema> | undefined;
  readonly tags?: readonly string[];
  readonly metalHammerVersion?: string;
  readonly partitionId?: string;
}

/** What the nth machine registers with. */
export function registration(n: number, unusual: Unusual = {}): BootServiceRegisterRequest {
  return create(BootServiceRegisterRequestSchema, {
    uuid: machineId(n),
    hardware: hardwareOf(n),
    bios: { version: "1.0", vendor: "v", date: "2026-01-01" },
    ipmi: {
      address: `10.1.0.${n}:623`,
      mac: `0c:00:00:00:00:${n.toString(16).padStart(2, "0")}`,
      user: "metal",
      password: `password of ${n}`,
      interface: "lanplus",
      fru: { chassisPartSerial: `chassis-${n}`, boardMfg: "v", boardPartNumber: "b" },
      bmcVersion: "2.0",
      powerState: "ON",
    },
    metalHammerVersion: "v0.1.0",
    partitionId: rackOne.partition,
    ...(unusual as object),
  });
}
