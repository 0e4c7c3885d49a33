// What issues of machines are told by: the machine itself, and who else has what should be its own.
import type { AllocationRole } from "./network-request.ts";
import type { EventContainer } from "./provisioning-event.ts";

/** A machine as far as issues go. */
export interface IssueMachine {
  readonly id: string;
  /** Empty if it is not known. */
  readonly partitionId: string;
  readonly allocation?: {
    readonly role: AllocationRole;
    /** Those of its networks; 0 is none. */
    readonly asns: readonly number[];
  };
  readonly bmc: {
    readonly mac: string;
    /** `host:port` */
    readonly address: string;
    /** When the last report came, in milliseconds since 1970. */
    readonly lastUpdated?: number;
  };
  /** Missing if no event was ever kept. */
  readonly container?: EventContainer;
}

/** What there is besides one machine. */
export interface IssueWorld {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Errors of that age do not matter any more. */
  readonly lastErrorThresholdMs: number;
  /** The ids of the machines whose BMC has an address, in order. */
  readonly byBmcAddress: ReadonlyMap<string, readonly string[]>;
  /** The ids of the allocated firewalls that use an ASN, in order. */
  readonly firewallsByAsn: ReadonlyMap<number, readonly string[]>;
}

const weekMs = 7 * 24 * 60 * 60 * 1000;

/** When to look, and how far back; a week unless said otherwise. */
export interface IssueTimes {
  readonly nowMs: number;
  readonly lastErrorThresholdMs?: number;
}

/** `machines` are all there are, whichever of them are looked at: conflicts do not end at a filter. */
export function issueWorld(
  machines: Iterable<Pick<IssueMachine, "id" | "allocation" | "bmc">>,
  { nowMs, lastErrorThresholdMs = weekMs }: IssueTimes,
): IssueWorld {
  const byBmcAddress = new Map<string, string[]>();
  const firewallsByAsn = new Map<number, string[]>();
  for (const machine of machines) {
    if (machine.bmc.address !== "") add(byBmcAddress, machine.bmc.address, machine.id);
    for (const asn of firewallAsns(machine)) add(firewallsByAsn, asn, machine.id);
  }
  for (const ids of [...byBmcAddress.values(), ...firewallsByAsn.values()]) ids.sort();
  return { nowMs, lastErrorThresholdMs, byBmcAddress, firewallsByAsn };
}

/** The ASNs of a firewall in order, each once. Only firewalls have to be told apart by them. */
export function firewallAsns({ allocation }: Pick<IssueMachine, "allocation">): number[] {
  if (allocation?.role !== "firewall") return [];
  return Array.from(new Set(allocation.asns))
    .filter((asn) => asn !== 0)
    .toSorted((a, b) => a - b);
}

function add<K>(index: Map<K, string[]>, key: K, id: string): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, [id]);
  else ids.push(id);
}
