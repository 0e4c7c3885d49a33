// What is asked for with a machine or firewall, and what is wrong with it whatever there is in the data centre.
import type {
  FirewallRules as FirewallRulesMessage,
  MachineServiceAllocateRequest,
} from "../../../gen/metal/v1/machine_pb.ts";
import {
  FirewallProtocol,
  FirewallRulesSchema,
  MachineRole,
} from "../../../gen/metal/v1/machine_pb.ts";
import { create } from "@bufbuild/protobuf";
import { type AllocationFault, assertFulfillable } from "../allocation-fault.ts";
import { type EgressRule, readFirewallRules } from "../firewall-rule.ts";
import { sshKeyFault } from "../ssh-key.ts";

/** A request for a machine or a firewall, without what only the wire needs. */
export interface AllocationSpec
  extends Omit<MachineServiceAllocateRequest, "$typeName" | "$unknown"> {
  readonly role: MachineRole;
  /** Of a firewall. */
  readonly firewallRules?: FirewallRulesMessage;
  /** The id of the caller. */
  readonly creator: string;
}

/** Throws invalid_argument that names everything that is wrong, beyond the rules in the proto. */
export function assertSpec({ uuid, sizeId, partitionId, sshPublicKeys }: AllocationSpec): void {
  const faults: AllocationFault[] = [];
  const report = (path: string, reason: string) => faults.push({ path, cause: "request", reason });
  if (uuid === "" && sizeId === "") report("size_id", "is needed unless uuid names a machine");
  if (uuid === "" && partitionId === "")
    report("partition_id", "is needed unless uuid names a machine");
  for (const [index, key] of sshPublicKeys.entries()) {
    const reason = sshKeyFault(key);
    if (reason !== undefined) report(`ssh_public_keys[${index}]`, reason);
  }
  assertFulfillable(faults);
}

const protocolWords: Readonly<Record<number, string>> = {
  [FirewallProtocol.UNSPECIFIED]: "tcp",
  [FirewallProtocol.TCP]: "tcp",
  [FirewallProtocol.UDP]: "udp",
};
const protocolNumbers: Readonly<Record<string, FirewallProtocol>> = {
  tcp: FirewallProtocol.TCP,
  udp: FirewallProtocol.UDP,
};

/** The rules in canonical form; undefined if there are none. Throws invalid_argument that names what is wrong. */
export function readRules(
  rules: FirewallRulesMessage | undefined,
): FirewallRulesMessage | undefined {
  if (rules === undefined) return undefined;
  const worded = <R extends { readonly protocol: FirewallProtocol }>(rule: R) => ({
    ...rule,
    protocol: protocolWords[rule.protocol] ?? "",
  });
  const numbered = <R extends EgressRule>(rule: R) => ({
    ...rule,
    ports: [...rule.ports],
    to: [...rule.to],
    protocol: protocolNumbers[rule.protocol] ?? FirewallProtocol.TCP,
  });
  const read = readFirewallRules("firewall_rules", {
    egress: rules.egress.map(worded),
    ingress: rules.ingress.map(worded),
  });
  if (read === undefined) return undefined;
  return create(FirewallRulesSchema, {
    egress: read.egress.map(numbered),
    ingress: read.ingress.map((rule) => ({ ...numbered(rule), from: [...rule.from] })),
  });
}
