// A data centre of any size, written to a store directly: so many machines, an address for each, and ten times as many
// audit records. The books of it balance.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MachineHistorySchema } from "../../gen/metal/store/v1/machine_pb.ts";
import { AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import { FilesystemLayoutSchema } from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { ImageFeature, ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { IPSchema, IpType } from "../../gen/metal/v1/ip_pb.ts";
import {
  type Machine,
  MachineLiveliness,
  MachineRole,
  MachineSchema,
  MachineStateValue,
} from "../../gen/metal/v1/machine_pb.ts";
import { NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import { ipTally, machineTag } from "../../src/domain/ip.ts";
import {
  allocateNetwork,
  createNetwork,
  prepareChild,
  prepareNetwork,
} from "../../src/domain/network-flow.ts";
import { lowestTraceId } from "../../src/rbac/trace-id.ts";
import type { Store, Transaction } from "../../src/store/store.ts";

export const place = { partitionId: "north", sizeId: "c1-large" } as const;
export const imageId = "debian-13.1";
/** Has a quarter of all machines. */
export const largeProject = "large";
/** Has as many machines in every data centre. */
export const smallProject = "small";
const smallMachines = 20;
/** Has room for a million addresses. */
export const networkId = "office";
const cidr = "10.0.0.0/12";
const firstAddress = 0x0a000001n;
const firstAsn = 4_210_000_001n;

const machinesPerRack = 40;
const recordsPerMachine = 10;
/** So many go into one transaction. */
const batchSize = 1000;
const gib = 2n ** 30n;
/** A machine that was heard of so late is alive however long the benchmark takes. */
const heardMs = Date.UTC(2100, 0, 1);
const beginMs = Date.UTC(2026, 0, 1);

/** The id of the nth machine: spread as random ones are. */
export const machineId = (n: number): string =>
  `${(Math.imul(n, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}-0000-4000-8000-${`${n}`.padStart(12, "0")}`;

/**
 * Fills an empty store with so many machines and what belongs to them. Returns the id of a private network of the large
 * project.
 */
export async function fillStore(store: Store, machines: number): Promise<string> {
  const privateId = await store.transaction(keepSurroundings);
  for (let first = 0; first < machines; first += batchSize) {
    const last = Math.min(first + batchSize, machines);
    await store.transaction((tx) => keepMachines(tx, first, last));
  }
  await keepRecords(store, machines * recordsPerMachine);
  return privateId;
}

async function keepSurroundings(tx: Transaction): Promise<string> {
  await tx.partition.insert(create(PartitionSchema, { id: place.partitionId }));
  await tx.size.insert(create(SizeSchema, { id: place.sizeId }));
  for (const id of [largeProject, smallProject, ...otherProjects])
    await tx.project.insert(create(ProjectSchema, { meta: { id } }));
  await tx.image.insert(
    create(ImageSchema, {
      id: imageId,
      os: "debian",
      version: "13.1",
      url: "https://images.example/debian",
      features: [ImageFeature.MACHINE],
      expirationDate: timestampFromMs(heardMs),
    }),
  );
  const constraints = { sizes: [place.sizeId], images: { debian: "*" } };
  await tx.filesystemLayout.insert(create(FilesystemLayoutSchema, { id: "default", constraints }));
  return keepNetworks(tx);
}

async function keepNetworks(tx: Transaction): Promise<string> {
  const { partitionId } = place;
  for (const values of [
    { id: networkId, prefixes: [cidr], vrf: 10 },
    {
      id: "super",
      prefixes: ["172.16.0.0/12"],
      privateSuper: true,
      defaultChildPrefixLength: { IPv4: 16 },
    },
  ]) {
    const network = create(NetworkSchema, { partitionId, ...values });
    prepareNetwork(network);
    await createNetwork(tx, network);
  }
  const child = create(NetworkSchema, { projectId: largeProject, partitionId });
  prepareChild(child);
  return (await allocateNetwork(tx, child, { length: {}, family: undefined })).id;
}

const otherProjects = Array.from({ length: 50 }, (_, at) => `project-${at}`);

/** Every fifth machine is free. */
const isFree = (n: number): boolean => n % 5 === 0;

function projectOf(n: number): string {
  if (n % 4 === 1) return largeProject;
  if (n < 4 * smallMachines) return smallProject;
  return otherProjects[n % otherProjects.length] ?? smallProject;
}

async function keepMachines(tx: Transaction, first: number, last: number): Promise<void> {
  const held = new Map<string, number>();
  for (let n = first; n < last; n += 1) {
    const machine = machineOf(n);
    await tx.machine.insert(machine);
    await tx.machineHistory.insert(historyOf(n));
    if (machine.allocation === undefined) continue;
    await keepAddress(tx, n, machine);
    held.set(machine.allocation.projectId, (held.get(machine.allocation.projectId) ?? 0) + 1);
  }
  for (const [project, count] of held) await tx.tally.add(ipTally(project), count);
  const prefix = await tx.prefix.get(cidr);
  const taken = Array.from(held.values()).reduce((sum, count) => sum + count, 0);
  if (prefix) await tx.prefix.update({ ...prefix, addresses: prefix.addresses + taken });
}

function machineOf(n: number): Machine {
  return create(MachineSchema, {
    id: machineId(n),
    ...place,
    rackId: `rack-${Math.floor(n / machinesPerRack)}`,
    waiting: isFree(n),
    hardware: {
      memory: 64n * gib,
      cpuCores: 16,
      cpus: [{ vendor: "AMD", model: "EPYC 7313P", cores: 16, threads: 32 }],
      disks: ["/dev/nvme0n1", "/dev/nvme1n1"].map((name) => ({ name, size: 960n * gib })),
      nics: [0, 1].map((port) => ({ mac: macOf(n, port), name: `lan${port}` })),
    },
    bios: { version: "1.4.2", vendor: "Supermicro", date: "2026-01-01" },
    state: { value: MachineStateValue.AVAILABLE, metalHammerVersion: "v0.14.1" },
    ...(!isFree(n) && { allocation: allocationOf(n) }),
  });
}

const macOf = (n: number, port: number): string =>
  `0a:0${port}:${n
    .toString(16)
    .padStart(8, "0")
    .replaceAll(/..(?!$)/g, "$&:")}`;

const addressOf = (n: number): bigint => firstAddress + BigInt(n);
const textOf = (address: bigint): string =>
  [24n, 16n, 8n, 0n].map((bits) => (address >> bits) & 255n).join(".");

function allocationOf(n: number) {
  return {
    uuid: machineId(n),
    name: `web-${n}`,
    hostname: `web-${n}`,
    projectId: projectOf(n),
    imageId,
    role: MachineRole.MACHINE,
    creator: "hmac:Metal-Edit",
    created: timestampFromMs(beginMs),
    networks: [
      {
        networkId,
        prefixes: [cidr],
        ips: [textOf(addressOf(n))],
        asn: Number(firstAsn) + n,
      },
    ],
  };
}

/** Its address and its autonomous system: those of free machines between them stay free, so the pools are in pieces. */
async function keepAddress(tx: Transaction, n: number, { id, allocation }: Machine): Promise<void> {
  const address = addressOf(n);
  await tx.freeNumber.take(cidr, { first: address, last: address });
  const asn = firstAsn + BigInt(n);
  await tx.freeNumber.take("asn", { first: asn, last: asn });
  await tx.ip.insert(
    create(IPSchema, {
      id: textOf(address),
      name: `web-${n}`,
      networkId,
      networkPrefix: cidr,
      projectId: allocation?.projectId ?? "",
      allocationUuid: id,
      type: IpType.EPHEMERAL,
      tags: [machineTag(id)],
    }),
  );
}

function historyOf(n: number) {
  const words = ["Phoned Home", "Booting New Kernel", "Installing", "Waiting", "Registering"];
  const known = isFree(n) ? words.slice(3) : words;
  const log = known.map((event, age) => ({ event, time: timestampFromMs(beginMs - age * 60_000) }));
  const events = { log, lastEventTime: timestampFromMs(heardMs) };
  const liveliness = MachineLiveliness.ALIVE;
  return create(MachineHistorySchema, { id: machineId(n), liveliness, events });
}

const procedures = ["Allocate", "Free", "Update", "SetTags"].map(
  (name) => `/metal.v1.MachineService/${name}`,
);

/** Every hundredth one is a refusal. */
async function keepRecords(store: Store, records: number): Promise<void> {
  for (let first = 0; first < records; first += batchSize) {
    const numbers = Array.from(
      { length: Math.min(batchSize, records - first) },
      (_, at) => first + at,
    );
    await store.transaction((tx) => tx.audit.append(numbers.map(recordOf)));
  }
}

function recordOf(n: number) {
  const refused = n % 100 === 0;
  return create(AuditRecordSchema, {
    traceId: lowestTraceId(beginMs + n),
    time: timestampFromMs(beginMs + n),
    procedure: procedures[n % procedures.length] ?? "",
    principal: `hmac:user-${n % 20}`,
    decision: refused ? "role_too_low" : "allowed",
    code: refused ? "permission_denied" : "ok",
    peer: "10.0.0.1",
    protocol: "connect",
  });
}
