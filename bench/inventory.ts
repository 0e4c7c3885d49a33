// What every server under measurement tells of: a hall of allocated machines, and a network with addresses to hand out.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MachineHistorySchema } from "../gen/metal/store/v1/machine_pb.ts";
import {
  type MachineAllocationSchema,
  type MachineHardwareSchema,
  MachineLiveliness,
  MachineRole,
  MachineSchema,
  MachineStateValue,
} from "../gen/metal/v1/machine_pb.ts";
import { NetworkSchema } from "../gen/metal/v1/network_pb.ts";
import { PartitionSchema } from "../gen/metal/v1/partition_pb.ts";
import { ProjectSchema } from "../gen/metal/v1/project_pb.ts";
import { createNetwork, prepareNetwork } from "../src/domain/network-flow.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";
import type { Store, Transaction } from "../src/store/store.ts";

export const projectId = "shop";
/** Has room for a million addresses. */
export const networkId = "office";
const partitionId = "north";
/** So many machines go into one transaction. */
const batchSize = 500;
const gib = 2n ** 30n;
/** When all of them became known, in milliseconds since 1970: answers are the same in every run. */
const beginMs = Date.UTC(2026, 0, 1);

/** The id of the nth machine. */
export const machineId = (n: number): string =>
  `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;

/** Creates a store in `folder` that knows so many machines. */
export async function keepInventory(folder: string, machines: number): Promise<void> {
  const store = await openSqliteStore(folder);
  await fill(store, machines);
  await store.close();
}

/** Lets an empty store know so many machines. */
export async function fill(store: Store, machines: number): Promise<void> {
  await store.transaction(keepSurroundings);
  for (let first = 0; first < machines; first += batchSize) {
    const last = Math.min(first + batchSize, machines);
    await store.transaction((tx) => keepMachines(tx, first, last));
  }
}

async function keepSurroundings(tx: Transaction): Promise<void> {
  await tx.partition.insert(create(PartitionSchema, { id: partitionId }));
  await tx.project.insert(create(ProjectSchema, { meta: { id: projectId } }));
  const network = create(NetworkSchema, {
    id: networkId,
    partitionId,
    prefixes: ["10.0.0.0/12"],
    vrf: 10,
  });
  prepareNetwork(network);
  await createNetwork(tx, network);
}

async function keepMachines(tx: Transaction, first: number, last: number): Promise<void> {
  for (let n = first; n < last; n += 1) {
    await tx.machine.insert(create(MachineSchema, machine(n)));
    await tx.machineHistory.insert(create(MachineHistorySchema, history(n)));
  }
}

function machine(n: number): MessageInitShape<typeof MachineSchema> {
  return {
    id: machineId(n),
    partitionId,
    rackId: `rack-${n % 16}`,
    sizeId: "c1-large-x86",
    hardware: hardware(n),
    bios: { version: "1.4.2", vendor: "Supermicro", date: "2026-01-01" },
    state: { value: MachineStateValue.AVAILABLE, metalHammerVersion: "v0.14.1" },
    tags: [`machine.metal-stack.io/rack=rack-${n % 16}`, "machine.metal-stack.io/chassis=c1"],
    allocation: allocation(n),
  };
}

const hexadecimal = (n: number): string => n.toString(16).padStart(4, "0");

function hardware(n: number): MessageInitShape<typeof MachineHardwareSchema> {
  const mac = (port: number) => `0a:00:00:0${port}:${hexadecimal(n % 65536).replace(/^../, "$&:")}`;
  return {
    memory: 64n * gib,
    cpuCores: 16,
    cpus: [{ vendor: "AMD", model: "EPYC 7313P", cores: 16, threads: 32 }],
    disks: ["/dev/nvme0n1", "/dev/nvme1n1"].map((name) => ({ name, size: 960n * gib })),
    nics: [0, 1].map((port) => ({ mac: mac(port), name: `lan${port}` })),
  };
}

function allocation(n: number): MessageInitShape<typeof MachineAllocationSchema> {
  const address = (first: number) => `${first}.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  return {
    uuid: machineId(n),
    name: `web-${n}`,
    hostname: `web-${n}`,
    projectId,
    imageId: "debian-13.1",
    role: MachineRole.MACHINE,
    creator: "hmac:Metal-Edit",
    created: timestampFromMs(beginMs),
    networks: [
      {
        networkId: "shop-private",
        prefixes: ["11.0.0.0/8"],
        ips: [address(11)],
        asn: 4_200_000_000 + n,
      },
      {
        networkId: "internet",
        prefixes: ["100.0.0.0/8"],
        ips: [address(100)],
        asn: 4_200_000_000 + n,
      },
    ],
  };
}

function history(n: number): MessageInitShape<typeof MachineHistorySchema> {
  const words = ["Phoned Home", "Booting New Kernel", "Installing", "Waiting", "Registering"];
  const log = words.map((event, age) => ({ event, time: timestampFromMs(beginMs - age * 60_000) }));
  const events = { log, lastEventTime: timestampFromMs(beginMs) };
  // What the server concludes of a machine in use that has been silent for long; it would change anything else.
  return { id: machineId(n), liveliness: MachineLiveliness.UNKNOWN, events };
}
