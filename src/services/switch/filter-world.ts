// What filters of ports are made from, read once for all switches of an answer: machines, networks, IPs of projects.
import {
  type Machine,
  MachineNetworkType as Type,
  MachineRole,
} from "../../../gen/metal/v1/machine_pb.ts";
import type { Network } from "../../../gen/metal/v1/network_pb.ts";
import type { Switch } from "../../../gen/metal/v1/switch_pb.ts";
import { every } from "../../domain/every.ts";
import { machinesOf, machineTag } from "../../domain/ip.ts";
import type { MachineNetworkType } from "../../domain/machine-network.ts";
import { kindOf } from "../../domain/network.ts";
import type { IpFacts } from "../../domain/network-request.ts";
import type {
  FilteredMachine,
  FilterNetwork,
  FilterWorld,
} from "../../domain/switch-bgp-filter.ts";
import type { Filter, Snapshot } from "../../store/store.ts";

/** The machines in use at the ports of switches, by id, and all that their filters depend on. */
export interface PortWorld extends FilterWorld {
  readonly machines: ReadonlyMap<string, FilteredMachine>;
}

/** Reads what the filters of these switches are made from. */
export async function loadPortWorld(
  read: Snapshot,
  switches: readonly Switch[],
): Promise<PortWorld> {
  const ids = switches.flatMap(({ connections }) => connections.map((one) => one.machineId));
  const stored = await getAll(read.machine, ids);
  const machines = new Map(stored.flatMap(filteredMachine).map((one) => [one.id, one]));
  const announcing = [...machines.values()].filter(({ role }) => role === "machine");
  const ips = await loadIps(read, announcing);
  const networks = await loadNetworks(read, [
    ...announcing.flatMap((machine) => machine.networks.map(({ networkId }) => networkId)),
    ...[...ips.values()].flatMap((own) => Array.from(own.values(), ({ networkId }) => networkId)),
  ]);
  return { machines, ips, networks };
}

/** Those of the entities that there are, each read once. */
async function getAll<T>(
  reader: { get(id: string): Promise<T | undefined> },
  ids: Iterable<string>,
): Promise<Awaited<T>[]> {
  const found = await Promise.all(Array.from(new Set(ids), (id) => reader.get(id)));
  return found.flatMap((entity) => (entity === undefined ? [] : [entity]));
}

const words: Readonly<Record<number, MachineNetworkType>> = {
  [Type.PRIVATE_PRIMARY_UNSHARED]: "privateprimaryunshared",
  [Type.PRIVATE_PRIMARY_SHARED]: "privateprimaryshared",
  [Type.PRIVATE_SECONDARY_SHARED]: "privatesecondaryshared",
  [Type.EXTERNAL]: "external",
  [Type.UNDERLAY]: "underlay",
};

function filteredMachine({ id, allocation }: Machine): FilteredMachine[] {
  if (allocation === undefined) return [];
  const { role, projectId, networks } = allocation;
  const joined = networks.map(({ networkId, networkType, vrf, prefixes, ips }) => ({
    networkId,
    type: words[networkType] ?? "external",
    vrf,
    prefixes,
    ips,
  }));
  const word = role === MachineRole.FIREWALL ? "firewall" : "machine";
  return [{ id, role: word, projectId, networks: joined }];
}

type ProjectIps = ReadonlyMap<string, ReadonlyMap<string, IpFacts>>;

/** The IPs that may be announced: those of the machines, and those of their projects that no machine has. */
async function loadIps(read: Snapshot, machines: readonly FilteredMachine[]): Promise<ProjectIps> {
  const projects = new Set(machines.map(({ projectId }) => projectId));
  const lists = await Promise.all([
    ...Array.from(projects, (unattached) => ipsOf(read, { unattached })),
    ...machines.map(({ id }) => ipsOf(read, { tag: machineTag(id) })),
  ]);
  const byProject = Map.groupBy(lists.flat(), ([, { projectId }]) => projectId);
  return new Map(Array.from(byProject, ([project, ips]) => [project, new Map(ips)]));
}

function ipsOf(read: Snapshot, where: Filter<"ip">): Promise<[string, IpFacts][]> {
  return Array.fromAsync(every(read.ip, "ip", { where }), (ip): [string, IpFacts] => {
    const { id, networkId, projectId } = ip;
    return [id, { networkId, projectId, machineIds: machinesOf(ip) }];
  });
}

/** Networks and those that they are carved from. */
async function loadNetworks(
  read: Snapshot,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FilterNetwork>> {
  const networks = await getAll(read.network, ids);
  const parents = await getAll(
    read.network,
    networks.map(({ parentNetworkId }) => parentNetworkId).filter((id) => id !== ""),
  );
  return new Map([...parents, ...networks].map((network) => [network.id, filterNetwork(network)]));
}

function filterNetwork(network: Network): FilterNetwork {
  const { prefixes, parentNetworkId, additionalAnnouncableCidrs, shared } = network;
  const kind = kindOf(network);
  return {
    kind: kind === "child" && shared === true ? "child-shared" : kind,
    prefixes,
    parentId: parentNetworkId,
    additionalAnnouncableCidrs,
  };
}
