// A small data centre in a store: a partition with networks, a size, images, a layout, and machines that wait.
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { MachineHistorySchema } from "../../gen/metal/store/v1/machine_pb.ts";
import { FilesystemLayoutSchema } from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { ImageClassification, ImageFeature, ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import {
  MachineLiveliness,
  MachineSchema,
  MachineStateValue,
} from "../../gen/metal/v1/machine_pb.ts";
import { NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import {
  allocateNetwork,
  createNetwork,
  prepareChild,
  prepareNetwork,
} from "../../src/domain/network-flow.ts";
import { parseImageId } from "../../src/domain/image-version.ts";
import { normalVersion } from "../../src/domain/version.ts";
import type { Store, Transaction } from "../../src/store/store.ts";

export const partitionId = "north";
export const sizeId = "small";
export const projectId = "shop";
export const imageId = "debian-13.1";
export const firewallImageId = "firewall-3.0";
const days = 24 * 60 * 60;

/** Fills an empty store. `machines` wait, spread evenly over `racks`. Returns the id of the project's own network. */
export async function stock(
  store: Store,
  { machines = 4, racks = 2 }: { readonly machines?: number; readonly racks?: number } = {},
): Promise<string> {
  return store.transaction(async (tx) => {
    await tx.partition.insert(
      create(PartitionSchema, { id: partitionId, dnsServers: [{ ip: "10.0.0.53" }] }),
    );
    await tx.size.insert(create(SizeSchema, { id: sizeId }));
    for (const id of [projectId, "other"])
      await tx.project.insert(create(ProjectSchema, { meta: { id } }));
    await addImage(tx, imageId, [ImageFeature.MACHINE]);
    await addImage(tx, firewallImageId, [ImageFeature.FIREWALL]);
    await tx.filesystemLayout.insert(layout());
    for (let at = 0; at < machines; at++) await addMachine(tx, `rack-${at % racks}`);
    return addNetworks(tx);
  });
}

async function addImage(tx: Transaction, id: string, features: ImageFeature[]): Promise<void> {
  const { os, version } = parseImageId(id) ?? {};
  const image = create(ImageSchema, {
    id,
    features,
    url: "https://images.example/x",
    classification: ImageClassification.SUPPORTED,
    expirationDate: { seconds: timestampNow().seconds + BigInt(days) },
  });
  image.os = os ?? "";
  image.version = version ? normalVersion(version) : "";
  await tx.image.insert(image);
}

function layout() {
  return create(FilesystemLayoutSchema, {
    id: "default",
    constraints: { sizes: [sizeId], images: { debian: "*", firewall: "*" } },
    disks: [{ device: "/dev/sda", wipeOnReinstall: true, partitions: [{ number: 1, size: 100n }] }],
  });
}

/** A machine that waits and is alive. */
export async function addMachine(
  tx: Transaction,
  rackId: string,
  values: object = {},
): Promise<string> {
  const id = randomUUID();
  const machine = create(MachineSchema, {
    id,
    partitionId,
    rackId,
    sizeId,
    waiting: true,
    state: { value: MachineStateValue.AVAILABLE },
    hardware: { memory: 1n << 30n, disks: [{ name: "/dev/sda", size: 1n << 30n }] },
    ...values,
  });
  await tx.machine.insert(machine);
  const liveliness = MachineLiveliness.ALIVE;
  await tx.machineHistory.insert(
    create(MachineHistorySchema, { id, liveliness, events: { lastEventTime: timestampNow() } }),
  );
  return id;
}

async function addNetworks(tx: Transaction): Promise<string> {
  const networks = [
    {
      id: "super",
      privateSuper: true,
      prefixes: ["10.0.0.0/14"],
      defaultChildPrefixLength: { IPv4: 22 },
    },
    { id: "internet", prefixes: ["203.0.113.0/24", "2001:db8::/64"], vrf: 100, nat: true },
    { id: "underlay", underlay: true, prefixes: ["10.20.0.0/16"] },
  ];
  for (const values of networks) {
    const network = create(NetworkSchema, { partitionId, ...values });
    prepareNetwork(network);
    await createNetwork(tx, network);
  }
  return addChild(tx, projectId);
}

/** A private network of a project. */
export async function addChild(tx: Transaction, project: string, values = {}): Promise<string> {
  const child = create(NetworkSchema, { projectId: project, partitionId, ...values });
  prepareChild(child);
  return (await allocateNetwork(tx, child, { length: {}, family: undefined })).id;
}
