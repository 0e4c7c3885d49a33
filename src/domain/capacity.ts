// How many machines a partition has, size by size: in use, to be had, faulty and spoken for.
import { create } from "@bufbuild/protobuf";
import type { MachineHistory } from "../../gen/metal/store/v1/machine_pb.ts";
import { type Machine, MachineStateValue } from "../../gen/metal/v1/machine_pb.ts";
import {
  type PartitionCapacity,
  PartitionCapacitySchema,
} from "../../gen/metal/v1/partition_pb.ts";
import type { Snapshot } from "../store/store.ts";
import type { MachineState } from "./candidates.ts";
import { type CountedMachine, countCapacity } from "./capacity-count.ts";
import { every } from "./every.ts";
import { selectIssueTypes } from "./issues.ts";
import { containerOf } from "./machine-history.ts";
import { createIssueJudge, type IssueJudge } from "./machine-issues.ts";
import { unknownSize } from "./size.ts";

/** What to count. An empty field does not restrict. */
export interface CapacityFilter {
  readonly partitionId: string;
  readonly sizeId: string;
  /** What this project has reserved itself is not held back from it. */
  readonly projectId: string;
}

/** An error of a while ago says nothing about whether a machine can be used. */
const counting = selectIssueTypes({ omit: ["last-event-error"] });

/** The capacity of each partition, ordered by partition and size, at `nowMs` in milliseconds since 1970. */
export async function capacityOf(
  read: Snapshot,
  { partitionId, sizeId, projectId }: CapacityFilter,
  nowMs: number,
): Promise<PartitionCapacity[]> {
  const ids = <T extends { id: string }>(entities: AsyncIterable<T>) =>
    Array.fromAsync(entities, ({ id }) => id);
  const partitionIds = await ids(
    every(read.partition, "partition", { where: { id: partitionId } }),
  );
  const sizeIds = new Set(await ids(every(read.size, "size")));
  const where = { partition: partitionId, size: sizeId };
  const reservations = await Array.fromAsync(
    every(read.sizeReservation, "sizeReservation", { where }),
  );
  const machines = await countedMachines(read, where, nowMs);
  const counts = countCapacity({
    machines,
    reservations,
    partitionIds,
    sizeIds,
    projectId,
  });
  return Array.from(counts, ([id, sizes]) =>
    create(PartitionCapacitySchema, {
      partitionId: id,
      sizes: sizes.map(({ faultyMachineIds, otherMachineIds, ...count }) => ({
        ...count,
        faultyMachineIds: [...faultyMachineIds],
        otherMachineIds: [...otherMachineIds],
      })),
    }),
  );
}

async function countedMachines(
  read: Snapshot,
  where: { readonly partition: string; readonly size: string },
  nowMs: number,
): Promise<CountedMachine[]> {
  const judge = createIssueJudge(read, { nowMs }, counting);
  return Array.fromAsync(every(read.machine, "machine", { where }), async (machine) =>
    countedMachine(machine, await read.machineHistory.get(machine.id), judge),
  );
}

const states: Readonly<Record<number, MachineState>> = {
  [MachineStateValue.RESERVED]: "reserved",
  [MachineStateValue.LOCKED]: "locked",
};

async function countedMachine(
  machine: Machine,
  history: MachineHistory | undefined,
  judge: IssueJudge,
): Promise<CountedMachine> {
  const { id, partitionId, sizeId, allocation, waiting, state } = machine;
  const container = history && containerOf(history);
  const newestEvent = container?.events[0]?.event;
  return {
    id,
    partitionId,
    sizeId: sizeId || unknownSize,
    projectId: allocation?.projectId ?? "",
    allocated: allocation !== undefined,
    waiting,
    state: states[state?.value ?? 0] ?? "available",
    liveliness: container?.liveliness,
    faulty: (await judge(machine, history)).length > 0,
    ...(newestEvent && { newestEvent }),
  };
}
