// What a machine is allocated for: project, image, size, partition and layout, all of which must exist and go together.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { FilesystemLayout } from "../../../gen/metal/v1/filesystem_layout_pb.ts";
import { type Image, ImageFeature } from "../../../gen/metal/v1/image_pb.ts";
import { type Machine, MachineRole } from "../../../gen/metal/v1/machine_pb.ts";
import type { Partition } from "../../../gen/metal/v1/partition_pb.ts";
import type { Project } from "../../../gen/metal/v1/project_pb.ts";
import type { EntityOf, Kind } from "../../store/entities.ts";
import type { Reader, Transaction } from "../../store/store.ts";
import { invalid, precondition } from "../errors.ts";
import { every } from "../every.ts";
import { isFor } from "../filesystem-layout.ts";
import { latestImage } from "../image-choice.ts";
import { parseImageId } from "../image-version.ts";
import { assertWithin } from "../quota.ts";
import { assertAllowed } from "../size-image-constraint.ts";
import { unknownSize } from "../size.ts";
import type { AllocationSpec } from "./spec.ts";

/** Everything that a request refers to. */
export interface Target {
  readonly project: Project;
  readonly image: Image;
  readonly sizeId: string;
  readonly partition: Partition;
  readonly layout: FilesystemLayout;
  /** The machine that is asked for by id. */
  readonly machine: Machine | undefined;
}

/**
 * What the request refers to. Throws failed_precondition if something is missing or does not go together,
 * resource_exhausted if the quota of the project is used up.
 */
export async function targetOf(tx: Transaction, spec: AllocationSpec): Promise<Target> {
  const machine = spec.uuid === "" ? undefined : await referred(tx.machine, "machine", spec.uuid);
  const sizeId = chosen("size_id", spec.sizeId, machine?.sizeId);
  const partitionId = chosen("partition_id", spec.partitionId, machine?.partitionId);
  if (sizeId === unknownSize)
    throw precondition(`machine "${spec.uuid}" has no known size: its hardware matches none`);
  await referred(tx.size, "size", sizeId);
  const partition = await referred(tx.partition, "partition", partitionId);
  const project = await referred(tx.project, "project", spec.projectId);
  await assertQuota(tx, project);
  const image = await usableImage(tx, spec);
  assertAllowed(sizeId, await tx.sizeImageConstraint.get(sizeId), image);
  const layout = await layoutFor(tx, { id: spec.filesystemLayoutId, sizeId, image });
  return { project, image, sizeId, partition, layout, machine };
}

async function referred<K extends Kind>(
  reader: Reader<K>,
  noun: string,
  id: string,
): Promise<EntityOf<K>> {
  const entity = await reader.get(id);
  if (entity === undefined) throw precondition(`there is no ${noun} "${id}"`);
  return entity;
}

/** What is asked for, unless the machine that is asked for says otherwise. */
function chosen(field: string, asked: string, own: string | undefined): string {
  if (own === undefined) return asked;
  if (asked === "" || asked === own) return own;
  throw invalid(`${field}: is "${asked}", that of the machine is "${own}"`);
}

async function assertQuota(tx: Transaction, { meta, quotas }: Project): Promise<void> {
  if (quotas?.machine?.quota === undefined) return;
  const id = meta?.id ?? "";
  const machines = await tx.machine.count({ project: id });
  assertWithin(quotas.machine, machines, `machines of project "${id}"`);
}

const needed = {
  [MachineRole.MACHINE]: [ImageFeature.MACHINE, "machines"],
  [MachineRole.FIREWALL]: [ImageFeature.FIREWALL, "firewalls"],
} as const;

/** The image for this role, that has not expired. */
export async function usableImage(
  tx: Transaction,
  { imageId, role }: Pick<AllocationSpec, "imageId" | "role">,
): Promise<Image> {
  const image = await latestImage(tx.image, imageId);
  const { id, features, expirationDate } = image;
  if (expirationDate !== undefined && timestampDate(expirationDate).getTime() <= Date.now())
    throw precondition(`image "${id}" has expired`);
  const [feature, plural] = needed[role as keyof typeof needed];
  if (!features.includes(feature)) throw precondition(`image "${id}" is not for ${plural}`);
  return image;
}

interface LayoutWish {
  /** Empty: the one that is for this size and image. */
  readonly id: string;
  readonly sizeId: string;
  readonly image: Image;
}

async function layoutFor(
  tx: Transaction,
  { id, sizeId, image }: LayoutWish,
): Promise<FilesystemLayout> {
  if (id !== "") return referred(tx.filesystemLayout, "filesystem layout", id);
  const imageId = parseImageId(image.id);
  for await (const layout of every(tx.filesystemLayout, "filesystemLayout", {
    where: { size: sizeId },
  }))
    if (imageId !== undefined && isFor(layout, sizeId, imageId)) return layout;
  throw precondition(`no filesystem layout is for size "${sizeId}" with image "${image.id}"`);
}
