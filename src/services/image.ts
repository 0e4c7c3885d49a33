// ImageService: proto/metal/v1/image.proto made real.
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type Image,
  ImageClassification,
  ImageSchema,
  type ImageService,
  type ImageServiceListRequest,
} from "../../gen/metal/v1/image_pb.ts";
import { found, insert, remove, update } from "../domain/entity.ts";
import { invalid } from "../domain/errors.ts";
import { every } from "../domain/every.ts";
import { defaultExpiry } from "../domain/image.ts";
import { latestImage, queryOf } from "../domain/image-choice.ts";
import { type ImageId, matchesShorthand, parseImageId } from "../domain/image-version.ts";
import { pageOf } from "../domain/page.ts";
import { normalVersion, parseVersion } from "../domain/version.ts";
import type { Filter, Reader, Snapshot } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { listOf, term } from "./list.ts";

export function imageService({ read, change }: Deps) {
  return {
    async get({ id, showUsage }) {
      const image = await found(read.image, "image", id);
      return { image: showUsage ? await withUsage(read, image) : image };
    },
    async list(request) {
      const where = filterOf(request);
      const page = request.matching
        ? await listMatching(read.image, request, where)
        : await listOf(read.image, "image", { request, where });
      const { items, nextPageToken } = page;
      const show = (image: Image) => withUsage(read, image);
      return {
        images: request.showUsage ? await Promise.all(items.map(show)) : items,
        nextPageToken,
      };
    },
    async getLatest({ id }) {
      return { image: await latestImage(read.image, id) };
    },
    async create({ image = create(ImageSchema) }, context) {
      settle(image);
      return { image: await change(context, (tx) => insert(tx.image, "image", image)) };
    },
    async update({ image, updateMask }, context) {
      const sent = { sent: image, mask: updateMask, settle };
      return { image: await change(context, (tx) => update(tx.image, "image", sent)) };
    },
    async delete({ id }, context) {
      const image = await change(context, (tx) =>
        remove(tx.image, "image", {
          id,
          dependants: [["machines", tx.machine.count({ image: id })]],
        }),
      );
      return { image };
    },
  } satisfies ServiceImpl<typeof ImageService>;
}

/** The image with the machines that are allocated with it. */
async function withUsage(read: Pick<Snapshot, "machine">, image: Image): Promise<Image> {
  const machines = every(read.machine, "machine", { where: { image: image.id } });
  return { ...image, usedBy: await Array.fromAsync(machines, ({ id }) => id) };
}

/** Fills in what an image always has. Throws invalid_argument if its id says no version. */
function settle(image: Image): void {
  const parsed = parseImageId(image.id);
  if (parsed === undefined)
    throw invalid(`image.id: "${image.id}" is not <os>-<version> with a version like 22.04`);
  image.os = parsed.os;
  image.version = normalVersion(parsed.version);
  image.classification ||= ImageClassification.PREVIEW;
  image.expirationDate ??= timestampFromDate(defaultExpiry(new Date()));
  image.usedBy = [];
}

function filterOf(request: ImageServiceListRequest): Filter<"image"> {
  const { id, name, os, version, classification, features } = request;
  return {
    id,
    name,
    os,
    version: version && normalized(version),
    classification: term(classification),
    feature: features.map(term),
  };
}

function normalized(text: string): string {
  const version = parseVersion(text);
  if (version === undefined) throw invalid(`version: "${text}" is not a version`);
  return normalVersion(version);
}

/** A page of the images of one operating system that a shorthand stands for. */
function listMatching(
  reader: Reader<"image">,
  request: ImageServiceListRequest,
  filter: Filter<"image">,
) {
  const query = queryOf(request.matching, "matching");
  const where = { ...filter, os: query.os };
  return pageOf(request, {
    filter: [where, request.matching],
    key: ({ id }: Image) => id,
    fetch: (after, limit) => takeMatching(reader, { query, where, after, limit }),
  });
}

interface Matching {
  readonly query: ImageId;
  readonly where: Filter<"image">;
  readonly after: string;
  readonly limit: number;
}

async function takeMatching(
  reader: Reader<"image">,
  { query, where, after, limit }: Matching,
): Promise<Image[]> {
  const taken: Image[] = [];
  for await (const image of every(reader, "image", { where, after })) {
    const id = parseImageId(image.id);
    if (id !== undefined && matchesShorthand(query, id)) taken.push(image);
    if (taken.length === limit) break;
  }
  return taken;
}
