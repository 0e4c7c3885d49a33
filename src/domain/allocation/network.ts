// The networks of a machine, and the addresses that it gets there, taken and given back with it.
import { create } from "@bufbuild/protobuf";
import { type IP, IPSchema, IpType } from "../../../gen/metal/v1/ip_pb.ts";
import {
  type MachineNetwork,
  MachineNetworkSchema,
  MachineNetworkType,
  MachineRole,
} from "../../../gen/metal/v1/machine_pb.ts";
import { type Network, NetworkType } from "../../../gen/metal/v1/network_pb.ts";
import type { Project } from "../../../gen/metal/v1/project_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { addressText, type Family, parseAddress } from "../cidr.ts";
import { found } from "../entity.ts";
import { every } from "../every.ts";
import { allocateIp, freeIp, machinesOf, machineTag, settleIp } from "../ip.ts";
import {
  type Attachment,
  classifyNetworks,
  type MachineNetworkType as Words,
} from "../machine-network.ts";
import { familiesOf } from "../network.ts";
import type { IpFacts, NetworkFacts, NetworkKind, NetworkWorld } from "../network-request.ts";
import type { AllocationSpec } from "./spec.ts";
import type { Target } from "./target.ts";

const kinds: Readonly<Record<number, NetworkKind>> = {
  [NetworkType.EXTERNAL]: "external",
  [NetworkType.UNDERLAY]: "underlay",
  [NetworkType.SUPER]: "super",
  [NetworkType.CHILD]: "child",
  [NetworkType.CHILD_SHARED]: "child-shared",
};

function factsOf(network: Network): NetworkFacts {
  const { id, networkType, projectId, partitionId } = network;
  const families = familiesOf(network);
  return { id, kind: kinds[networkType] ?? "external", projectId, partitionId, families };
}

/** The networks that the machine will be in. Throws invalid_argument or failed_precondition that names every field. */
export async function attachmentsOf(
  tx: Transaction,
  spec: AllocationSpec,
  { partition }: Target,
): Promise<Attachment[]> {
  const request = {
    role: spec.role === MachineRole.FIREWALL ? "firewall" : "machine",
    projectId: spec.projectId,
    partitionId: partition.id,
    networks: spec.networks.map(({ networkId, autoAcquire = true }) => ({
      networkId,
      autoAcquire,
    })),
    ips: spec.ips,
    shareIps: false,
  } as const;
  return classifyNetworks(request, await worldOf(tx, spec, partition.id));
}

async function worldOf(
  tx: Transaction,
  { networks: asked, ips: given, role }: AllocationSpec,
  partition: string,
): Promise<NetworkWorld> {
  const networks = new Map<string, NetworkFacts>();
  for (const { networkId } of asked) {
    const network = await tx.network.get(networkId);
    if (network !== undefined) networks.set(networkId, factsOf(network));
  }
  const ips = new Map<string, IpFacts>();
  for (const text of given) {
    const ip = await tx.ip.get(canonical(text));
    if (ip !== undefined) ips.set(ip.id, { ...ip, machineIds: machinesOf(ip) });
  }
  const where = { partition, type: `${NetworkType.UNDERLAY}` };
  const underlays =
    role === MachineRole.FIREWALL
      ? await Array.fromAsync(every(tx.network, "network", { where }), factsOf)
      : [];
  return { networks, ips, underlays };
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : addressText(address);
}

const types: Readonly<Record<Words, MachineNetworkType>> = {
  privateprimaryunshared: MachineNetworkType.PRIVATE_PRIMARY_UNSHARED,
  privateprimaryshared: MachineNetworkType.PRIVATE_PRIMARY_SHARED,
  privatesecondaryshared: MachineNetworkType.PRIVATE_SECONDARY_SHARED,
  external: MachineNetworkType.EXTERNAL,
  underlay: MachineNetworkType.UNDERLAY,
};

/** Who joins networks. */
export interface Joiner {
  readonly machineId: string;
  readonly name: string;
  readonly project: Project;
  readonly asn: number;
}

/** Takes the addresses of the machine and marks them as its own. Throws resource_exhausted if one is not to be had. */
export async function joinNetworks(
  tx: Transaction,
  attachments: readonly Attachment[],
  joiner: Joiner,
): Promise<MachineNetwork[]> {
  const joined: MachineNetwork[] = [];
  for (const { network: facts, type, ips, acquire } of attachments) {
    const network = await found(tx.network, "network", facts.id);
    const given = await markGiven(tx, ips, joiner);
    const taken = await takeAddresses(tx, network, { families: acquire, joiner });
    joined.push(
      create(MachineNetworkSchema, {
        networkId: network.id,
        networkType: types[type],
        prefixes: network.prefixes,
        destinationPrefixes: network.destinationPrefixes,
        ips: [...given, ...taken],
        vrf: network.vrf,
        asn: joiner.asn,
        nat: network.nat ?? false,
        projectId: network.projectId,
      }),
    );
  }
  return joined;
}

async function markGiven(
  tx: Transaction,
  ips: readonly string[],
  { machineId }: Joiner,
): Promise<string[]> {
  for (const id of ips) {
    const ip = await found(tx.ip, "ip", id);
    ip.tags.push(machineTag(machineId));
    settleIp(ip);
    await tx.ip.update(ip);
  }
  return [...ips];
}

async function takeAddresses(
  tx: Transaction,
  network: Network,
  { families, joiner }: { readonly families: readonly Family[]; readonly joiner: Joiner },
): Promise<string[]> {
  const { machineId, name, project } = joiner;
  const taken: string[] = [];
  for (const family of families) {
    const ip = create(IPSchema, {
      name,
      description: "taken with the machine",
      networkId: network.id,
      projectId: project.meta?.id ?? "",
      type: IpType.EPHEMERAL,
      tags: [machineTag(machineId)],
    });
    const wish = { wanted: undefined, family };
    taken.push((await allocateIp(tx, ip, { network, project, wish })).id);
  }
  return taken;
}

/** So many addresses are given back at a time. */
const pageSize = 100;

/**
 * Gives back every address that is marked for the machine, whether it came with the allocation or later: ephemeral ones
 * that no other machine has are freed, the others lose their mark.
 */
export async function leaveNetworks(tx: Transaction, machineId: string): Promise<void> {
  const where = { tag: [machineTag(machineId)] };
  for (;;) {
    const page = await tx.ip.list({ where, limit: pageSize });
    for (const ip of page) await leave(tx, ip, machineId);
    if (page.length < pageSize) return;
  }
}

async function leave(tx: Transaction, ip: IP, machineId: string): Promise<void> {
  ip.tags = ip.tags.filter((tag) => tag !== machineTag(machineId));
  const kept = await tx.ip.update(ip);
  if (kept.type === IpType.STATIC || machinesOf(kept).length > 0) return;
  await freeIp(tx, kept);
}
