// SizeService: proto/metal/v1/size.proto made real; its reservations are in size/reservation.ts.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type Size,
  type SizeConstraint as SizeConstraintMessage,
  SizeConstraintType,
  type SizeHardware,
  SizeSchema,
  type SizeService,
} from "../../gen/metal/v1/size_pb.ts";
import { found, insert, remove, update } from "../domain/entity.ts";
import { notFound, precondition } from "../domain/errors.ts";
import { every } from "../domain/every.ts";
import {
  assertSize,
  constraintTypes,
  type Size as SizeRules,
  type SizeConstraint,
} from "../domain/size.ts";
import type { Hardware } from "../domain/size-match.ts";
import { findOverlap } from "../domain/size-overlap.ts";
import { suggestConstraints } from "../domain/size-suggest.ts";
import type { Transaction } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { listOf, pairs } from "./list.ts";
import { reservationMethods } from "./size/reservation.ts";

export function sizeService(deps: Deps) {
  const { read, change } = deps;
  return {
    ...reservationMethods(deps),
    async get({ id }) {
      return { size: await found(read.size, "size", id) };
    },
    async list(request) {
      const where = { id: request.id, name: request.name, label: pairs(request.labels) };
      const { items, nextPageToken } = await listOf(read.size, "size", { request, where });
      return { sizes: items, nextPageToken };
    },
    suggest({ source }) {
      if (source.case !== "hardware") throw notFound(`no machine "${source.value ?? ""}"`);
      return { constraints: suggestConstraints(hardwareOf(source.value)).map(toMessage) };
    },
    async create({ size = create(SizeSchema) }, context) {
      assertSize(rulesOf(size));
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
            assertSize(rulesOf(after));
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
          ],
        }),
      );
      return { size };
    },
  } satisfies ServiceImpl<typeof SizeService>;
}

/** Throws failed_precondition if some hardware would match `size` and another one. */
async function assertDistinct(tx: Transaction, size: Size): Promise<void> {
  const sizes = await Array.fromAsync(every(tx.size, "size"), rulesOf);
  const other = findOverlap(rulesOf(size), sizes);
  if (other === undefined) return;
  throw precondition(`size "${size.id}" overlaps size "${other.id}": hardware could match both`);
}

function rulesOf({ id, constraints }: Size): SizeRules {
  return { id, constraints: constraints.map(fromMessage) };
}

function fromMessage({ type, min, max, identifier }: SizeConstraintMessage): SizeConstraint {
  const word = constraintTypes[type - 1];
  if (word === undefined) throw new Error(`a stored constraint has the unknown type ${type}`);
  return { type: word, min, max, identifier };
}

function toMessage({ type, ...bounds }: SizeConstraint) {
  return { type: numbers[type], ...bounds };
}

const numbers = {
  cores: SizeConstraintType.CORES,
  memory: SizeConstraintType.MEMORY,
  storage: SizeConstraintType.STORAGE,
  gpu: SizeConstraintType.GPU,
} as const;

function hardwareOf({ cpus, memory, disks, gpus }: SizeHardware): Hardware {
  return { cpus, memory, disks, gpus };
}
