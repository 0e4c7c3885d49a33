// SizeService: proto/metal/v1/size.proto made real; its reservations are in size/reservation.ts.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type Size,
  SizeSchema,
  type SizeService,
  type SizeServiceSuggestRequest,
} from "../../gen/metal/v1/size_pb.ts";
import { found, insert, remove, seen, update } from "../domain/entity.ts";
import { invalid, precondition } from "../domain/errors.ts";
import { every } from "../domain/every.ts";
import { assertSize } from "../domain/size.ts";
import type { Hardware } from "../domain/size-match.ts";
import { constraintMessage, sizedHardware, sizeRules } from "../domain/size-message.ts";
import { findOverlap } from "../domain/size-overlap.ts";
import { suggestConstraints } from "../domain/size-suggest.ts";
import type { Snapshot, Transaction } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { listOf, pairs } from "./list.ts";
import { reservationMethods } from "./size/reservation.ts";

export function sizeService(deps: Deps) {
  const { read, change } = deps;
  return {
    ...reservationMethods(deps),
    async get({ id }) {
      return { size: await seen(read.size, "size", id) };
    },
    async list(request) {
      const where = { id: request.id, name: request.name, label: pairs(request.labels) };
      const { items, nextPageToken } = await listOf(read.size, "size", { request, where });
      return { sizes: items, nextPageToken };
    },
    async suggest({ source }) {
      const constraints = suggestConstraints(await hardwareOf(read, source));
      return { constraints: constraints.map(constraintMessage) };
    },
    async create({ size = create(SizeSchema) }, context) {
      assertSize(sizeRules(size));
      const created = await change(context, async (tx) => {
        await assertDistinct(tx, size);
        return insert(tx.size, "size", size);
      });
      return { size: created };
    },
    async update({ size, updateMask }, context) {
      const updated = await change(context, (tx) =>
        update(tx.size, "size", {
          sent: size,
          mask: updateMask,
          settle: async (after) => {
            assertSize(sizeRules(after));
            await assertDistinct(tx, after);
          },
        }),
      );
      return { size: updated };
    },
    async delete({ id }, context) {
      const size = await change(context, (tx) =>
        remove(tx.size, "size", {
          id,
          dependants: [
            ["size reservations", tx.sizeReservation.count({ size: id })],
            ["size image constraints", tx.sizeImageConstraint.count({ id })],
            ["filesystem layouts", tx.filesystemLayout.count({ size: id })],
            ["machines", tx.machine.count({ size: id })],
          ],
        }),
      );
      return { size };
    },
  } satisfies ServiceImpl<typeof SizeService>;
}

/** Throws failed_precondition if some hardware would match `size` and another one. */
async function assertDistinct(tx: Transaction, size: Size): Promise<void> {
  const sizes = await Array.fromAsync(every(tx.size, "size"), sizeRules);
  const other = findOverlap(sizeRules(size), sizes);
  if (other === undefined) return;
  throw precondition(`size "${size.id}" overlaps size "${other.id}": hardware could match both`);
}

async function hardwareOf(
  read: Snapshot,
  source: SizeServiceSuggestRequest["source"],
): Promise<Hardware> {
  if (source.case === "hardware") return sizedHardware(source.value);
  if (source.case === undefined) throw invalid("source: name a machine, or hardware");
  const machine = await found(read.machine, "machine", source.value.toLowerCase());
  if (machine.hardware === undefined)
    throw precondition(`the hardware of machine "${machine.id}" is not known`);
  return sizedHardware(machine.hardware);
}
