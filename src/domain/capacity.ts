// How many machines a partition has and how many of them are spoken for, size by size.
import { create } from "@bufbuild/protobuf";
import {
  type PartitionCapacity,
  PartitionCapacitySchema,
  type SizeCapacity,
  SizeCapacitySchema,
} from "../../gen/metal/v1/partition_pb.ts";
import type { SizeReservation } from "../../gen/metal/v1/size_pb.ts";
import type { Snapshot } from "../store/store.ts";
import { every } from "./every.ts";
import { ascending } from "./order.ts";

/** What to count. An empty field does not restrict. */
export interface CapacityFilter {
  readonly partitionId: string;
  readonly sizeId: string;
}

/**
 * The capacity of each partition, ordered by partition and size. Machines are not registered with this server yet, so
 * the rows tell what is reserved.
 */
export async function capacityOf(
  read: Snapshot,
  { partitionId, sizeId }: CapacityFilter,
): Promise<PartitionCapacity[]> {
  const rows = new Map<string, Map<string, SizeCapacity>>();
  for await (const { id } of every(read.partition, "partition", { where: { id: partitionId } }))
    rows.set(id, new Map());
  const where = { partition: partitionId, size: sizeId };
  for await (const reservation of every(read.sizeReservation, "sizeReservation", { where }))
    addReservation(rows, reservation);
  return Array.from(rows, ([id, sizes]) => capacity(id, [...sizes.values()]));
}

function addReservation(
  rows: ReadonlyMap<string, Map<string, SizeCapacity>>,
  { sizeId, amount, partitionIds }: SizeReservation,
): void {
  for (const id of partitionIds) {
    const sizes = rows.get(id);
    const row = sizes?.get(sizeId) ?? create(SizeCapacitySchema, { sizeId });
    row.reservations += amount;
    sizes?.set(sizeId, row);
  }
}

function capacity(partitionId: string, sizes: SizeCapacity[]): PartitionCapacity {
  sizes.sort((a, b) => ascending(a.sizeId, b.sizeId));
  return create(PartitionCapacitySchema, { partitionId, sizes });
}
