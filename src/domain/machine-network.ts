// In which networks a machine will be and as what, or everything that is wrong with what is asked for.
import { type AllocationFault, assertFulfillable, type ReportFault } from "./allocation-fault.ts";
import type { Family } from "./cidr.ts";
import { type GivenIp, givenIps } from "./machine-ip.ts";
import { checkNetworks } from "./machine-network-rule.ts";
import {
  type Joined,
  type NetworkFacts,
  type NetworkRequest,
  type NetworkWorld,
  primaryOf,
} from "./network-request.ts";

/** As what a machine is in a network, by the names that metal-stack's clients know. */
export const machineNetworkTypes = {
  privateprimaryunshared: { private: true, primary: true, shared: false, underlay: false },
  privateprimaryshared: { private: true, primary: true, shared: true, underlay: false },
  privatesecondaryshared: { private: true, primary: false, shared: true, underlay: false },
  external: { private: false, primary: false, shared: false, underlay: false },
  underlay: { private: false, primary: false, shared: false, underlay: true },
} as const;
export type MachineNetworkType = keyof typeof machineNetworkTypes;

/** A network that the machine will be in. */
export interface Attachment {
  readonly network: NetworkFacts;
  readonly type: MachineNetworkType;
  /** The given addresses that are in it, canonical, in the order in which they are requested. */
  readonly ips: readonly string[];
  /** A free address of each of these families is to be taken. */
  readonly acquire: readonly Family[];
}

/**
 * The networks of the machine in the order in which they are requested; the underlay of a firewall, which nobody
 * requests, is the last. Throws invalid_argument or failed_precondition that names the fields that are wrong.
 */
export function classifyNetworks(request: NetworkRequest, world: NetworkWorld): Attachment[] {
  const faults: AllocationFault[] = [];
  const report: ReportFault = (fault) => faults.push(fault);
  const joined = joinedNetworks(request, world, report);
  const ips = givenIps(request, world, report);
  checkNetworks({ request, world, joined }, report);
  for (const one of joined) checkAddresses(one, ips, report);
  assertFulfillable(faults);
  const primary = primaryOf(joined);
  const underlays = request.role === "firewall" ? world.underlays : [];
  return [
    ...joined.map((one) => attachment(one, ips, primary)),
    ...underlays.map((network) => attachment({ network, autoAcquire: true }, ips, primary)),
  ];
}

function joinedNetworks(
  { networks }: NetworkRequest,
  world: NetworkWorld,
  report: ReportFault,
): Joined[] {
  return networks.flatMap(({ networkId, autoAcquire }, index) => {
    const path = `networks[${index}].network_id`;
    const earlier = networks.findIndex((one) => one.networkId === networkId);
    if (earlier < index)
      report({ path, cause: "request", reason: `networks[${earlier}] is "${networkId}" already` });
    const network = world.networks.get(networkId);
    if (network === undefined)
      report({ path, cause: "state", reason: `there is no network "${networkId}"` });
    return network === undefined || earlier < index ? [] : [{ network, autoAcquire, path }];
  });
}

function checkAddresses(joined: Joined, ips: readonly GivenIp[], report: ReportFault): void {
  const { network, autoAcquire, path } = joined;
  if (ipsIn(network, ips).length > 0) return;
  if (!autoAcquire)
    report({ path, cause: "request", reason: "needs one of ips, or to acquire one itself" });
  if (autoAcquire && network.families.length === 0)
    report({ path, cause: "state", reason: `network "${network.id}" has no prefixes` });
}

function ipsIn({ id }: NetworkFacts, ips: readonly GivenIp[]): string[] {
  return ips.filter(({ networkId }) => networkId === id).map(({ address }) => address);
}

function attachment(
  { network, autoAcquire }: Pick<Joined, "network" | "autoAcquire">,
  given: readonly GivenIp[],
  primary: NetworkFacts | undefined,
): Attachment {
  const ips = ipsIn(network, given);
  const acquire = autoAcquire && ips.length === 0 ? network.families : [];
  return { network, type: typeOf(network, primary), ips, acquire };
}

function typeOf(network: NetworkFacts, primary: NetworkFacts | undefined): MachineNetworkType {
  if (network.kind === "child") return "privateprimaryunshared";
  if (network.kind === "child-shared")
    return network === primary ? "privateprimaryshared" : "privatesecondaryshared";
  return network.kind === "underlay" ? "underlay" : "external";
}
