// FilesystemLayoutService: proto/metal/v1/filesystem_layout.proto made real.
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type FilesystemLayout,
  FilesystemLayoutSchema,
  type FilesystemLayoutServiceMatchRequest,
  type FilesystemLayoutService,
} from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { found, insert, remove, seen, update } from "../domain/entity.ts";
import { invalid, notFound, precondition } from "../domain/errors.ts";
import { every } from "../domain/every.ts";
import { assertLayout, isFor } from "../domain/filesystem-layout.ts";
import { type ImageId, parseImageQuery } from "../domain/image-version.ts";
import { assertNoCollision } from "../domain/layout/collision.ts";
import { assertFits } from "../domain/layout/hardware.ts";
import { assertValid } from "../domain/validation.ts";
import type { Snapshot, Transaction } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { latestImage } from "../domain/image-choice.ts";
import { listOf } from "./list.ts";

const field = "filesystem_layout";

export function filesystemLayoutService({ read, change }: Deps) {
  return {
    async get({ id }) {
      return { filesystemLayout: await seen(read.filesystemLayout, "filesystemLayout", id) };
    },
    async list(request) {
      const { id, name, size, os } = request;
      const list = { request, where: { id, name, size, os } };
      const page = await listOf(read.filesystemLayout, "filesystemLayout", list);
      return { filesystemLayouts: page.items, nextPageToken: page.nextPageToken };
    },
    async try({ size, image }) {
      return { filesystemLayout: await layoutFor(read, size, image) };
    },
    async match({ id, source }) {
      const layout = await found(read.filesystemLayout, "filesystemLayout", id);
      assertFits(layout, await disksOf(read, source));
      return { filesystemLayout: layout };
    },
    async create({ filesystemLayout = create(FilesystemLayoutSchema) }, context) {
      assertLayout(filesystemLayout);
      const created = await change(context, async (tx) => {
        await assertDistinct(tx, filesystemLayout);
        return insert(tx.filesystemLayout, "filesystemLayout", filesystemLayout);
      });
      return { filesystemLayout: created };
    },
    async update({ filesystemLayout, updateMask }, context) {
      const updated = await change(context, (tx) =>
        update(tx.filesystemLayout, "filesystemLayout", {
          sent: filesystemLayout,
          mask: updateMask,
          field,
          settle: async (after) => {
            // What the proto bounds comes first: the other rules compare everything with everything.
            assertValid(FilesystemLayoutSchema, after, field);
            assertLayout(after);
            await assertDistinct(tx, after);
          },
        }),
      );
      return { filesystemLayout: updated };
    },
    async delete({ id }, context) {
      const deleted = await change(context, (tx) =>
        remove(tx.filesystemLayout, "filesystemLayout", {
          id,
          dependants: [["machines", tx.machine.count({ filesystemLayout: id })]],
        }),
      );
      return { filesystemLayout: deleted };
    },
  } satisfies ServiceImpl<typeof FilesystemLayoutService>;
}

/** The disks that a layout is compared with. Throws failed_precondition for a machine that did not register yet. */
async function disksOf(read: Snapshot, source: FilesystemLayoutServiceMatchRequest["source"]) {
  if (source.case === "hardware") return source.value.disks;
  const machine = await found(read.machine, "machine", source.value?.toLowerCase() ?? "");
  if (machine.hardware === undefined)
    throw precondition(`the hardware of machine "${machine.id}" is not known`);
  return machine.hardware.disks;
}

/** Throws failed_precondition if a machine could get either this layout or another one. */
async function assertDistinct(tx: Transaction, layout: FilesystemLayout): Promise<void> {
  const others = await Array.fromAsync(every(tx.filesystemLayout, "filesystemLayout"));
  assertNoCollision(layout, others);
}

/** The layout for machines of a size with an image. Throws not_found. */
async function layoutFor(read: Snapshot, size: string, image: string): Promise<FilesystemLayout> {
  const id = await imageIdOf(read, image);
  const where = { size, os: id.os };
  for await (const layout of every(read.filesystemLayout, "filesystemLayout", { where }))
    if (isFor(layout, size, id)) return layout;
  throw notFound(
    `no filesystem layout for size "${size}" with image "${id.os}-${id.version.text}"`,
  );
}

/** What an id stands for if it stands for an image that there is, else what it says. Throws invalid_argument. */
async function imageIdOf(read: Snapshot, text: string): Promise<ImageId> {
  const query = parseImageQuery(text);
  if (query === undefined) throw invalid(`image: "${text}" is not <os>-<version>`);
  const image = await latestImage(read.image, text).catch(unlessNotFound);
  return parseImageQuery(image?.id ?? text) ?? query;
}

function unlessNotFound(error: unknown): undefined {
  if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
  throw error;
}
