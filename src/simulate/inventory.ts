// What operators set up before machines come: made once, and left alone if it is there.
import { Code, ConnectError } from "@connectrpc/connect";
import {
  FilesystemFormat,
  FilesystemLayoutService,
} from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { ImageClassification, ImageFeature, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { SizeConstraintType, SizeService } from "../../gen/metal/v1/size_pb.ts";
import { TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { large, medium } from "./hardware.ts";
import type { Partition } from "./layout.ts";
import { persist } from "./patience.ts";
import type { Wire } from "./wire.ts";

/** The names that a simulated data centre gives to what can be asked for. */
export const names = {
  tenant: "simulated",
  project: "simulated-project",
  medium: "c1-medium",
  large: "c1-large",
  image: "debian-13.1",
  firewallImage: "firewall-3.0",
  internet: "internet",
} as const;

/** The name of the project's own network in a partition. */
export const privateNetwork = (partition: string): string => `private-${partition}`;

/** Makes what is missing. */
export async function ensureInventory(
  partitions: readonly Partition[],
  { wire, signal }: { readonly wire: Wire; readonly signal: AbortSignal },
): Promise<void> {
  for (const make of makers(partitions, wire))
    await persist(signal, () => make().catch(unlessThere));
}

function unlessThere(error: unknown): void {
  if (ConnectError.from(error).code !== Code.AlreadyExists) throw error;
}

type Make = () => Promise<unknown>;

function makers(partitions: readonly Partition[], wire: Wire): Make[] {
  const tenants = wire(TenantService, "operator");
  const projects = wire(ProjectService, "operator");
  const { tenant, project } = names;
  return [
    () => tenants.create({ tenant: { meta: { id: tenant }, name: tenant } }),
    () => projects.create({ project: { meta: { id: project }, name: project, tenantId: tenant } }),
    ...sizes(wire),
    ...images(wire),
    layout(wire),
    ...networks(partitions, wire),
  ];
}

function sizes(wire: Wire): Make[] {
  const client = wire(SizeService, "operator");
  const exactly = (type: SizeConstraintType, amount: bigint) => ({
    type,
    min: amount,
    max: amount,
  });
  const { CORES, MEMORY, STORAGE } = SizeConstraintType;
  return [[names.medium, medium] as const, [names.large, large] as const].map(
    ([id, { cores, memory, disk }]) =>
      () => {
        const constraints = [
          exactly(CORES, BigInt(cores)),
          exactly(MEMORY, memory),
          { ...exactly(STORAGE, disk), identifier: "/dev/nvme*" },
        ];
        return client.create({ size: { id, name: id, constraints } });
      },
  );
}

function images(wire: Wire): Make[] {
  const client = wire(ImageService, "operator");
  const rows = [
    [names.image, ImageFeature.MACHINE],
    [names.firewallImage, ImageFeature.FIREWALL],
  ] as const;
  const classification = ImageClassification.SUPPORTED;
  return rows.map(([id, feature]) => () => {
    const url = `https://images.example/${id}.tar.lz4`;
    return client.create({ image: { id, name: id, url, features: [feature], classification } });
  });
}

function layout(wire: Wire): Make {
  const client = wire(FilesystemLayoutService, "operator");
  const device = "/dev/nvme0n1";
  const filesystemLayout = {
    id: "default",
    name: "default",
    constraints: { sizes: [names.medium, names.large], images: { debian: "*", firewall: "*" } },
    disks: [
      { device, wipeOnReinstall: true, partitions: [{ number: 1, size: 0n, label: "root" }] },
    ],
    filesystems: [
      { path: "/", device: `${device}p1`, format: FilesystemFormat.EXT4, label: "root" },
    ],
  };
  return () => client.create({ filesystemLayout });
}

function networks(partitions: readonly Partition[], wire: Wire): Make[] {
  const client = wire(NetworkService, "operator");
  const internet = {
    id: names.internet,
    name: names.internet,
    prefixes: ["198.18.0.0/15", "2001:db8::/64"],
    destinationPrefixes: ["0.0.0.0/0", "::/0"],
    nat: true,
  };
  return [
    () => client.create({ network: internet }),
    ...partitions.flatMap(({ id }, index) => partitionMakers({ id, index }, wire)),
  ];
}

interface Nth {
  readonly id: string;
  readonly index: number;
}

function partitionMakers({ id, index }: Nth, wire: Wire): Make[] {
  const client = wire(NetworkService, "operator");
  const partitions = wire(PartitionService, "operator");
  const bootConfig = {
    kernelUrl: "https://images.example/kernel",
    imageUrl: "https://images.example/initrd",
    commandLine: "console=ttyS0",
  };
  const dnsServers = [{ ip: "192.0.2.53" }];
  const shared = { partitionId: id };
  const parent = {
    ...shared,
    id: `super-${id}`,
    privateSuper: true,
    prefixes: [`10.${index * 4}.0.0/14`],
    defaultChildPrefixLength: { IPv4: 22 },
  };
  const underlay = {
    ...shared,
    id: `underlay-${id}`,
    underlay: true,
    prefixes: [`100.${64 + index}.0.0/16`],
  };
  const name = privateNetwork(id);
  const own = { ...shared, name, projectId: names.project };
  return [
    () => partitions.create({ partition: { id, name: id, bootConfig, dnsServers } }),
    () => client.create({ network: parent }),
    () => client.create({ network: underlay }),
    async () => {
      const { networks: known } = await client.list({ name, projectId: names.project });
      if (known.length === 0) await client.allocate({ network: own });
    },
  ];
}
