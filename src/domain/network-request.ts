// In which networks a machine is to be: what is asked for, and what there is to ask for.
import type { Family } from "./cidr.ts";

/** What networks are for. Child networks are private: of one project, and shared ones can be joined by others. */
export type NetworkKind = "super" | "child" | "child-shared" | "external" | "underlay";

/** A network as far as machines in it go. */
export interface NetworkFacts {
  readonly id: string;
  readonly kind: NetworkKind;
  /** Empty: of no project. */
  readonly projectId: string;
  /** Empty: in no partition, so that machines of each can be in it. */
  readonly partitionId: string;
  /** Those of its prefixes. */
  readonly families: readonly Family[];
}

/** An address that a project holds. */
export interface IpFacts {
  readonly networkId: string;
  readonly projectId: string;
  /** The machines that have it. */
  readonly machineIds: readonly string[];
}

/** What an allocated machine is. A firewall connects private networks with others. */
export type AllocationRole = "machine" | "firewall";

/** A network that a machine is to be in. */
export interface RequestedNetwork {
  readonly networkId: string;
  /** Take a free address of each family, unless one of the given ones is in the network. */
  readonly autoAcquire: boolean;
}

/** The networks and addresses that are asked for. */
export interface NetworkRequest {
  readonly role: AllocationRole;
  readonly projectId: string;
  /** Where the machine is. */
  readonly partitionId: string;
  readonly networks: readonly RequestedNetwork[];
  /** Addresses that the project holds already. */
  readonly ips: readonly string[];
  /** Whether addresses may be given that other machines have: anycast. */
  readonly shareIps: boolean;
}

/** What there is. */
export interface NetworkWorld {
  /** By id; at least those that are requested, if they exist. */
  readonly networks: ReadonlyMap<string, NetworkFacts>;
  /** By canonical address; at least those that are requested, if they exist. */
  readonly ips: ReadonlyMap<string, IpFacts>;
  /** The underlays of the machine's partition; of use for firewalls only. */
  readonly underlays: readonly NetworkFacts[];
}

/** A requested network that there is, and where it is requested. */
export interface Joined {
  readonly network: NetworkFacts;
  readonly autoAcquire: boolean;
  readonly path: string;
}

/** Whether a network is private, as opposed to one that reaches what is outside of projects. */
export function isPrivate({ kind }: NetworkFacts): boolean {
  return kind === "child" || kind === "child-shared";
}

/** The private network that a machine is at home in: the one that is not shared, or else the first one. */
export function primaryOf(joined: readonly Joined[]): NetworkFacts | undefined {
  const networks = joined.map(({ network }) => network);
  return networks.find(({ kind }) => kind === "child") ?? networks.find(isPrivate);
}
