// PartitionService: proto/metal/v1/partition.proto made real.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { PartitionSchema, type PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { capacityOf } from "../domain/capacity.ts";
import { insert, remove, seen, update } from "../domain/entity.ts";
import type { TimedDeps } from "./deps.ts";
import { listOf, pairs } from "./list.ts";

export function partitionService({ read, change, now }: TimedDeps) {
  return {
    async get({ id }) {
      return { partition: await seen(read.partition, "partition", id) };
    },
    async list(request) {
      const where = { id: request.id, name: request.name, label: pairs(request.labels) };
      const page = await listOf(read.partition, "partition", { request, where });
      return { partitions: page.items, nextPageToken: page.nextPageToken };
    },
    async getCapacity(request) {
      if (request.partitionId) await seen(read.partition, "partition", request.partitionId);
      if (request.sizeId) await seen(read.size, "size", request.sizeId);
      return { capacities: await capacityOf(read, request, now()) };
    },
    async create({ partition = create(PartitionSchema) }, context) {
      const created = await change(context, (tx) => insert(tx.partition, "partition", partition));
      return { partition: created };
    },
    async update({ partition, updateMask }, context) {
      const sent = { sent: partition, mask: updateMask };
      return { partition: await change(context, (tx) => update(tx.partition, "partition", sent)) };
    },
    async delete({ id }, context) {
      const partition = await change(context, (tx) =>
        remove(tx.partition, "partition", {
          id,
          dependants: [
            ["size reservations", tx.sizeReservation.count({ partition: id })],
            ["networks", tx.network.count({ partition: id })],
            ["machines", tx.machine.count({ partition: id })],
            ["switches", tx.switch.count({ partition: id })],
          ],
        }),
      );
      return { partition };
    },
  } satisfies ServiceImpl<typeof PartitionService>;
}
