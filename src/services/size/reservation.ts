// The methods of SizeService that reserve machines of a size for projects.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type SizeReservation,
  SizeReservationSchema,
  type SizeReservationUsage,
  SizeReservationUsageSchema,
  type SizeService,
} from "../../../gen/metal/v1/size_pb.ts";
import { assertExist, assertSame, insert, remove, seen, update } from "../../domain/entity.ts";
import { every } from "../../domain/every.ts";
import type { Kind } from "../../store/entities.ts";
import type { Filter, Snapshot } from "../../store/store.ts";
import type { Deps } from "../deps.ts";
import { listOf } from "../list.ts";

type Methods = Pick<
  ServiceImpl<typeof SizeService>,
  | "getReservation"
  | "listReservations"
  | "listReservationUsage"
  | "createReservation"
  | "updateReservation"
  | "deleteReservation"
>;

interface ReservationFilter {
  readonly id: string;
  readonly sizeId: string;
  readonly projectId: string;
  readonly partitionId: string;
}

const whereOf = ({ id, sizeId, projectId, partitionId }: ReservationFilter) => ({
  id,
  size: sizeId,
  project: projectId,
  partition: partitionId,
});

export function reservationMethods({ read, change }: Deps): Methods {
  return {
    async getReservation({ id }) {
      return { reservation: await seen(read.sizeReservation, "sizeReservation", id) };
    },
    async listReservations(request) {
      const list = { request, where: whereOf(request) };
      const page = await listOf(read.sizeReservation, "sizeReservation", list);
      return { reservations: page.items, nextPageToken: page.nextPageToken };
    },
    async listReservationUsage(request) {
      const list = { request, where: whereOf(request) };
      const page = await listOf(read.sizeReservation, "sizeReservation", list);
      const usages = page.items.map((item) => usagesOf(read, item, request.partitionId));
      return { usages: (await Promise.all(usages)).flat(), nextPageToken: page.nextPageToken };
    },
    async createReservation({ reservation = create(SizeReservationSchema) }, context) {
      const created = await change(context, async (tx) => {
        await assertExist(tx, referencesOf(reservation));
        return insert(tx.sizeReservation, "sizeReservation", reservation);
      });
      return { reservation: created };
    },
    async updateReservation({ reservation, updateMask }, context) {
      const updated = await change(context, (tx) =>
        update(tx.sizeReservation, "sizeReservation", {
          sent: reservation,
          mask: updateMask,
          field: "reservation",
          settle: async (after, before) => {
            assertSame("reservation.size_id", before.sizeId, after.sizeId);
            assertSame("reservation.project_id", before.projectId, after.projectId);
            await assertExist(tx, referencesOf(after));
          },
        }),
      );
      return { reservation: updated };
    },
    async deleteReservation({ id }, context) {
      const reservation = await change(context, (tx) =>
        remove(tx.sizeReservation, "sizeReservation", { id, dependants: [] }),
      );
      return { reservation };
    },
  };
}

function referencesOf({ sizeId, projectId, partitionIds }: SizeReservation) {
  const partitions = partitionIds.map((id): [Kind, string] => ["partition", id]);
  return [
    ["size", sizeId],
    ["project", projectId],
    ...partitions,
  ] as const satisfies readonly (readonly [Kind, string])[];
}

/** A row for each partition, or for the one asked for. */
function usagesOf(
  read: Snapshot,
  reservation: SizeReservation,
  partitionId: string,
): Promise<SizeReservationUsage[]> {
  const partitions = reservation.partitionIds
    .filter((partition) => partitionId === "" || partition === partitionId)
    .toSorted();
  return Promise.all(partitions.map((partition) => usageOf(read, reservation, partition)));
}

async function usageOf(
  read: Snapshot,
  reservation: SizeReservation,
  partition: string,
): Promise<SizeReservationUsage> {
  const { id, name, description, sizeId, projectId, amount, labels } = reservation;
  const where = { size: sizeId, project: projectId, partition };
  const machines = await read.machine.count(where);
  const before = await reservedBefore(read, where, id);
  return create(SizeReservationUsageSchema, {
    id,
    name,
    description,
    sizeId,
    projectId,
    partitionId: partition,
    amount,
    usedAmount: Math.min(Math.max(machines - before, 0), amount),
    projectAllocations: machines,
    labels,
  });
}

/** What the project reserved by others of its reservations there, which are used up first, in the order of their ids. */
async function reservedBefore(
  { sizeReservation }: Snapshot,
  where: Filter<"sizeReservation">,
  id: string,
): Promise<number> {
  let sum = 0;
  for await (const other of every(sizeReservation, "sizeReservation", { where })) {
    if (other.id === id) break;
    sum += other.amount;
  }
  return sum;
}
