// The addresses that a project gives to a machine.
import type { ReportFault } from "./allocation-fault.ts";
import { addressText, parseAddress } from "./cidr.ts";
import type { IpFacts, NetworkRequest, NetworkWorld } from "./network-request.ts";

/** An address that can be given. */
export interface GivenIp {
  /** Canonical. */
  readonly address: string;
  readonly networkId: string;
}

interface Offer {
  readonly facts: IpFacts;
  readonly request: NetworkRequest;
}

/** Each answers why an address cannot be given, or undefined. */
const rules: readonly ((offer: Offer) => string | undefined)[] = [
  ({ facts, request }) =>
    facts.projectId === request.projectId ? undefined : "belongs to another project",
  ({ facts, request }) =>
    request.networks.some(({ networkId }) => networkId === facts.networkId)
      ? undefined
      : `is in network "${facts.networkId}", which is not requested`,
  ({ facts: { machineIds }, request }) =>
    machineIds.length === 0 || request.shareIps
      ? undefined
      : `is on machine "${machineIds[0]}", and sharing is not asked for`,
];

/** The requested addresses that the project holds; reports those that cannot be given. */
export function givenIps(
  request: NetworkRequest,
  world: NetworkWorld,
  report: ReportFault,
): GivenIp[] {
  const taken = new Map<string, number>();
  return request.ips.flatMap((text, index) => {
    const path = `ips[${index}]`;
    const parsed = parseAddress(text);
    if (parsed === undefined) {
      report({ path, cause: "request", reason: `"${text}" is no IP address` });
      return [];
    }
    const address = addressText(parsed);
    const earlier = taken.get(address);
    if (earlier !== undefined)
      report({ path, cause: "request", reason: `ips[${earlier}] is "${address}" already` });
    taken.set(address, earlier ?? index);
    const facts = world.ips.get(address);
    for (const reason of reasonsOf(address, facts, request))
      report({ path, cause: "state", reason });
    return facts === undefined ? [] : [{ address, networkId: facts.networkId }];
  });
}

function reasonsOf(
  address: string,
  facts: IpFacts | undefined,
  request: NetworkRequest,
): readonly string[] {
  if (facts === undefined) return [`there is no IP "${address}"`];
  return rules
    .map((rule) => rule({ facts, request }))
    .filter((reason) => reason !== undefined)
    .map((reason) => `"${address}" ${reason}`);
}
