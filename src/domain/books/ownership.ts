// The books of what projects have: counts, reservations, and IPs with the machines that they are for.
import type { IP } from "../../../gen/metal/v1/ip_pb.ts";
import type { EntityOf, Kind } from "../../store/entities.ts";
import type { Snapshot } from "../../store/store.ts";
import { ipTally, machinesOf } from "../ip.ts";
import { type Check, checkOfEach } from "./check.ts";
import { countFaults } from "./tiling.ts";

/** The checks of what projects have. */
export const ownershipChecks: readonly Check[] = [
  checkOfEach("tallies", "project", async (read, { meta }) => {
    const id = meta?.id ?? "";
    const held = await read.ip.count({ project: id });
    return countFaults("IPs counted", await read.tally.get(ipTally(id)), held);
  }),
  checkOfEach("reservations", "sizeReservation", (read, { sizeId, projectId, partitionIds }) =>
    missing(read, [
      ["size", sizeId],
      ["project", projectId],
      ...partitionIds.map((id) => ["partition", id] as const),
    ]),
  ),
  checkOfEach("addresses", "ip", async (read, ip) => {
    const network = await read.network.get(ip.networkId);
    const isWithin = network?.prefixes.includes(ip.networkPrefix) ?? true;
    return [
      ...(await missing(read, [
        ["network", ip.networkId],
        ["project", ip.projectId],
      ])),
      ...(isWithin ? [] : [`is of "${ip.networkPrefix}", which network "${network?.id}" has not`]),
      ...(await holderFaults(read, ip)),
    ];
  }),
];

type Reference = readonly [kind: Kind, id: string];

/** What is referred to and not there. */
async function missing(read: Snapshot, references: readonly Reference[]): Promise<string[]> {
  const faults: string[] = [];
  for (const [kind, id] of references)
    if ((await read[kind].get(id)) === undefined) faults.push(`there is no ${kind} "${id}"`);
  return faults;
}

/** A user may give an IP to a machine of the same project; an allocation lists those that it came with. */
async function holderFaults(read: Snapshot, ip: IP): Promise<string[]> {
  const faults: string[] = [];
  for (const id of machinesOf(ip)) {
    const machine = await read.machine.get(id);
    if (!has(machine, ip)) faults.push(`is marked for machine "${id}", which does not have it`);
  }
  return faults;
}

function has(machine: EntityOf<"machine"> | undefined, ip: IP): boolean {
  const { allocation } = machine ?? {};
  const lists = allocation?.networks.some(({ ips }) => ips.includes(ip.id)) ?? false;
  return lists || allocation?.projectId === ip.projectId;
}
