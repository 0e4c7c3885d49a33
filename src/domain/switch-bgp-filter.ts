// Which routes a port of a switch accepts from the machine that is plugged into it.
import {
  addressBits,
  contains,
  type Prefix,
  parseAddress,
  prefixAround,
  prefixText,
  readPrefix,
} from "./cidr.ts";
import { type MachineNetworkType, machineNetworkTypes } from "./machine-network.ts";
import type { AllocationRole, IpFacts, NetworkKind } from "./network-request.ts";
import { compactPrefixes } from "./prefix-set.ts";
import { portKey, type Switch } from "./switch-facts.ts";

/** What is accepted. Both lists are sorted as text. */
export interface BgpFilter {
  /** Numbers of VRFs; of firewalls only. */
  readonly vnis: readonly string[];
  readonly cidrs: readonly string[];
}

/** A machine in use. */
export interface FilteredMachine {
  readonly id: string;
  readonly role: AllocationRole;
  readonly projectId: string;
  readonly networks: readonly {
    readonly networkId: string;
    readonly type: MachineNetworkType;
    /** 0: none. */
    readonly vrf: number;
    /** Those of the network when the machine was allocated. */
    readonly prefixes: readonly string[];
    readonly ips: readonly string[];
  }[];
}

/** A network as it is now. */
export interface FilterNetwork {
  readonly kind: NetworkKind;
  readonly prefixes: readonly string[];
  /** Empty if it is not carved from another. */
  readonly parentId: string;
  /** What machines in its child networks may announce besides. */
  readonly additionalAnnouncableCidrs: readonly string[];
}

/** What there is. */
export interface FilterWorld {
  readonly networks: ReadonlyMap<string, FilterNetwork>;
  /** By project, by canonical address. */
  readonly ips: ReadonlyMap<string, ReadonlyMap<string, IpFacts>>;
}

const nothing: BgpFilter = { vnis: [], cidrs: [] };

/**
 * What the port with this VRF accepts from the machine. A network that is missing, against all rules, costs only its
 * own routes: the other ports of the switch, and what is known of this one, go on working.
 */
export function bgpFilter(machine: FilteredMachine, vrf: string, world: FilterWorld): BgpFilter {
  if (machine.role === "machine") return machineFilter(machine, world);
  return vrf === "default" ? firewallFilter(machine) : nothing;
}

/** By name, the ports of a switch that have a machine in use, each with what it accepts. */
export function switchFilters(
  { nics, connections }: Pick<Switch, "nics" | "connections">,
  machines: ReadonlyMap<string, FilteredMachine>,
  world: FilterWorld,
): Map<string, BgpFilter> {
  const ports = new Map(nics.map((nic) => [portKey(nic), nic]));
  const filters = new Map<string, BgpFilter>();
  for (const { nic, machineId } of connections) {
    const [port, machine] = [ports.get(portKey(nic)), machines.get(machineId)];
    if (port !== undefined && machine !== undefined)
      filters.set(port.name, bgpFilter(machine, port.vrf, world));
  }
  return filters;
}

/** All VRFs that a firewall connects, and its own address among the switches. */
function firewallFilter({ networks }: FilteredMachine): BgpFilter {
  const isUnderlay = (type: MachineNetworkType) => machineNetworkTypes[type].underlay;
  const others = networks.filter(({ type, vrf }) => !isUnderlay(type) && vrf !== 0);
  const hosts = networks
    .filter(({ type }) => isUnderlay(type))
    .flatMap(({ ips }) => ips.flatMap(hostPrefixes));
  return {
    vnis: Array.from(new Set(others.map(({ vrf }) => String(vrf)))).toSorted(),
    cidrs: hosts.map(prefixText).toSorted(),
  };
}

/** The private networks as they are now, what their super networks add, and addresses of the project. */
function machineFilter(machine: FilteredMachine, world: FilterWorld): BgpFilter {
  const own = machine.networks.filter(({ type }) => machineNetworkTypes[type].private);
  const inside = own.flatMap(({ networkId, prefixes }) =>
    parsed(world.networks.get(networkId)?.prefixes ?? prefixes),
  );
  const added = own.flatMap(({ networkId }) => {
    const parent = world.networks.get(networkId)?.parentId ?? "";
    return parsed(world.networks.get(parent)?.additionalAnnouncableCidrs ?? []);
  });
  const hosts = floatingHosts(machine, world).filter(
    (host) => !inside.some((prefix) => contains(prefix, { ...host, value: host.first })),
  );
  const cidrs = compactPrefixes([...inside, ...added, ...hosts])
    .map(prefixText)
    .toSorted();
  return { vnis: [], cidrs };
}

/**
 * The addresses of the project that this machine may announce: those that no machine has, which move to wherever a
 * service runs, and its own. Not those of other machines, firewalls above all.
 */
function floatingHosts({ id, projectId }: FilteredMachine, world: FilterWorld): Prefix[] {
  return Array.from(world.ips.get(projectId) ?? [])
    .filter(([, { networkId }]) => world.networks.get(networkId)?.kind !== "underlay")
    .filter(([, { machineIds }]) => machineIds.length === 0 || machineIds.includes(id))
    .flatMap(([address]) => hostPrefixes(address));
}

/** The prefix of one address alone; none if it is no address. */
function hostPrefixes(text: string): Prefix[] {
  const address = parseAddress(text);
  return address === undefined ? [] : [prefixAround(address, addressBits[address.family])];
}

function parsed(prefixes: readonly string[]): Prefix[] {
  return prefixes.map((text) => readPrefix("prefix", text));
}
