// Which networks a machine can be in, and in which of them together.
import type { ReportFault } from "./allocation-fault.ts";
import {
  isPrivate,
  type Joined,
  type NetworkFacts,
  type NetworkRequest,
  type NetworkWorld,
  primaryOf,
} from "./network-request.ts";

/** What the rules look at. `joined` are the requested networks that there are. */
export interface NetworkCase {
  readonly request: NetworkRequest;
  readonly world: NetworkWorld;
  readonly joined: readonly Joined[];
}

interface Member {
  readonly network: NetworkFacts;
  readonly request: NetworkRequest;
  readonly primary: NetworkFacts | undefined;
}

/** Each answers why a machine cannot be in a network, or undefined. */
const memberRules: readonly ((member: Member) => string | undefined)[] = [
  ({ network: { id, kind } }) =>
    kind === "super" ? `"${id}" is a super network, which only has child networks` : undefined,
  ({ network: { id, kind } }) =>
    kind === "underlay" ? `"${id}" is an underlay, which firewalls join by themselves` : undefined,
  ({ network: { id, partitionId }, request }) =>
    partitionId !== "" && partitionId !== request.partitionId
      ? `network "${id}" is in partition "${partitionId}", the machine in "${request.partitionId}"`
      : undefined,
  (member) =>
    isForeign(member) ? `network "${member.network.id}" belongs to another project` : undefined,
  crowdReason,
];

/** Networks without a project are for all, and shared ones can be joined; but home is with the own project. */
function isForeign({ network, request, primary }: Member): boolean {
  if (network.projectId === request.projectId) return false;
  if (network.kind === "child-shared") return network === primary;
  return network.kind === "child" || network.projectId !== "";
}

/** A second private network needs a reason: firewalls connect, and only to what is shared. */
function crowdReason({ network, request, primary }: Member): string | undefined {
  if (!isPrivate(network) || primary === undefined || network === primary) return undefined;
  if (request.role === "machine")
    return `a machine can be in one private network only, which is "${primary.id}"`;
  if (network.kind === "child")
    return `a firewall can be in one private network only that is not shared, which is "${primary.id}"`;
  return primary.kind === "child-shared"
    ? "a firewall can only be in several shared networks if it is in one that is not shared"
    : undefined;
}

/** Each answers why the networks are not enough, or undefined. */
const wholeRules: readonly ((whole: NetworkCase) => string | undefined)[] = [
  ({ joined }) =>
    joined.some(({ network }) => isPrivate(network)) ? undefined : "one of them must be private",
  ({ request, joined }) =>
    request.role === "machine" || joined.some(({ network }) => network.kind === "external")
      ? undefined
      : "one of a firewall's must be external",
];

/** Reports what is wrong with each of the networks and with all of them together. */
export function checkNetworks(whole: NetworkCase, report: ReportFault): void {
  const { request, joined } = whole;
  const primary = primaryOf(joined);
  for (const { network, path } of joined)
    for (const rule of memberRules) {
      const reason = rule({ network, request, primary });
      if (reason !== undefined) report({ path, cause: "state", reason });
    }
  if (request.networks.length === 0)
    return report({ path: "networks", cause: "request", reason: "must not be empty" });
  checkWhole(whole, report);
}

/** What is missing can only be said if it is known what there is. */
function checkWhole(whole: NetworkCase, report: ReportFault): void {
  const { request, world, joined } = whole;
  const rules = joined.length === request.networks.length ? wholeRules : [];
  const reasons = [...rules.map((rule) => rule(whole)), underlayReason(request, world)];
  for (const reason of reasons)
    if (reason !== undefined) report({ path: "networks", cause: "state", reason });
}

function underlayReason(
  { role, partitionId }: NetworkRequest,
  { underlays }: NetworkWorld,
): string | undefined {
  if (role === "machine" || underlays.length === 1) return undefined;
  return `a firewall needs one underlay, partition "${partitionId}" has ${underlays.length}`;
}
