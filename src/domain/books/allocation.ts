// The books of machines: an allocated one holds what its allocation says, one that is free holds nothing.
import type { Machine, MachineAllocation } from "../../../gen/metal/v1/machine_pb.ts";
import type { Snapshot } from "../../store/store.ts";
import { machineTag } from "../ip.ts";
import { type Check, checkOfEach } from "./check.ts";

/** The checks of machines. */
export const allocationChecks: readonly Check[] = [
  checkOfEach("allocations", "machine", async (read, machine) =>
    machine.allocation === undefined ? [] : ofAllocation(read, machine, machine.allocation),
  ),
  checkOfEach("secrets", "machineSecret", async (read, { id, allocationUuid }) => {
    const machine = await read.machine.get(id);
    return machine?.allocation?.uuid === allocationUuid
      ? []
      : [`belongs to allocation "${allocationUuid}", which the machine does not have`];
  }),
  ...(["machineHistory", "machineBmc", "machineWait"] as const).map((kind) =>
    checkOfEach("machines", kind, async (read, { id }) =>
      (await read.machine.get(id)) === undefined ? [`there is no machine "${id}"`] : [],
    ),
  ),
];

async function ofAllocation(
  read: Snapshot,
  { id, waiting }: Machine,
  { uuid, projectId, networks }: MachineAllocation,
): Promise<string[]> {
  const secret = await read.machineSecret.get(id);
  const project = await read.project.get(projectId);
  const ips = networks.flatMap((network) => network.ips.map((ip) => [ip, network] as const));
  const lost: string[] = [];
  for (const [ip, { networkId }] of ips)
    lost.push(...(await heldFaults(read, { id, ip, networkId })));
  return [
    ...(waiting ? ["is allocated, and waits"] : []),
    ...(project === undefined ? [`is allocated to project "${projectId}", which is gone`] : []),
    ...(secret?.allocationUuid === uuid ? [] : ["has no secrets of its allocation"]),
    ...lost,
  ];
}

interface Held {
  readonly id: string;
  readonly ip: string;
  readonly networkId: string;
}

async function heldFaults(read: Snapshot, { id, ip: address, networkId }: Held): Promise<string[]> {
  const ip = await read.ip.get(address);
  if (ip === undefined) return [`has "${address}", which is not held`];
  return [
    ...(ip.networkId === networkId
      ? []
      : [`has "${address}" in network "${networkId}", not its own`]),
    ...(ip.tags.includes(machineTag(id)) ? [] : [`has "${address}", which is not marked for it`]),
  ];
}
