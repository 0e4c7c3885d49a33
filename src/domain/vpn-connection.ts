// Firewalls in the VPN: which node is which firewall, and which nodes are left over from earlier allocations.
import { type Machine, MachineRole } from "../../gen/metal/v1/machine_pb.ts";
import { machineIdOf } from "./machine.ts";

/** What is in the VPN, or was. */
export interface Node {
  /** What it calls itself; a firewall by its machine. */
  readonly name: string;
  readonly projectId: string;
  readonly online: boolean;
  readonly ips: readonly string[];
}

/** How a firewall is in the VPN. */
export interface Connection {
  readonly connected: boolean;
  readonly ips: readonly string[];
}

/** The machine that a node is named after; undefined for one of people. */
export function machineOfNode({ name }: Pick<Node, "name">): string | undefined {
  return machineIdOf(name);
}

/** How the firewall is in the VPN. Without a node of its own project it is not; one that is online comes first. */
export function connectionOf(firewall: Machine, nodes: readonly Node[]): Connection {
  const own = nodes.filter((node) => isNodeOf(node, firewall));
  const node = own.find(({ online }) => online) ?? own[0];
  return { connected: node?.online ?? false, ips: node?.ips.toSorted() ?? [] };
}

/** Whether a node is that of a machine as it is allocated now. */
export function isNodeOf(node: Pick<Node, "name" | "projectId">, machine: Machine): boolean {
  const { id, allocation } = machine;
  const isFirewall = allocation?.role === MachineRole.FIREWALL;
  return isFirewall && machineOfNode(node) === id && node.projectId === allocation.projectId;
}
