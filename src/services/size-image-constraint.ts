// SizeImageConstraintService: proto/metal/v1/size_image_constraint.proto made real.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  SizeImageConstraintSchema,
  type SizeImageConstraintService,
} from "../../gen/metal/v1/size_image_constraint_pb.ts";
import { assertExist, found, insert, remove, seen, update } from "../domain/entity.ts";
import { invalid } from "../domain/errors.ts";
import { parseImageQuery } from "../domain/image-version.ts";
import { assertAllowed, assertConstraint } from "../domain/size-image-constraint.ts";
import { assertValid } from "../domain/validation.ts";
import type { Deps } from "./deps.ts";
import { latestImage } from "../domain/image-choice.ts";
import { listOf } from "./list.ts";

const field = "size_image_constraint";

export function sizeImageConstraintService({ read, change }: Deps) {
  return {
    async get({ id }) {
      const constraint = await found(read.sizeImageConstraint, "sizeImageConstraint", id);
      return { sizeImageConstraint: constraint };
    },
    async list(request) {
      const { id, name, os } = request;
      const list = { request, where: { id, name, os } };
      const page = await listOf(read.sizeImageConstraint, "sizeImageConstraint", list);
      return { sizeImageConstraints: page.items, nextPageToken: page.nextPageToken };
    },
    async try({ size, image: id }) {
      await seen(read.size, "size", size);
      if (parseImageQuery(id) === undefined) throw invalid(`image: "${id}" is not <os>-<version>`);
      const image = await latestImage(read.image, id);
      assertAllowed(size, await read.sizeImageConstraint.get(size), image);
      return { image };
    },
    async create({ sizeImageConstraint = create(SizeImageConstraintSchema) }, context) {
      assertConstraint(sizeImageConstraint);
      const created = await change(context, async (tx) => {
        await assertExist(tx, [["size", sizeImageConstraint.id]]);
        return insert(tx.sizeImageConstraint, "sizeImageConstraint", sizeImageConstraint);
      });
      return { sizeImageConstraint: created };
    },
    async update({ sizeImageConstraint, updateMask }, context) {
      const updated = await change(context, (tx) =>
        update(tx.sizeImageConstraint, "sizeImageConstraint", {
          sent: sizeImageConstraint,
          mask: updateMask,
          field,
          settle: (after) => {
            assertValid(SizeImageConstraintSchema, after, field);
            assertConstraint(after);
          },
        }),
      );
      return { sizeImageConstraint: updated };
    },
    async delete({ id }, context) {
      const deleted = await change(context, (tx) =>
        remove(tx.sizeImageConstraint, "sizeImageConstraint", { id, dependants: [] }),
      );
      return { sizeImageConstraint: deleted };
    },
  } satisfies ServiceImpl<typeof SizeImageConstraintService>;
}
