// Things to put into a store.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type AuditRecord, AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import {
  type Image,
  ImageClassification,
  ImageFeature,
  ImageSchema,
} from "../../gen/metal/v1/image_pb.ts";
import { MetaSchema } from "../../gen/metal/v1/meta_pb.ts";
import { type Partition, PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import { type Project, ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { type SizeReservation, SizeReservationSchema } from "../../gen/metal/v1/size_pb.ts";
import { lowestTraceId } from "../../src/rbac/trace-id.ts";
import { type Entity, type EntityOf, entities, type Kind } from "../../src/store/entities.ts";
import type { Store } from "../../src/store/store.ts";
import { filled } from "./filled.ts";

type Init<T> = Partial<Omit<T, "$typeName" | "$unknown">>;

export const image = (id: string, values: Init<Image> = {}): Image =>
  create(ImageSchema, { id, ...values });
export const partition = (id: string, values: Init<Partition> = {}): Partition =>
  create(PartitionSchema, { id, ...values });
export const reservation = (id: string, values: Init<SizeReservation> = {}): SizeReservation =>
  create(SizeReservationSchema, { id, ...values });
export const project = (id: string, values: Init<Project> = {}): Project =>
  create(ProjectSchema, { ...values, meta: filled(MetaSchema, { id }) });

/** An image with six terms. */
export const ubuntu = (id: string): Image =>
  image(id, {
    name: "Ubuntu",
    os: "ubuntu",
    version: "24.04",
    url: "https://images.example/ubuntu",
    classification: ImageClassification.SUPPORTED,
    features: [ImageFeature.MACHINE, ImageFeature.FIREWALL],
  });

/** An entity of any kind with a value in every field, but for its id without the stamp. */
export function sample<K extends Kind>(kind: K, id: string): EntityOf<K> {
  const { schema, setStamp }: Entity = entities[kind];
  const message = filled(schema);
  setStamp(message, { id });
  return message as EntityOf<K>;
}

/** A record of a call that arrived at `ms`; `rest` makes the trace id of several of one moment differ. */
export function audit(ms: number, values: Init<AuditRecord> = {}, rest = ""): AuditRecord {
  const traceId = lowestTraceId(ms).slice(0, 32 - rest.length) + rest;
  const time = timestampFromMs(ms);
  return create(AuditRecordSchema, { traceId, time, decision: "allowed", code: "ok", ...values });
}

/** Inserts images in one transaction. */
export async function insertImages(store: Store, images: readonly Image[]): Promise<void> {
  await store.transaction(async (tx) => {
    for (const each of images) await tx.image.insert(each);
  });
}

/** Appends records in one transaction. */
export async function appendAudit(store: Store, records: readonly AuditRecord[]): Promise<void> {
  await store.transaction((tx) => tx.audit.append(records));
}

/** The ids of images, in their order. */
export const idsOf = (images: readonly Image[]): string[] => images.map(({ id }) => id);
